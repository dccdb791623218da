package recipe

import (
	"context"
	"errors"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// Consume removes the finished item from the queue. The given operations are applied in the same transaction, so that a
// result is written exactly once. If the item is no longer this consumer's, the error is [ErrNotHeld] and nothing was
// applied. After any other error the item is still held as long as its context lasts, and may be consumed again.
//
// If the connection is lost, Consume continues afterwards as long as the session lives. If the session ends before
// there is a reply, and the item is gone, the outcome is unknown (zkasync.ErrOutcomeUnknown): this consumer or the next
// one has consumed it.
//
// In the layouts of kazoo and Curator, the lock of an item has the same name for every consumer. So if somebody deletes
// a lock by hand, a former consumer that has not noticed yet may consume an item that is another's by then; to free an
// item, end its consumer's session instead.
func (i *Item) Consume(ctx context.Context, ops ...zkasync.MultiOp) *future.Future[future.Void] {
	if err := i.beginConsuming(); err != nil {
		return failed[future.Void](i.q.c, "consume", i.path, err)
	}
	k := &consumption{i: i, ctx: core.OrBackground(ctx)}
	if i.lock != "" {
		k.own = []zkasync.MultiOp{zkasync.DeleteOp(i.lock, zkasync.AnyVersion), zkasync.DeleteOp(i.path, zkasync.AnyVersion)}
	}
	k.ops = append(k.own[:len(k.own):len(k.own)], ops...)
	done := k.begin()
	return core.OnHandler(i.q.c, future.Transform(done, func(_ []zkasync.MultiResult, err error) *future.Future[future.Void] {
		return k.judge(err)
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

// begin sends the transaction. Without a lock to guard it, it must not be sent twice.
func (k *consumption) begin() *future.Future[[]zkasync.MultiResult] {
	c, ctx := k.i.q.c, k.ctx
	once := k.send
	if k.i.lock != "" {
		ctx = zkasync.MarkIdempotent(ctx) // for Retry alone, as in persist
		once = func(context.Context) *future.Future[[]zkasync.MultiResult] {
			return ofSession(k.ctx, c, k.i.owner, future.Failed[[]zkasync.MultiResult](errSessionOver), k.send)
		}
	}
	return core.Retry(ctx, c, writing(c, once))
}

// errSessionOver is the result of a Consume whose lock's session is over.
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
	case m.Index == 1 && !core.IsNoNode(err):
		return k.failed(err, nil)
	case m.Index == 0 && (k.sent > 1 || k.i.doubt || errors.Is(err, zkasync.ErrOutcomeUnknown)): // perhaps an earlier answer was lost
		return k.find(false)
	default:
		return k.failed(errors.Join(ErrNotHeld, err), ErrDeleted)
	}
}

// find finds out whether the item is gone: while its lock existed, nobody else consumed it. After the end of the session
// somebody else may have.
func (k *consumption) find(late bool) *future.Future[future.Void] {
	c := k.i.q.c
	there := core.Retry(k.ctx, c, func(ctx context.Context) *future.Future[*zk.Stat] {
		c.Sync(ctx, k.i.path)
		return c.Exists(ctx, k.i.path)
	})
	return future.Transform(there, func(st *zk.Stat, err error) *future.Future[future.Void] {
		switch {
		case err != nil:
			return k.failed(errors.Join(zkasync.ErrOutcomeUnknown, err), ErrDeleted)
		case st == nil && late:
			return k.failed(zkasync.ErrOutcomeUnknown, ErrDeleted)
		case st == nil:
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

// failed keeps the item held, unless it has ended meanwhile or ends with this.
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
