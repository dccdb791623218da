package zktest

import "fmt"

// WithObservers makes the last n servers of an ensemble observers: they follow and do not vote.
func WithObservers(n int) Option {
	return Option{func(cfg *config) error {
		if n < 0 {
			return fmt.Errorf("%d observers", n)
		}
		cfg.observers = n
		return nil
	}}
}

// WithReadOnlyMode makes the servers of an ensemble that can follow no leader serve read-only clients, readonlymode.enabled,
// with sessions of their own, localSessionsEnabled.
func WithReadOnlyMode() Option {
	return Option{func(cfg *config) error {
		cfg.ReadOnlyMode = true
		return nil
	}}
}
