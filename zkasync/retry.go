package zkasync

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/zkasync/zkasync-go/internal/chance"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// RetryPolicy says how often and for how long [Retry] and [WithRetry] repeat an operation. A zero field means its default.
type RetryPolicy struct {
	// FirstPause bounds the pause before the first repetition. The bound doubles with each repetition up to MaxPause, and
	// the pause is chosen at random between zero and the bound, so that clients that failed together do not return
	// together. The defaults are 100 milliseconds and 5 seconds.
	FirstPause, MaxPause time.Duration
	// MaxAttempts bounds the number of attempts, including the first. The default is no bound.
	MaxAttempts int
	// MaxElapsed bounds the time from the start to the last repetition. It does not interrupt an attempt in progress;
	// a context does. The default is a minute.
	MaxElapsed time.Duration
}

const (
	defaultFirstPause = 100 * time.Millisecond
	defaultMaxPause   = 5 * time.Second
	defaultMaxElapsed = time.Minute
)

// checked returns the policy with its defaults filled in.
func (p RetryPolicy) checked() (RetryPolicy, error) {
	switch {
	case p.FirstPause < 0:
		return p, fmt.Errorf("first pause %v is negative", p.FirstPause)
	case p.MaxPause < 0:
		return p, fmt.Errorf("longest pause %v is negative", p.MaxPause)
	case p.MaxPause > 0 && p.FirstPause > p.MaxPause:
		return p, fmt.Errorf("first pause %v is longer than the longest, %v", p.FirstPause, p.MaxPause)
	case p.MaxAttempts < 0:
		return p, fmt.Errorf("number of attempts %d is negative", p.MaxAttempts)
	case p.MaxElapsed < 0:
		return p, fmt.Errorf("longest time %v is negative", p.MaxElapsed)
	}
	if p.MaxPause == 0 {
		p.MaxPause = max(defaultMaxPause, p.FirstPause)
	}
	if p.FirstPause == 0 {
		p.FirstPause = min(defaultFirstPause, p.MaxPause)
	}
	if p.MaxAttempts == 0 {
		p.MaxAttempts = math.MaxInt
	}
	if p.MaxElapsed == 0 {
		p.MaxElapsed = defaultMaxElapsed
	}
	return p, nil
}

// allows reports whether another attempt may follow after this many attempts and this long since the first.
func (p *RetryPolicy) allows(attempts int, elapsed time.Duration) bool {
	return attempts < p.MaxAttempts && elapsed <= p.MaxElapsed
}

// pause draws the pause that follows the given number of attempts.
func (p *RetryPolicy) pause(draw chance.Draw, attempts int) time.Duration {
	bound := p.FirstPause
	for i := 1; i < attempts && bound < p.MaxPause; i++ {
		if bound > p.MaxPause/2 {
			bound = p.MaxPause
		} else {
			bound *= 2
		}
	}
	return draw(bound)
}

// idempotentKey is the key of MarkIdempotent's mark.
type idempotentKey struct{}

// MarkIdempotent returns a context that marks operations as safe to apply twice: with it, [Retry] and [WithRetry] repeat
// a write even when its outcome is unknown. Only the caller can know this: a Set with AnyVersion is idempotent if nobody
// else sets that znode, a Create or a Delete if "already exists" or "does not exist" is as good as success.
func MarkIdempotent(ctx context.Context) context.Context {
	return context.WithValue(orBackground(ctx), idempotentKey{}, true)
}

func isIdempotent(ctx context.Context) bool { return ctx != nil && ctx.Value(idempotentKey{}) != nil }

// harmless are the operations that may be done twice whatever the outcome of the first: those that change nothing, and the
// credentials and watches of a connection.
var harmless = map[wire.OpCode]bool{
	wire.OpExists: true, wire.OpGetData: true, wire.OpGetACL: true, wire.OpGetChildren: true, wire.OpGetChildren2: true,
	wire.OpSync: true, wire.OpCheckWatches: true, wire.OpMultiRead: true, wire.OpGetEphemerals: true,
	wire.OpGetAllChildrenNumber: true, wire.OpWhoAmI: true, wire.OpSetAuth: true,
	wire.OpAddWatch: true, wire.OpRemoveWatches: true,
}

// harmlessVerbs are the names of harmless in errors.
var harmlessVerbs = func() map[string]bool {
	verbs := make(map[string]bool)
	for code := range harmless {
		verbs[code.String()] = true
	}
	return verbs
}()

// isThrottled reports the one rejection that asks for a repetition. Others with similar names are not sent by servers:
// the Java client produces "request timeout" itself.
func isThrottled(err error) bool { return errors.Is(err, ErrThrottled) }

// retryError says why an operation was not repeated once more.
type retryError struct {
	why      error
	last     error // of the previous attempt; nil: there is nothing to add
	attempts int
}

func (e *retryError) Error() string {
	text := fmt.Sprintf("%s (attempts: %d", bare(e.why), e.attempts)
	if e.last != nil {
		text += "; the last: " + bare(e.last)
	}
	return text + ")"
}

func (e *retryError) Unwrap() []error {
	if e.last == nil {
		return []error{e.why}
	}
	return []error{e.why, e.last}
}

// throttlePause is the pause before a throttled request is repeated for the nth time, by the policy of [WithRetry] or, if
// that is nil, the default one.
func (p *RetryPolicy) throttlePause(draw chance.Draw, n int) time.Duration {
	if p == nil {
		p = &RetryPolicy{FirstPause: defaultFirstPause, MaxPause: defaultMaxPause}
	}
	return p.pause(draw, n)
}
