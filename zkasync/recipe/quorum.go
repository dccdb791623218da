package recipe

import (
	"context"
	"errors"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// With WithReadOnly, a client has a temporary session on a server without a quorum: nothing belongs to it, and what is read
// there may be outdated.

// quorate is op for a server that has a quorum. On any other it is not sent, and [zkasync.Retry] repeats it.
func quorate[T any](c *zkasync.Client, op func(context.Context) *future.Future[T]) func(context.Context) *future.Future[T] {
	return func(ctx context.Context) *future.Future[T] {
		if c.Session().ReadOnly {
			return future.Failed[T](errNoQuorum)
		}
		return op(ctx)
	}
}

// isVoid reports whether an outcome does not count because it comes from a server without a quorum.
func isVoid(c *zkasync.Client, err error) bool {
	return (c.Session().ReadOnly || errors.Is(err, zkasync.ErrNotReadOnly)) && !over(err)
}

// writing is quorate for one write that must not be made twice. No server without a quorum accepts it, so any outcome but a
// refusal for that reason counts.
func writing[T any](c *zkasync.Client, op func(context.Context) *future.Future[T]) func(context.Context) *future.Future[T] {
	return quorate(c, func(ctx context.Context) *future.Future[T] {
		f := op(ctx)
		return future.Transform(f, func(_ T, err error) *future.Future[T] {
			if errors.Is(err, zkasync.ErrNotReadOnly) {
				return future.Failed[T](errNoQuorum)
			}
			return f
		})
	})
}

var (
	// errNoQuorum makes Retry repeat a request that no server accepts at the moment.
	errNoQuorum = &zkasync.OpError{Op: "wait for a quorum", Outcome: zkasync.OutcomeNotSent, Err: zkasync.ErrConnectionLoss}
	// errWaits makes Retry repeat a request of a session that nobody knows to be alive.
	errWaits = &zkasync.OpError{Op: "wait for the session", Outcome: zkasync.OutcomeNotSent, Err: zkasync.ErrConnectionLoss}
)

// later returns what again returns a moment from now.
func later[T any](ctx context.Context, c *zkasync.Client, again func() *future.Future[T]) *future.Future[T] {
	return future.FlatMap(core.Pause(ctx, c, quorumPause), func(future.Void) *future.Future[T] { return again() })
}

// quorumPause bounds the pause before the client is asked again whether its server has a quorum.
const quorumPause = 200 * time.Millisecond
