package discovery

import (
	"sync"
	"time"
)

// alarm calls a function after a pause, but not after end. It does not share the provider's lock, under which strategies and
// filters run: so they may close their provider, which calls end.
type alarm struct {
	mu    sync.Mutex
	timer *time.Timer // nil: the alarm is not set
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

// rang records that the pause is over, and reports whether the function must be called.
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
