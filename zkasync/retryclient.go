package zkasync

import (
	"fmt"
	"time"

	"github.com/zkasync/zkasync-go/internal/mux"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// WithRetry makes the client repeat operations that fail with the connection, by the rules of [Retry]: operations that
// were waiting to be sent, reads, and writes whose context carries the mark of [MarkIdempotent]. A write in flight
// without the mark fails with [ErrOutcomeUnknown], as it does without this option.
//
// Repeated operations wait for the next connection, which is attempted with pauses of its own, and are sent on it in
// their old order, before everything submitted later. The order then counts from the repetition: a write without the mark
// that failed leaves a gap, and the operations submitted after it are still sent, which they would not be without this
// option. Writes that depend on each other should be put into one Multi, carry the mark, or be submitted after the
// previous one has succeeded.
//
// The pauses of the policy apply to throttled operations, which go to the end of the queue afterwards. The limits of the
// policy are checked when a connection is lost, not while an operation waits for the next one: use its context for that.
// The final error covers all attempts, as with Retry. Whatever the policy says, an operation that ends each of its
// connections is given up after a few, see [GivenUpError].
//
// The option applies to single requests, so also to those of EnsurePath, DeleteAll and other composite operations.
func WithRetry(policy RetryPolicy) Option {
	return Option{func(cfg *config) error {
		policy, err := policy.checked()
		if err != nil {
			return fmt.Errorf("retry: %w", err)
		}
		cfg.retry = &policy
		return nil
	}}
}

// request is what operations submit.
type request interface {
	mux.Request
	flags() *opFlags
}

// claimant is a request that claims its effect when it is encoded. unapplied tells it that there was none.
type claimant interface{ unapplied() }

// opFlags is what must be known of an operation to repeat it.
type opFlags struct {
	idempotent bool // marked as such
	doubt      bool // the outcome of an earlier attempt is unknown
}

// lasting is a request of a client with WithRetry. The multiplexer keeps it across connections. It is used by one
// goroutine at a time, each of which gets it under the multiplexer's lock.
type lasting struct {
	request
	c     *Client
	begun time.Time

	attempts int
	last     error // why the latest attempt failed
	suspect  suspicion
	givenUp  bool
}

// lasting wraps r if the client repeats operations.
func (c *Client) lasting(r request) mux.Request {
	if c.cfg.retry == nil {
		return r
	}
	return &lasting{request: r, c: c, begun: time.Now()}
}

// Joins implements mux.Joinable.
func (l *lasting) Joins() bool {
	j, ok := l.request.(mux.Joinable)
	return ok && j.Joins()
}

// Depart implements mux.Departing.
func (l *lasting) Depart() bool {
	d, ok := l.request.(mux.Departing)
	return !ok || d.Depart()
}

// Outlives implements mux.Lasting.
func (l *lasting) Outlives(f mux.Failure) bool {
	l.attempts++
	flags := l.flags()
	flags.doubt = flags.doubt || f.Sent
	safe := harmless[l.Op()] || !flags.doubt || flags.idempotent && f.Reason == mux.ReasonLoss
	suspect := f.Reason == mux.ReasonLoss && l.suspect.Lost(f.Blame, f.Sent)
	l.givenUp = safe && suspect // otherwise it must not be repeated, whatever ended the connection
	if !safe || l.givenUp || !l.mayGoOn(0) {
		return false
	}
	l.last = &lossError{f.Cause}
	if f.Reason == mux.ReasonExpired {
		l.last = ErrSessionExpired
	}
	if o := observedIn(l); o != nil {
		o.lost(f)
	}
	return true
}

func (l *lasting) mayGoOn(pause time.Duration) bool {
	return l.c.cfg.retry.allows(l.attempts, time.Since(l.begun)+pause)
}

// Fail implements mux.Request. The operation fails for good, with an error for all its attempts together.
func (l *lasting) Fail(f mux.Failure) {
	f.Sent = f.Sent || l.flags().doubt
	if l.givenUp {
		f.Cause = &GivenUpError{Losses: l.suspect.Losses, Size: f.Blame.Size, Err: &lossError{f.Cause}}
	} else if l.last != nil && f.Cause != nil {
		why := &retryError{why: f.Cause, last: l.last, attempts: l.attempts}
		if f.Reason == mux.ReasonLoss {
			why.last = nil // the same again
		}
		f.Cause = why
	}
	l.request.Fail(f)
}

// Reply implements mux.Request.
func (l *lasting) Reply(code int32, body []byte) {
	if code == wire.CodeThrottled {
		l.attempts++
		if pause := l.c.cfg.retry.pause(l.c.cfg.draw, l.attempts); l.mayGoOn(pause) {
			l.last = rejection(l.Op().String(), "", code).Err
			if r, ok := l.request.(claimant); ok {
				r.unapplied()
			}
			l.c.pauses.add(l.Context(), pause, l.resume)
			return
		}
	}
	l.request.Reply(code, body)
}

// resume ends the pause after a throttled attempt.
func (l *lasting) resume(why error) {
	switch why {
	case nil:
		l.c.submit(l)
	case ErrClosed:
		l.Fail(mux.Failure{Reason: mux.ReasonRefused, Cause: why})
	default:
		l.Fail(mux.Failure{Reason: mux.ReasonContext, Cause: why})
	}
}
