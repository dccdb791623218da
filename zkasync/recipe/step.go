package recipe

import (
	"context"
	"errors"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// then calls step with the outcome of f where f completes, not on the handler, where a user's callback may block.
// Steps do not block.
func then[T any](f *future.Future[T], step func(T, error)) {
	future.Transform(f, func(v T, err error) *future.Future[future.Void] {
		step(v, err)
		return nothing
	})
}

// nothing is the result of a step without one.
var nothing = future.Resolved(future.Void{})

// marked makes Retry repeat requests whose outcome is unknown. The requests themselves do not get it: a client WithRetry must
// not repeat by itself what a step has to know about.
var marked = zkasync.MarkIdempotent(context.Background())

// ask is then for a request that may be made twice without harm. It is repeated until a server with a quorum has answered,
// or the session that it was for is over.
func ask[T any](c *zkasync.Client, op func(context.Context) *future.Future[T], step func(T, error)) {
	f := core.Retry(marked, c, quorate(c, func(context.Context) *future.Future[T] { return op(context.Background()) }))
	then(f, func(v T, err error) {
		if isVoid(c, err) {
			then(core.Pause(context.Background(), c, quorumPause), func(future.Void, error) { ask(c, op, step) })
			return
		}
		step(v, err)
	})
}

// persist is ask as a future, as long as ctx lasts.
func persist[T any](ctx context.Context, c *zkasync.Client, op func(context.Context) *future.Future[T]) *future.Future[T] {
	ctx = core.OrBackground(ctx)
	f := core.Retry(zkasync.MarkIdempotent(ctx), c, quorate(c, func(context.Context) *future.Future[T] { return op(ctx) }))
	return future.Transform(f, func(_ T, err error) *future.Future[T] {
		if isVoid(c, err) {
			return later(ctx, c, func() *future.Future[T] { return persist(ctx, c, op) })
		}
		return f
	})
}

// lasting is persist for requests that do not depend on a session: it continues in the next one.
func lasting[T any](ctx context.Context, c *zkasync.Client, op func(context.Context) *future.Future[T]) *future.Future[T] {
	ctx = core.OrBackground(ctx)
	f := persist(ctx, c, op)
	return future.Transform(f, func(_ T, err error) *future.Future[T] {
		if errors.Is(err, zkasync.ErrSessionExpired) && !over(err) && ctx.Err() == nil {
			return lasting(ctx, c, op)
		}
		return f
	})
}

// ofSession makes a request for one session only: in any other, the result is over. It is not sent in the next session,
// however long it waits for a connection.
func ofSession[T any](ctx context.Context, c *zkasync.Client, owner int64, over *future.Future[T], op func(context.Context) *future.Future[T]) *future.Future[T] {
	bound, release := c.SessionContext(ctx)
	switch {
	case c.Session().ID != owner:
		release()
		return over
	case bound.Err() != nil: // lost by the local clock, but it may turn out to be alive
		release()
		return future.Failed[T](errWaits)
	}
	f := op(bound)
	return future.Transform(f, func(_ T, err error) *future.Future[T] {
		ended := bound.Err() != nil
		release()
		if ended && errors.Is(err, zkasync.ErrNotSent) {
			return future.Failed[T](errWaits)
		}
		return f
	})
}

// over reports whether the client has ended for good.
func over(err error) bool {
	return errors.Is(err, zkasync.ErrClosed) || errors.Is(err, zkasync.ErrAuthFailed)
}

// failed returns the future of an operation that ends before anything is sent. Its callbacks run on the client's handler.
func failed[T any](c *zkasync.Client, op, path string, why error) *future.Future[T] {
	return core.OnHandler(c, future.Failed[T](&Error{Op: op, Path: path, Err: why}))
}
