package stream

import (
	"slices"
	"sync"
)

// Latest holds the newest state of something and passes it to its readers: one that receives from the channel, callbacks, and
// those that look without waiting. A slow reader misses states, but never the newest. It is safe for concurrent use.
type Latest[T any] struct {
	post func(func()) // calls a function on the client's handler
	ch   chan T       // has room for one state; filled by Pull and closed by End

	mu     sync.Mutex
	value  T
	known  bool
	wanted bool // somebody reads the channel or has a callback
	over   bool
	calls  []*call[T]
}

// call is a callback. At most one call of it is queued at the handler.
type call[T any] struct {
	fn     func(T)
	queued bool // guarded by Latest.mu
}

// NewLatest returns a Latest that calls callbacks through post.
func NewLatest[T any](post func(func())) *Latest[T] {
	return &Latest[T]{post: post, ch: make(chan T, 1)}
}

// C returns the channel of states, which holds the newest one that has not been received.
func (l *Latest[T]) C() <-chan T {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wanted = true
	return l.ch
}

// Wanted reports whether anybody reads the channel or has a callback.
func (l *Latest[T]) Wanted() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.wanted
}

// Get returns the newest state, or false if there is none.
func (l *Latest[T]) Get() (T, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.value, l.known
}

// Show makes v the newest state and passes it to the readers. The caller must not hold a lock: when the client's handler has
// stopped, callbacks run right here.
func (l *Latest[T]) Show(v T) { l.Pull(func() (T, bool) { return v, true }) }

// Pull is like Show with the state that get returns; if get returns false, it does nothing. Calls of get run one at a time, so
// that of two concurrent calls of Pull the later one has the newer state. get must not take a lock that anybody holds while
// calling a method of l.
func (l *Latest[T]) Pull(get func() (T, bool)) {
	for _, due := range l.pull(get) {
		l.call(due)
	}
}

// pull returns the callbacks that are due.
func (l *Latest[T]) pull(get func() (T, bool)) (due []*call[T]) {
	l.mu.Lock()
	defer l.mu.Unlock()
	v, ok := get()
	if !ok || l.over {
		return nil
	}
	l.value, l.known = v, true
	select {
	case <-l.ch: // nobody has received it, and now it is outdated
	default:
	}
	l.ch <- v
	for _, c := range l.calls {
		if !c.queued {
			c.queued = true
			due = append(due, c)
		}
	}
	return due
}

// OnChange calls fn on the handler with the newest state, if it is known, and with later ones.
func (l *Latest[T]) OnChange(fn func(T)) (remove func()) {
	if fn == nil {
		return func() {}
	}
	c := &call[T]{fn: fn}
	l.mu.Lock()
	l.wanted = true
	if !l.over {
		l.calls = append(l.calls, c)
	}
	c.queued = l.known && !l.over
	due := c.queued
	l.mu.Unlock()
	if due {
		l.call(c)
	}
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.calls = slices.DeleteFunc(slices.Clone(l.calls), func(other *call[T]) bool { return other == c })
	}
}

// call calls a callback with the state that is newest when it runs.
func (l *Latest[T]) call(c *call[T]) {
	l.post(func() {
		l.mu.Lock()
		c.queued = false
		v, wanted := l.value, slices.Contains(l.calls, c)
		l.mu.Unlock()
		if wanted {
			c.fn(v)
		}
	})
}

// End closes the channel and drops the callbacks. A state that waits in the channel stays there.
func (l *Latest[T]) End() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return
	}
	l.over, l.calls = true, nil
	close(l.ch)
}
