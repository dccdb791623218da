package timed

import (
	"context"
	"errors"
)

// ErrEnded says that a wait is over because the mutex has ended.
var ErrEnded = errors.New("timed: ended")

// Tell wakes whoever waits for a change.
func (m *Mutex) Tell() {
	if m.changed != nil {
		close(m.changed)
		m.changed = nil
	}
}

// Until waits until done, which runs with the lock held, reports true. It fails with errEnded or with the cause of ctx.
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
