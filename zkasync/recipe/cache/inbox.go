package cache

import "sync"

// inbox takes what others want of a goroutine: calls with what it works on.
type inbox[T any] struct {
	wake chan struct{} // there is something

	mu     sync.Mutex
	steps  []func(T)
	closed bool
}

// post has step called there; false if the goroutine has ended.
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

// close returns what nobody has taken.
func (b *inbox[T]) close() []func(T) {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	return b.take()
}
