package timed

import (
	"context"
	"errors"
)

// ErrEnded is the error of a wait after End.
var ErrEnded = errors.New("timed: ended")

// Tell wakes all goroutines in Until, which then check again. The caller must hold the lock.
func (m *Mutex) Tell() {
	if m.changed != nil {
		close(m.changed)
		m.changed = nil
	}
}

// Until waits until done, which it calls with the lock held, returns true. It fails with ErrEnded or with the cause of ctx. The caller
// must not hold the lock.
func (m *Mutex) Until(ctx context.Context, done func() bool) error {
	for {
		m.Lock()
		if m.changed == nil {
			m.changed = make(chan struct{})
		}
		ready, ended, changed := done(), m.ended, m.changed
		m.Unlock()
		switch {
		case ready:
			return nil
		case ended:
			return ErrEnded
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
