package cache

import "sync"

// inbox collects calls for a goroutine to make with the state that it owns.
type inbox[T any] struct {
	wake chan struct{} // signals that there are calls

	mu     sync.Mutex
	steps  []func(T)
	closed bool
}

// post queues step for the goroutine; it returns false if the goroutine has ended.
func (b *inbox[T]) post(step func(T)) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return false
	}
	b.steps = append(b.steps, step)
	select {
	case b.wake <- struct{}{}:
	default:
	}
	return true
}

func (b *inbox[T]) take() []func(T) {
	b.mu.Lock()
	defer b.mu.Unlock()
	steps := b.steps
	b.steps = nil
	return steps
}

// close makes post refuse further calls, and returns those that have not been taken.
func (b *inbox[T]) close() []func(T) {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	return b.take()
}
