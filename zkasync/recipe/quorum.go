package recipe

import (
	"context"
	"errors"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// Of a client WithReadOnly, a server that has no quorum has a temporary session: nothing belongs to that, and what is read there may be old.

// withQuorum is op for a server that has a quorum, however long that takes. Op may be made twice without harm, and what a server without one
// has to do with its outcome counts for nothing.
func withQuorum[T any](c *zkasync.Client, op func(context.Context) *future.Future[T]) func(context.Context) *future.Future[T] {
	return again(c, op, func(err error) bool { return c.Session().ReadOnly || errors.Is(err, zkasync.ErrNotReadOnly) })
}

// writing is withQuorum for one write that must not be made twice. No other server takes it, so an outcome of another kind is one.
func writing[T any](c *zkasync.Client, op func(context.Context) *future.Future[T]) func(context.Context) *future.Future[T] {
	return again(c, op, func(err error) bool { return errors.Is(err, zkasync.ErrNotReadOnly) })
}

// again is op when there is a quorum, and once more after each outcome that does not count.
func again[T any](c *zkasync.Client, op func(context.Context) *future.Future[T], void func(error) bool) func(context.Context) *future.Future[T] {
	var attempt func(context.Context) *future.Future[T]
	attempt = func(ctx context.Context) *future.Future[T] {
		repeat := func() *future.Future[T] { return later(ctx, func() *future.Future[T] { return attempt(ctx) }) }
		if c.Session().ReadOnly {
			return repeat()
		}
		f := op(ctx)
		return future.FlatMap(future.Settle(f), func(rs []future.Result[T]) *future.Future[T] {
			if void(rs[0].Err) {
				return repeat()
			}
			return f
		})
	}
	return attempt
}

// later is what again gives a moment from now, or when ctx ends.
func later[T any](ctx context.Context, again func() *future.Future[T]) *future.Future[T] {
	p := future.NewPromise[future.Void](nil)
	pause := time.AfterFunc(quorumPause, func() { p.Resolve(future.Void{}) })
	stop := context.AfterFunc(ctx, func() { p.Resolve(future.Void{}) })
	return future.FlatMap(p.Future(), func(future.Void) *future.Future[T] {
		pause.Stop()
		stop()
		if err := ctx.Err(); err != nil {
			return future.Failed[T](context.Cause(ctx))
		}
		return again()
	})
}

// quorumPause is how often a client is asked whether its server has a quorum again.
const quorumPause = 100 * time.Millisecond
