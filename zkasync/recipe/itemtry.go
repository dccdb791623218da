package recipe

import (
	"context"
	"errors"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// try is a taker's attempt to get one particular item.
type try struct {
	q    *Queue
	t    *taker
	name string
	id   string // the content of the lock, by which it is recognized
}

func (t *try) path() string { return core.Join(t.q.items, t.name) }
func (t *try) lock() string { return core.Join(t.q.locks, t.name) }

func (t *try) begin() {
	if t.q.locks == "" {
		t.pick()
		return
	}
	ask(t.q.c, t.grab, t.grabbed)
}

// grab is the answer to an attempt.
type grab struct {
	made     error // of the lock's creation
	lock     zkasync.Watched[zkasync.Node]
	noLock   error
	item     zkasync.Node
	noItem   error
	unlocked bool // the lock is somebody else's, or nobody's
}

// grab creates the lock if the item exists, and reads both in the same round trip. The lock's content says whose it is, even
// if an earlier reply was lost.
func (t *try) grab(ctx context.Context) *future.Future[grab] {
	c, opts := t.q.c, append(t.q.cfg.aclOptions(), zkasync.Ephemeral())
	made := future.Settle(c.Multi(ctx, zkasync.CheckOp(t.path(), zkasync.AnyVersion), zkasync.CreateOp(t.lock(), []byte(t.id), opts...)))
	lock, item := future.Settle(c.GetW(ctx, t.lock())), future.Settle(c.Get(ctx, t.path()))
	return future.FlatMap(made, func(made []future.Result[[]zkasync.MultiResult]) *future.Future[grab] {
		return future.FlatMap(lock, func(lock []future.Result[zkasync.Watched[zkasync.Node]]) *future.Future[grab] {
			return future.Then(item, func(item []future.Result[zkasync.Node]) (grab, error) {
				g := grab{made: made[0].Err, lock: lock[0].Value, noLock: lock[0].Err, item: item[0].Value, noItem: item[0].Err}
				g.unlocked = g.noLock != nil || string(g.lock.Value.Data) != t.id
				err := unanswered(g.made, g.noLock, g.noItem)
				if err != nil || g.unlocked {
					t.q.unwatch(g.lock.Event)
				}
				return g, err
			})
		})
	})
}

// unanswered returns the first of the errors that is no answer to the request.
func unanswered(errs ...error) error {
	for _, err := range errs {
		var size *zkasync.ReplySizeError
		var op *zkasync.OpError
		answered := errors.As(err, &size) || errors.As(err, &op) && op.Outcome == zkasync.OutcomeRejected && !errors.Is(err, zkasync.ErrThrottled)
		if err != nil && !answered {
			return err
		}
	}
	return nil
}

func (q *Queue) unwatch(event *future.Future[zkasync.Event]) {
	if event != nil {
		q.c.Unwatch(event)
	}
}

// grabbed decides by the answers.
func (t *try) grabbed(g grab, err error) {
	switch {
	case errors.Is(err, zkasync.ErrSessionExpired): // the lock, if there was one, went with it
		t.again()
	case err != nil:
		t.giveBack() // if there is one
		t.abandon(err)
	case refusedAt(g.made, 0) && !core.IsNoNode(g.made):
		t.skip(g.made)
	case refusedAt(g.made, 0), refusedAt(g.made, 1) && core.IsNoNode(g.made): // consumed, or the folder of the locks is gone
		t.again()
	case g.made != nil && !errors.Is(g.made, zk.ErrNodeExists):
		t.abandon(g.made)
	case g.made == nil && g.noLock != nil && !core.IsNoNode(g.noLock):
		t.giveBack()
		t.abandon(g.noLock)
	case g.unlocked:
		t.again()
	default:
		t.locked(g)
	}
}

// locked gives the item to its taker, if it can be read.
func (t *try) locked(g grab) {
	var values [][]byte
	err := g.noItem
	if err == nil {
		values, err = t.q.layout.decode(g.item.Data)
	}
	if err != nil {
		t.q.unwatch(g.lock.Event)
		t.giveBack()
	}
	switch {
	case core.IsNoNode(err):
		t.again()
	case err != nil:
		t.skip(err)
	default:
		t.hold(g, values)
	}
}

// hold creates the Item, if the session that its lock belongs to is alive.
func (t *try) hold(g grab, values [][]byte) {
	q := t.q
	lease, release := q.cfg.lease.scope(q.c)
	cause := context.Cause(lease)
	if owner := g.lock.Value.Stat.EphemeralOwner; cause == nil && q.c.Session().ID == owner {
		i := &Item{Data: values[0], Rest: values[1:], q: q, name: t.name, path: t.path(), lock: t.lock(), id: t.id, owner: owner, fence: g.lock.Value.Stat.Czxid}
		i.begin(lease, release)
		i.watch(g.lock.Event)
		t.give(i)
		return
	}
	release()
	q.unwatch(g.lock.Event)
	switch {
	case over(cause):
		t.abandon(cause)
	case q.c.Session().ID != g.lock.Value.Stat.EphemeralOwner:
		t.again()
	default: // the connection has been lost meanwhile
		t.begin()
	}
}

// give passes the item to its taker, or to another if that no longer wants it.
func (t *try) give(i *Item) {
	for to := t.t; to != nil; to = t.q.nextTaker() {
		to.unlink()
		if to.promise.Resolve(i) {
			return
		}
	}
	i.Release()
}

func (q *Queue) nextTaker() *taker {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.takers) == 0 {
		return nil
	}
	t := q.takers[0]
	q.takers = q.takers[1:]
	return t
}

// pick takes an item without a lock: it belongs to whoever deletes it.
func (t *try) pick() {
	ask(t.q.c, func(ctx context.Context) *future.Future[zkasync.Node] { return t.q.c.Get(ctx, t.path()) },
		func(node zkasync.Node, err error) {
			switch {
			case core.IsNoNode(err):
				t.again()
				return
			case unanswered(err) != nil:
				t.abandon(err)
				return
			}
			var values [][]byte
			if err == nil {
				values, err = t.q.layout.decode(node.Data)
			}
			if err != nil {
				t.skip(err)
				return
			}
			t.remove(node.Stat.Version, values)
		})
}

// remove deletes an item that has no lock. From then on its taker gets it, so that it is not lost when a context ends.
func (t *try) remove(version int32, values [][]byte) {
	q := t.q
	q.mu.Lock()
	t.t.bound = t.t.left == nil
	bound := t.t.bound
	q.mu.Unlock()
	if !bound {
		t.again()
		return
	}
	gone := core.Retry(context.Background(), q.c, writing(q.c, func(ctx context.Context) *future.Future[future.Void] {
		return q.c.Delete(ctx, t.path(), version)
	}))
	then(gone, func(_ future.Void, err error) {
		switch {
		case err == nil:
			i := &Item{Data: values[0], Rest: values[1:], q: q, name: t.name, path: t.path()}
			i.begin(context.WithCancel(context.Background()))
			t.give(i)
		case core.IsNoNode(err), errors.Is(err, zk.ErrBadVersion):
			t.again()
		default:
			t.abandon(err)
		}
	})
}

// again gives up the attempt, and lets its taker get another item.
func (t *try) again() { t.q.putBack(t.t, t.name) }

// skip is again for an item that must not be tried again.
func (t *try) skip(why error) {
	t.q.mu.Lock()
	t.q.skipped[t.name] = why
	t.q.mu.Unlock()
	t.again()
}

// abandon ends the attempt and the wait of its taker.
func (t *try) abandon(why error) {
	t.q.refuse(t.t, why)
	t.q.freed(t.name)
}

// giveBack deletes the lock.
func (t *try) giveBack() { t.q.unlock(t.lock(), t.id, t.q.c.Session().ID) }
