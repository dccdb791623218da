package zkasync

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/zkasync/zkasync-go/future"
)

// Retry calls op, repeats it after a pause as long as its failures allow that, and returns a future of the final
// result:
//
//   - an operation that was not sent because the connection was lost is repeated;
//   - a read is repeated after any connection loss;
//   - a write whose outcome is unknown is repeated if ctx carries the mark of [MarkIdempotent], and not otherwise;
//   - after the session has expired, only reads and operations that were not sent are repeated, in the new session;
//   - an operation that the server throttled (code -127) is repeated, since it was not executed;
//   - everything else fails at once: other rejections, a context that is done, a closed client, rejected credentials.
//
// The outcome in the final error covers all attempts: it is [OutcomeUnknown] if that of any attempt was, even if the
// last attempt was not sent, or was rejected perhaps only because an earlier one had been applied. If ctx ends or the
// client is closed during a pause, the error is that of the last attempt joined with the reason.
//
// Each attempt is ordered by the time when it is made. Operations submitted in the meantime overtake an operation
// that is repeated, and operations that are repeated independently may overtake each other; [WithRetry] keeps their
// order.
//
// op receives ctx and should start one operation of c with it. A chain (future.FlatMap) is judged by the error of the
// step that failed and is repeated as a whole, so its earlier steps must tolerate repetition. Retry makes the first call
// itself; later calls run on a goroutine of their own, for which Close waits. No goroutine waits during a pause.
func Retry[T any](ctx context.Context, c *Client, policy RetryPolicy, op func(ctx context.Context) *future.Future[T]) *future.Future[T] {
	policy, err := policy.checked()
	switch {
	case err != nil:
	case c == nil:
		err = errors.New("client is nil")
	case op == nil:
		err = errors.New("operation is nil")
	}
	if err != nil {
		return future.Failed[T](fmt.Errorf("zkasync: retry: %w", err))
	}
	r := &retry[T]{ctx: orBackground(ctx), c: c, policy: policy, op: op, begun: time.Now()}
	first := op(r.ctx)
	return future.Transform(first, func(v T, err error) *future.Future[T] {
		if err == nil {
			return first
		}
		r.result = future.NewPromise[T](nil)
		r.judge(v, err)
		return r.result.Future()
	})
}

// retry is one call of Retry. It belongs to one attempt, or to the pause after it, at a time.
type retry[T any] struct {
	ctx    context.Context
	c      *Client
	policy RetryPolicy
	op     func(context.Context) *future.Future[T]
	begun  time.Time
	result *future.Promise[T] // nil until the first attempt has failed

	attempts int
	doubt    bool     // the outcome of an attempt is unknown
	last     *OpError // of the latest attempt that called for a repetition
	suspect  suspicion
}

// judge runs inside the completion of an attempt, not on the client's handler, where a callback may wait for the result.
func (r *retry[T]) judge(v T, err error) {
	if err == nil {
		r.result.Resolve(v)
		return
	}
	r.attempts++
	var e *OpError
	if !errors.As(err, &e) || !r.repeatable(e) {
		r.fail(err, e)
		return
	}
	r.doubt = r.doubt || e.Outcome == OutcomeUnknown
	if end := r.suspect.lostWith(e); end != nil {
		r.giveUp(end, end.Err)
		return
	}
	pause := r.policy.pause(r.c.cfg.draw, r.attempts)
	if !r.policy.allows(r.attempts, time.Since(r.begun)+pause) {
		r.giveUp(e, &retryError{why: e.Err, attempts: r.attempts})
		return
	}
	r.last = e
	r.c.pauses.add(r.ctx, pause, r.again)
}

// repeatable reports whether the failure of an attempt allows another.
func (r *retry[T]) repeatable(e *OpError) bool {
	expired := errors.Is(e, ErrSessionExpired)
	switch {
	case errors.Is(e, ErrClosed), errors.Is(e, ErrAuthFailed), r.ctx.Err() != nil:
		return false
	case isThrottled(e):
		return true
	case isGivenUp(e), e.Outcome == OutcomeRejected, e.Outcome == OutcomeNone, !expired && !errors.Is(e, ErrConnectionLoss):
		return false
	case harmlessVerbs[e.Op]:
		return true
	case e.Outcome == OutcomeNotSent && !r.doubt:
		return true
	default:
		return !expired && isIdempotent(r.ctx)
	}
}

// again makes the next attempt, unless something else ended the pause before it.
func (r *retry[T]) again(why error) {
	if why != nil {
		r.giveUp(r.last, &retryError{why: why, last: r.last.Err, attempts: r.attempts})
		return
	}
	// Called from within FlatMap, an op that panics or ends its goroutine fails its future. Everything is linked before the call.
	begin := future.NewPromise[future.Void](nil)
	attempt := future.FlatMap(begin.Future(), func(future.Void) *future.Future[T] { return r.op(r.ctx) })
	future.Transform(attempt, func(v T, err error) *future.Future[future.Void] {
		r.judge(v, err)
		return judged
	})
	begin.Resolve(future.Void{})
}

// judged is the result of a step that nothing depends on.
var judged = future.Resolved(future.Void{})

// fail ends with an error that allows no repetition; e is its OpError, or nil if it has none.
func (r *retry[T]) fail(err error, e *OpError) {
	rejected := e != nil && e.Outcome == OutcomeRejected
	if r.last == nil || rejected && (!r.doubt || harmlessVerbs[e.Op]) {
		r.result.Reject(err) // earlier attempts have nothing to add
		return
	}
	why := err
	if e == nil {
		e = &OpError{Op: r.last.Op, Path: r.last.Path}
	} else if err == error(e) {
		why = e.Err
	}
	r.giveUp(e, &retryError{why: why, last: r.last.Err, attempts: r.attempts})
}

func (r *retry[T]) giveUp(e *OpError, cause error) {
	end := &OpError{Op: e.Op, Path: e.Path, Outcome: e.Outcome, Err: cause}
	if r.doubt {
		end.Outcome = OutcomeUnknown
	}
	r.result.Reject(end)
}
