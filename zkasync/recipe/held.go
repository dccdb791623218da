package recipe

import (
	"cmp"
	"context"
	"errors"
	"sync"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// Held is what somebody has: a lock, or the lead. It is safe for concurrent use.
type Held struct {
	q       *claim
	path    string
	fence   int64
	ctx     context.Context
	cancel  context.CancelCauseFunc
	release context.CancelFunc // of the lease
	unlink  func() bool        // of what the end of ctx starts

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

// Context ends when it is no longer guaranteed that nobody else has what is held. Its cause is [ErrReleased], [ErrDeleted] or a
// [*zkasync.SessionEndError].
func (h *Held) Context() context.Context { return h.ctx }

// Done is closed when the context ends.
func (h *Held) Done() <-chan struct{} { return h.ctx.Done() }

// Fence is a number that is greater than those of all earlier holders, whichever client they were and also if the path was
// deleted in between: the zxid by which the znode was created, or the writer's that a reader has been (see [RWMutex.Downgrade]). A store that refuses numbers below the greatest that it has seen is
// safe from former holders.
func (h *Held) Fence() int64 { return h.fence }

// Path is that of the znode by which it is held.
func (h *Held) Path() string { return h.path }

// Multi applies operations together with a check that this is still held, all or none (the check of etcd's IsOwner). When it
// is not, the error is [ErrNotHeld], and nothing was applied: not even a process that was paused for long can write behind a later
// holder's back.
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

func refusedAt(err error, index int) bool {
	var m *zkasync.MultiError
	return errors.As(err, &m) && m.Index == index
}

// Unlock gives it back: the context ends at once, and the znode is deleted in the background, again after a lost connection for as
// long as the session lives. The future completes when it is gone, or will be
// with its session, as when the client is closed. Nobody has to wait for that. Calling Unlock more than once
// does no harm.
func (h *Held) Unlock() *future.Future[future.Void] {
	h.end(ErrReleased)
	return h.remove()
}

// end ends the context, and then the znode.
func (h *Held) end(why error) {
	h.unlink() // it is done here
	h.cancel(why)
	h.remove()
}

// remove has the znode deleted, once.
func (h *Held) remove() *future.Future[future.Void] {
	h.once.Do(func() {
		h.release()
		h.removed = h.q.remove(h.path)
		h.q.done()
	})
	return h.removed
}
