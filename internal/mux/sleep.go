package mux

import (
	"fmt"
	"time"
)

// SleepError reports a connection that was left because the host has slept: nobody can know what became of it, and the
// server may have ended the session.
type SleepError struct{ For time.Duration }

func (e *SleepError) Error() string {
	return fmt.Sprintf("the host slept for %v", e.For.Round(time.Millisecond))
}

// leastSleep is the shortest that counts. Less is a matter of reading clocks.
const leastSleep = 100 * time.Millisecond

// SleepWatch finds that the host has slept. Go's clock stands still meanwhile on Linux and macOS, so that neither silence nor
// a timer tells. It is for one goroutine at a time.
type SleepWatch struct {
	slept  func() time.Duration
	before time.Duration
}

// NewSleepWatch returns a watch that begins now. Slept is Slept, but for tests.
func NewSleepWatch(slept func() time.Duration) SleepWatch {
	if slept == nil {
		slept = Slept
	}
	return SleepWatch{slept: slept, before: slept()}
}

// Since returns for how long the host has slept since the last call. A clock that was set back is no sleep.
func (w *SleepWatch) Since() time.Duration {
	now := w.slept()
	d := now - w.before
	w.before = now
	if d < leastSleep {
		return 0
	}
	return d
}
