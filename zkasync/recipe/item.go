package recipe

import (
	"context"
	"errors"
	"sync"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// ErrConsumed is the cause with which an item's context ends after [Item.Consume].
var ErrConsumed = errors.New("it was consumed")

// Item is an item of a [Queue] that a consumer has taken. It is safe for concurrent use.
type Item struct {
	Data []byte   // what was put into the queue
	Rest [][]byte // further values in the same znode, as Curator's putMulti writes them; they are taken and consumed together
	q    *Queue

	name, path string
	lock       string // "" if the item was deleted before its consumer got it
	id         string // the content of the lock
	owner      int64  // the session that has the lock
	fence      int64
	ctx        context.Context
	cancel     context.CancelCauseFunc
	removed    *future.Promise[future.Void] // completes when the item is no longer this consumer's

	mu        sync.Mutex
	consuming bool
	doubt     bool // a Consume that has failed may have been applied
	unwatched bool // the lock's watch fired while the item was being consumed
	over      bool // it was consumed, or is being given back
}

func (i *Item) begin(lease context.Context, release context.CancelFunc) {
	i.removed = future.NewPromise[future.Void](nil)
	i.ctx, i.cancel = context.WithCancelCause(lease)
	i.q.c.AfterFunc(i.ctx, func() {
		release()
		i.giveBack()
	})
}

// Context returns a context that ends as soon as it is no longer certain that nobody else has the item. Its cause is
// [ErrConsumed], [ErrReleased], [ErrDeleted] if somebody has deleted the lock, or a [*zkasync.SessionEndError].
func (i *Item) Context() context.Context { return i.ctx }

// Done returns a channel that is closed when the context ends.
func (i *Item) Done() <-chan struct{} { return i.ctx.Done() }

// ID returns the id given to [Queue.PutID], or "" in a layout without ids.
func (i *Item) ID() string {
	item, _ := i.q.layout.parse(i.name)
	return item.id
}

// Path returns the path of the item's znode.
func (i *Item) Path() string { return i.path }

// Fence returns a number that grows with every consumer of the item, see [Held.Fence]. It is 0 in a layout without
// locks.
func (i *Item) Fence() int64 { return i.fence }

// Holds asks the servers whether the item is still this consumer's (kazoo: holds_lock). There is no need to call it
// before Consume.
func (i *Item) Holds(ctx context.Context) *future.Future[bool] {
	if i.lock == "" {
		return core.OnHandler(i.q.c, future.Resolved(i.ctx.Err() == nil))
	}
	held := core.Retry(ctx, i.q.c, func(ctx context.Context) *future.Future[bool] {
		i.q.c.Sync(ctx, i.lock)
		return future.Then(i.q.c.Get(ctx, i.lock), func(node zkasync.Node) (bool, error) { return string(node.Data) == i.id, nil })
	})
	return future.Recover(held, func(err error) (bool, error) {
		if core.IsNoNode(err) {
			return false, nil
		}
		return false, err
	})
}

// Release gives the item back, so that it may be taken again, even by the same consumer. The future completes when that
// has happened. Release is harmless after Consume. In a layout without locks the item is gone.
func (i *Item) Release() *future.Future[future.Void] {
	i.cancel(ErrReleased)
	i.giveBack()
	return core.OnHandler(i.q.c, i.removed.Future())
}

// giveBack deletes the lock, once, but not while a Consume of unknown outcome is being cleared up.
func (i *Item) giveBack() {
	i.mu.Lock()
	wait := i.consuming || i.over
	i.over = i.over || !wait
	i.mu.Unlock()
	if wait {
		return
	}
	unlocked := future.Resolved(future.Void{})
	if i.lock != "" {
		unlocked = i.q.unlock(i.lock, i.id, i.owner)
	}
	then(unlocked, func(_ future.Void, err error) {
		i.q.freed(i.name) // first, so that a caller that learns that it is given back can take it
		if err != nil {
			i.removed.Reject(err)
		}
		i.removed.Resolve(future.Void{})
	})
}

// unlock deletes a session's lock in the background, as long as that session lives. A lock of that name may be somebody
// else's by now, if somebody deleted ours or an earlier reply was lost: its content decides.
func (q *Queue) unlock(lock, id string, owner int64) *future.Future[future.Void] {
	remove := func(ctx context.Context) *future.Future[future.Void] {
		q.c.Sync(ctx, lock)
		return future.FlatMap(q.c.Get(ctx, lock), func(node zkasync.Node) *future.Future[future.Void] {
			if string(node.Data) != id {
				return future.Resolved(future.Void{})
			}
			return q.c.Delete(ctx, lock, zkasync.AnyVersion)
		})
	}
	return discard(q.c, lock, func(ctx context.Context) *future.Future[future.Void] {
		return ofSession(ctx, q.c, owner, future.Resolved(future.Void{}), remove)
	})
}

// watch handles the end of the lock.
func (i *Item) watch(event *future.Future[zkasync.Event]) {
	then(event, func(e zkasync.Event, err error) {
		i.mu.Lock()
		mine := i.consuming || i.over
		i.unwatched = i.consuming
		i.mu.Unlock()
		switch {
		case mine || err != nil: // if the session ended, everything else ends with it
		case e.Type == zk.EventNodeDeleted:
			i.cancel(ErrDeleted)
		default:
			i.watchAgain()
		}
	})
}

func (i *Item) watchAgain() {
	ask(i.q.c, func(ctx context.Context) *future.Future[zkasync.Watched[zkasync.Node]] {
		return i.q.c.GetW(ctx, i.lock)
	},
		func(w zkasync.Watched[zkasync.Node], err error) {
			switch {
			case core.IsNoNode(err):
				i.cancel(ErrDeleted)
			case err == nil:
				i.watch(w.Event)
			}
		})
}
