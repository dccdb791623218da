package discovery

import (
	"sync"
	"time"
)

// alarm calls a function after a pause, and never after its end. Nothing of the user's runs under its lock, so that a strategy or a
// filter may close its provider.
type alarm struct {
	mu    sync.Mutex
	timer *time.Timer // nil: it is not set
	ended bool
}

// set has fn called after a pause, unless it is set already.
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

// rang takes note that the pause is over, and reports whether it counts.
func (a *alarm) rang() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.timer = nil
	return !a.ended
}

// end stops it for good.
func (a *alarm) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended = true
	if a.timer != nil {
		a.timer.Stop()
		a.timer = nil
	}
}
