package cache

import "sync"

// inbox takes what others want of the loop.
type inbox struct {
	wake chan struct{} // there is something

	mu     sync.Mutex
	steps  []func(*loop)
	closed bool
}

// post has step called on the loop; false if that has ended.
func (b *inbox) post(step func(*loop)) bool {
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

func (b *inbox) take() []func(*loop) {
	b.mu.Lock()
	defer b.mu.Unlock()
	steps := b.steps
	b.steps = nil
	return steps
}

// close returns what nobody has taken.
func (b *inbox) close() []func(*loop) {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	return b.take()
}
