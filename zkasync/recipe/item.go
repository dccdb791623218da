package recipe

import (
	"context"
	"errors"
	"sync"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// ErrConsumed is the cause of the end of an item's context after [Item.Consume].
var ErrConsumed = errors.New("it was consumed")

// Item is an item of a [Queue] that is its consumer's. It is safe for concurrent use.
type Item struct {
	Data []byte   // what was put
	Rest [][]byte // what else was put into the same znode, as Curator's putMulti does: it is taken and consumed together
	q    *Queue

	name, path string
	lock       string // "" if the item was deleted before its consumer had it
	id         string // what the lock holds
	owner      int64  // the session that has the lock
	fence      int64
	ctx        context.Context
	cancel     context.CancelCauseFunc
	removed    *future.Promise[future.Void] // completes when it is not this consumer's any longer

	mu        sync.Mutex
	consuming bool
	doubt     bool // a Consume that has failed may have been applied
	unwatched bool // the lock's watch has fired while it was being consumed
	over      bool // it was consumed, or is being given back
}

func (i *Item) begin(lease context.Context, release context.CancelFunc) {
	i.removed = future.NewPromise[future.Void](nil)
	i.ctx, i.cancel = context.WithCancelCause(lease)
	context.AfterFunc(i.ctx, func() {
		release()
		i.giveBack()
	})
}

// Context ends when it is no longer guaranteed that nobody else has the item. Its cause is [ErrConsumed], [ErrReleased], [ErrDeleted] if
// somebody has deleted the lock, or a [*zkasync.SessionEndError].
func (i *Item) Context() context.Context { return i.ctx }

// Done is closed when the context ends.
func (i *Item) Done() <-chan struct{} { return i.ctx.Done() }

// Path is that of the item's znode.
func (i *Item) Path() string { return i.path }

// Fence is a number that grows with everybody who takes the item, see [Held.Fence]. It is 0 in a layout without locks.
func (i *Item) Fence() int64 { return i.fence }

// Holds asks the servers whether the item is still this consumer's (kazoo: holds_lock). Consume needs no such question.
func (i *Item) Holds(ctx context.Context) *future.Future[bool] {
	if i.lock == "" {
		return onHandler(i.q.c, future.Resolved(i.ctx.Err() == nil))
	}
	held := zkasync.Retry(ctx, i.q.c, patient, func(ctx context.Context) *future.Future[bool] {
		i.q.c.Sync(ctx, i.lock)
		return future.Then(i.q.c.Get(ctx, i.lock), func(node zkasync.Node) (bool, error) { return string(node.Data) == i.id, nil })
	})
	return future.Recover(held, func(err error) (bool, error) {
		if isNoNode(err) {
			return false, nil
		}
		return false, err
	})
}

// Consume removes the item from the queue: it is done. Operations that are given with it are applied together with that, all or none, so that
// a result is written exactly once. The error is [ErrNotHeld] when the item is not this consumer's any more, and
// nothing was applied. After an error of another kind it is held for as long as its context lasts, and may be consumed again.
//
// A Consume that is under way when the connection is lost goes on after it, for as long as the session lives. When that ends before there is
// an answer, and the item is gone, the outcome is unknown (zkasync.ErrOutcomeUnknown): it was this consumer or the next one.
//
// In the layouts of kazoo and Curator the lock of an item is known by its name alone, which is the next consumer's as well. So
// where somebody deletes locks by hand, a former consumer that was not told yet may consume what is another's by then; whoever wants to
// free an item ends its consumer's session instead.
func (i *Item) Consume(ctx context.Context, ops ...zkasync.MultiOp) *future.Future[future.Void] {
	if err := i.beginConsuming(); err != nil {
		return failed[future.Void](i.q.c, "consume", i.path, err)
	}
	k := &consumption{i: i, ctx: orBackground(ctx)}
	if i.lock != "" {
		k.own = []zkasync.MultiOp{zkasync.DeleteOp(i.lock, zkasync.AnyVersion), zkasync.DeleteOp(i.path, zkasync.AnyVersion)}
	}
	k.ops = append(k.own[:len(k.own):len(k.own)], ops...)
	done := k.begin()
	return onHandler(i.q.c, future.FlatMap(future.Settle(done), func(rs []future.Result[[]zkasync.MultiResult]) *future.Future[future.Void] {
		return k.judge(rs[0].Err)
	}))
}

func (i *Item) failure(err error) error { return &Error{Op: "consume", Path: i.path, Err: err} }

var errConsuming = errors.New("it is being consumed")

func (i *Item) beginConsuming() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	switch {
	case i.ctx.Err() != nil:
		return notHeld(context.Cause(i.ctx))
	case i.consuming:
		return notHeld(errConsuming)
	}
	i.consuming = true
	return nil
}

// consumption is one call of Consume.
type consumption struct {
	i        *Item
	ctx      context.Context
	own, ops []zkasync.MultiOp
	sent     int
}

// begin sends it. What has no lock to guard it must not be done twice.
func (k *consumption) begin() *future.Future[[]zkasync.MultiResult] {
	c, ctx := k.i.q.c, k.ctx
	once := k.send
	if k.i.lock != "" {
		ctx = zkasync.MarkIdempotent(ctx) // for Retry alone, as in persist
		once = func(context.Context) *future.Future[[]zkasync.MultiResult] {
			return ofSession(k.ctx, c, k.i.owner, future.Failed[[]zkasync.MultiResult](errSessionOver), k.send)
		}
	}
	return zkasync.Retry(ctx, c, patient, writing(c, once))
}

// errSessionOver is what comes of a Consume whose lock's session is over.
var errSessionOver = errors.New("the session of its lock is over")

func (k *consumption) send(ctx context.Context) *future.Future[[]zkasync.MultiResult] {
	k.sent++
	return k.i.q.c.Multi(ctx, k.ops...)
}

func (k *consumption) judge(err error) *future.Future[future.Void] {
	var m *zkasync.MultiError
	switch {
	case err == nil:
		return k.done()
	case errors.Is(err, errSessionOver) && k.sent == 0 && !k.i.doubt:
		return k.failed(ErrNotHeld, nil)
	case errors.Is(err, errSessionOver), errors.Is(err, zkasync.ErrSessionExpired) && len(k.own) > 0:
		return k.find(true)
	case !errors.As(err, &m), len(k.own) == 0:
		return k.failed(err, nil)
	case m.Index >= len(k.own):
		return k.failed(&zkasync.MultiError{Index: m.Index - len(k.own), Op: m.Op, Path: m.Path, Err: m.Err}, nil)
	case m.Index == 1 && !isNoNode(err):
		return k.failed(err, nil)
	case m.Index == 0 && (k.sent > 1 || k.i.doubt): // perhaps an earlier answer was lost
		return k.find(false)
	default:
		return k.failed(errors.Join(ErrNotHeld, err), ErrDeleted)
	}
}

// find finds out whether the item is gone: while its lock was there, nobody else has consumed it. Behind the end of the session somebody else
// may have.
func (k *consumption) find(late bool) *future.Future[future.Void] {
	c := k.i.q.c
	there := zkasync.Retry(k.ctx, c, patient, func(ctx context.Context) *future.Future[*zk.Stat] {
		c.Sync(ctx, k.i.path)
		return c.Exists(ctx, k.i.path)
	})
	return future.FlatMap(future.Settle(there), func(rs []future.Result[*zk.Stat]) *future.Future[future.Void] {
		switch r := rs[0]; {
		case r.Err != nil:
			return k.failed(errors.Join(zkasync.ErrOutcomeUnknown, r.Err), ErrDeleted)
		case r.Value == nil && late:
			return k.failed(zkasync.ErrOutcomeUnknown, ErrDeleted)
		case r.Value == nil:
			return k.done()
		default:
			return k.failed(ErrNotHeld, ErrDeleted)
		}
	})
}

func (k *consumption) done() *future.Future[future.Void] {
	i := k.i
	i.mu.Lock()
	i.over = true
	i.mu.Unlock()
	i.cancel(ErrConsumed)
	i.q.freed(i.name)
	i.removed.Resolve(future.Void{})
	return future.Resolved(future.Void{})
}

// failed goes on holding the item, unless it has ended meanwhile, or ends with this.
func (k *consumption) failed(err, end error) *future.Future[future.Void] {
	i := k.i
	i.mu.Lock()
	unwatched := i.unwatched
	i.consuming, i.unwatched = false, false
	i.doubt = i.doubt || errors.Is(err, zkasync.ErrOutcomeUnknown)
	i.mu.Unlock()
	switch {
	case end != nil:
		i.cancel(end)
	case unwatched:
		i.watchAgain()
	}
	if i.ctx.Err() != nil {
		i.giveBack()
	}
	return future.Failed[future.Void](i.failure(err))
}

// Release gives the item back, so that somebody else may take it, this one as well. The future completes when that is so. It does no
// harm after Consume. In a layout without locks the item is gone.
func (i *Item) Release() *future.Future[future.Void] {
	i.cancel(ErrReleased)
	i.giveBack()
	return onHandler(i.q.c, i.removed.Future())
}

// giveBack deletes the lock, once, and not while it is found out whether the item was consumed.
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
		i.q.freed(i.name) // first, so that whoever knows that it is given back can take it
		if err != nil {
			i.removed.Reject(err)
		}
		i.removed.Resolve(future.Void{})
	})
}

// unlock deletes a lock of a session's in the background, for as long as that lives. A lock of that name may be somebody else's by now,
// when people have deleted ours or an earlier answer was lost: what it holds decides.
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
	gone := discard(q.c, func(ctx context.Context) *future.Future[future.Void] {
		return ofSession(ctx, q.c, owner, future.Resolved(future.Void{}), remove)
	})
	return cleanedUp(gone, lock)
}

// watch has the lock's end noticed.
func (i *Item) watch(event *future.Future[zkasync.Event]) {
	then(event, func(e zkasync.Event, err error) {
		i.mu.Lock()
		mine := i.consuming || i.over
		i.unwatched = i.consuming
		i.mu.Unlock()
		switch {
		case mine || err != nil: // with the session all else ends
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
			case isNoNode(err):
				i.cancel(ErrDeleted)
			case err == nil:
				i.watch(w.Event)
			}
		})
}
