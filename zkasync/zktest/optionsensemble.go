package zktest

import "fmt"

// WithObservers makes the last n servers of an ensemble observers, which follow a leader but do not vote.
func WithObservers(n int) Option {
	return Option{func(cfg *config) error {
		if n < 0 {
			return fmt.Errorf("%d observers: want 0 or more", n)
		}
		cfg.observers = n
		return nil
	}}
}

// WithReadOnlyMode makes servers of an ensemble that have no leader serve read-only clients (readonlymode.enabled), with
// local sessions (localSessionsEnabled).
func WithReadOnlyMode() Option {
	return Option{func(cfg *config) error {
		cfg.ReadOnlyMode = true
		return nil
	}}
}
