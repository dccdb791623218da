package discovery

import (
	"sync"
	"time"
)

// alarm calls a function after a pause, and never after its end. No user function runs under its lock, so a strategy or a
// filter may close its provider.
type alarm struct {
	mu    sync.Mutex
	timer *time.Timer // nil: it is not set
	ended bool
}

// set calls fn after a pause, unless the alarm is set already.
func (a *alarm) set(pause time.Duration, fn func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.timer != nil || a.ended {
		return
	}
	a.timer = time.AfterFunc(pause, func() {
		if a.rang() {
			fn()
		}
	})
}

// rang records that the pause is over, and reports whether it counts.
func (a *alarm) rang() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.timer = nil
	return !a.ended
}

// end stops the alarm for good.
func (a *alarm) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended = true
	if a.timer != nil {
		a.timer.Stop()
		a.timer = nil
	}
}
