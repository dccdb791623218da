package core

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// patient is the policy for requests that must succeed eventually: it retries as long as the client runs.
var patient = zkasync.RetryPolicy{MaxPause: time.Second, MaxElapsed: math.MaxInt64}

// Retry is [zkasync.Retry] for a request that must succeed eventually: it repeats op as long as the client runs. A small
// request is not given up either if several connections in a row are lost at it, as with a balancer that ends connections:
// it cannot be the cause. A protected create is given up all the same: its znode may exist, and is being deleted.
func Retry[T any](ctx context.Context, c *zkasync.Client, op func(context.Context) *future.Future[T]) *future.Future[T] {
	f := zkasync.Retry(ctx, c, patient, op)
	return future.Transform(f, func(_ T, err error) *future.Future[T] {
		var protected *zkasync.ProtectedError
		if !IsUnlucky(err) || errors.As(err, &protected) {
			return f
		}
		next := future.Transform(Pause(ctx, c, time.Second), func(future.Void, error) *future.Future[T] {
			return Retry(ctx, c, op) // which says why, if the pause was cut short
		})
		return future.Recover(next, func(later error) (T, error) {
			var none T
			return none, afterUnknown(err, later)
		})
	})
}

// harmless is the size in bytes up to which no server refuses a request for its size.
const harmless = 1 << 10

// IsUnlucky reports whether a request was given up that is too small to have ended the connections.
func IsUnlucky(err error) bool {
	var e *zkasync.GivenUpError
	return err != nil && errors.As(err, &e) && e.Size <= harmless
}

// afterUnknown returns the error of a later attempt. If the outcome of the earlier one is unknown, that of both is.
func afterUnknown(earlier, later error) error {
	e, ok := later.(*zkasync.OpError)
	if !ok || !errors.Is(earlier, zkasync.ErrOutcomeUnknown) {
		return later
	}
	both := *e
	both.Outcome = zkasync.OutcomeUnknown
	return &both
}

// waiting makes zkasync.Retry pause.
var waiting = &zkasync.OpError{Op: "pause", Outcome: zkasync.OutcomeNotSent, Err: zkasync.ErrConnectionLoss}

// Pause completes after up to d, or with an error when ctx is done before or the client is closed, whose Close waits for what follows.
func Pause(ctx context.Context, c *zkasync.Client, d time.Duration) *future.Future[future.Void] {
	begun := false
	policy := zkasync.RetryPolicy{FirstPause: d, MaxPause: d, MaxElapsed: math.MaxInt64}
	return zkasync.Retry(ctx, c, policy, func(context.Context) *future.Future[future.Void] {
		if begun {
			return future.Resolved(future.Void{})
		}
		begun = true
		return future.Failed[future.Void](waiting)
	})
}
