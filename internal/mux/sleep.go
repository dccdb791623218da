package mux

import (
	"fmt"
	"time"
)

// SleepError reports that a connection was ended because the host has slept: nobody can know what became of the connection,
// and the server may have ended the session.
type SleepError struct{ For time.Duration }

func (e *SleepError) Error() string {
	return fmt.Sprintf("the host slept for %v", e.For.Round(time.Millisecond))
}

// leastSleep is the shortest sleep that counts. Anything shorter may be an error of reading two clocks one after the other.
const leastSleep = 100 * time.Millisecond

// SleepWatch detects that the host has slept. On Linux and macOS, Go's clock stands still meanwhile, so that neither silence
// nor a timer would show it. One goroutine at a time may use it.
type SleepWatch struct {
	slept  func() time.Duration
	before time.Duration
}

// NewSleepWatch returns a watch that begins now. Tests pass a function that replaces [Slept]; nil means Slept.
func NewSleepWatch(slept func() time.Duration) SleepWatch {
	if slept == nil {
		slept = Slept
	}
	return SleepWatch{slept: slept, before: slept()}
}

// Since returns how long the host has slept since the last call. A clock that was set back does not count as sleep.
func (w *SleepWatch) Since() time.Duration {
	now := w.slept()
	d := now - w.before
	w.before = now
	if d < leastSleep {
		return 0
	}
	return d
}
