package recipe

import (
	"cmp"
	"context"
	"errors"
	"sync"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// Held is a lock, a place or a lead that this process holds. It is safe for concurrent use.
type Held struct {
	q       *claim
	path    string
	fence   int64
	ctx     context.Context
	cancel  context.CancelCauseFunc
	release context.CancelFunc // of the lease
	unlink  func() bool        // unlinks what the end of ctx starts

	once    sync.Once
	removed *future.Future[future.Void]
}

func newHeld(q *claim, own zkasync.Created, lease context.Context, release context.CancelFunc) *Held {
	h := &Held{q: q, path: own.Path, fence: cmp.Or(q.as, own.Stat.Czxid)}
	h.ctx, h.cancel = context.WithCancelCause(lease)
	h.release = release
	h.unlink = q.c.AfterFunc(h.ctx, func() { h.remove() })
	return h
}

// Context returns a context that ends as soon as it is no longer certain that nobody else holds the same. Its cause is
// [ErrReleased], [ErrDeleted] or a [*zkasync.SessionEndError].
func (h *Held) Context() context.Context { return h.ctx }

// Done returns a channel that is closed when the context ends.
func (h *Held) Done() <-chan struct{} { return h.ctx.Done() }

// Fence returns a number greater than those of all earlier holders, of any client, even if the path was deleted in
// between: the zxid that created the znode or, after [RWMutex.Downgrade], the writer's. A store that refuses numbers
// below the greatest one it has seen is safe from former holders.
func (h *Held) Fence() int64 { return h.fence }

// Path returns the path of the znode by which it is held.
func (h *Held) Path() string { return h.path }

// Multi applies operations in one transaction with a check that this is still held (like etcd's IsOwner). If it is not,
// the error is [ErrNotHeld] and nothing was applied: not even a process that was paused for long can interfere with a
// later holder. If an earlier attempt may have been applied while it was held (zkasync.WithRetry with zkasync.MarkIdempotent),
// the error is zkasync.ErrOutcomeUnknown instead.
func (h *Held) Multi(ctx context.Context, ops ...zkasync.MultiOp) *future.Future[[]zkasync.MultiResult] {
	n := len(ops)
	ops = append(ops[:n:n], zkasync.CheckOp(h.path, zkasync.AnyVersion))
	f := h.q.c.Multi(ctx, ops...)
	return future.Transform(f, func(results []zkasync.MultiResult, err error) *future.Future[[]zkasync.MultiResult] {
		switch {
		case err == nil:
			return future.Resolved(results[:n])
		case refusedAt(err, n):
			return future.Failed[[]zkasync.MultiResult](&Error{Op: "multi", Path: h.q.dir, Err: notHeld(context.Cause(h.ctx))})
		default:
			return future.Failed[[]zkasync.MultiResult](err)
		}
	})
}

// refusedAt reports whether a transaction was refused because of one of its operations, and no earlier attempt can have been applied.
func refusedAt(err error, index int) bool {
	var m *zkasync.MultiError
	return errors.As(err, &m) && m.Index == index && !errors.Is(err, zkasync.ErrOutcomeUnknown)
}

// Unlock gives up what is held: the context ends at once, and the znode is deleted in the background, with further attempts
// after lost connections as long as the session lives. The future completes when the znode is gone, or will go with its
// session, as when the client is closed; there is no need to wait for it. Calling Unlock more than once is harmless.
func (h *Held) Unlock() *future.Future[future.Void] {
	h.end(ErrReleased)
	return h.remove()
}

// end ends the context and then deletes the znode.
func (h *Held) end(why error) {
	h.unlink() // it is done here
	h.cancel(why)
	h.remove()
}

// remove deletes the znode, once.
func (h *Held) remove() *future.Future[future.Void] {
	h.once.Do(func() {
		h.release()
		h.removed = h.q.remove(h.path)
		h.q.done()
	})
	return h.removed
}
