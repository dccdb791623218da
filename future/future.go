package future

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
)

// Result is the outcome of a future: a value, or an error with the zero value.
type Result[T any] struct {
	Value T
	Err   error
}

// Void is the value type of a future that carries no value, only its completion.
type Void = struct{}

// Future is a result that may not be available yet. It comes from an operation, a [Promise] or a combinator, and
// completes exactly once. It is safe for concurrent use, and must not be copied. It may be read in every way, any number
// of times, or not at all. Only [Future.C] is for one reader.
//
// One future is part of every operation, so it has few fields: the first callback
// has a field of its own, channels are made when first asked for, and what most
// futures never need is behind the pointer more.
type Future[T any] struct {
	// completed is set last in a completion, under mu: a goroutine that reads true
	// without mu finds value, err, done and the result channel final.
	completed atomic.Bool

	slot    status // the status of the callback in first; guarded by mu
	posting bool   // the completer is still running hooks or posting callbacks; guarded by mu
	needs   bool   // it cannot complete before a user function has run; guarded by mu

	mu    sync.Mutex
	value T              // constant once completed
	err   error          // constant once completed
	ex    Executor       // constant once completed; nil: run callbacks in place
	first func(T, error) // the first callback ever linked; the field is not reused
	done  chan struct{}  // closed by the completer; nil until asked for
	more  *extras[T]     // nil until needed
}

// extras holds what few futures need.
type extras[T any] struct {
	c         chan Result[T] // room for one; filled, then closed by the completer
	hooks     list[T]
	callbacks list[T]
	spare     node[T] // the first node, to save an allocation
}

// closedChan is the Done channel of all futures that completed before anybody asked for one.
var closedChan = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// Done returns a channel that is closed when f completes. Any number of
// goroutines may receive from it; each call returns the same channel.
func (f *Future[T]) Done() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.done == nil {
		if f.completed.Load() {
			return closedChan
		}
		f.done = make(chan struct{})
	}
	return f.done
}

// C returns a channel that carries the result once. It is buffered, so nothing waits for the reader. Each call returns
// the same channel, so unlike Done and Get it serves one reader.
//
// Like the channel of a time.Timer it is never closed: in a loop around a select its case fires only once.
// A closed channel would yield zero Results there, which look like success. Do not range over it.
func (f *Future[T]) C() <-chan Result[T] {
	f.mu.Lock()
	defer f.mu.Unlock()
	m := f.extrasLocked()
	if m.c == nil {
		m.c = make(chan Result[T], 1)
		if f.completed.Load() {
			m.c <- Result[T]{f.value, f.err}
		}
	}
	return m.c
}

// Ready reports whether f has completed.
func (f *Future[T]) Ready() bool {
	if f.completed.Load() {
		return true
	}
	// A completion in progress may have closed done already. Wait until it is over, so
	// that a goroutine that has seen one sign of the completion sees them all.
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.completed.Load()
}

// Result returns the outcome without waiting, or [ErrPending] if f has not
// completed. If there is an error, the value is the zero value.
func (f *Future[T]) Result() (T, error) {
	if !f.Ready() {
		var zero T
		return zero, ErrPending
	}
	return f.value, f.err
}

// Get waits until f completes or ctx is done. A complete future returns its outcome even if ctx is done. Otherwise the
// error wraps ctx.Err() and the context's cause, if there is one; f and all other waits are not affected, and nothing of
// this wait is left behind. Ready tells whether a context error comes from the wait or from the operation. A nil ctx is
// never done.
//
// A wait that could never end, because it blocks the goroutine that would have to complete f, fails at once with
// [ErrWouldDeadlock].
func (f *Future[T]) Get(ctx context.Context) (T, error) {
	if f.completed.Load() {
		return f.value, f.err
	}
	if err := f.refuseWait(); err != nil {
		var zero T
		return zero, err
	}
	select {
	case <-f.Done():
		return f.value, f.err
	case <-doneOf(ctx):
		if f.Ready() {
			return f.value, f.err
		}
		var zero T
		return zero, waitError(ctx)
	}
}

// doneOf returns ctx.Done(); a nil context is never done, as everywhere in this module.
func doneOf(ctx context.Context) <-chan struct{} {
	if ctx == nil {
		return nil
	}
	return ctx.Done()
}

// waitError returns the error of a wait that ctx ended.
func waitError(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if cause == nil || cause == err {
		return fmt.Errorf("future: wait ended: %w", err)
	}
	return fmt.Errorf("future: wait ended: %w: %w", err, cause)
}

func (f *Future[T]) extrasLocked() *extras[T] {
	if f.more == nil {
		f.more = new(extras[T])
	}
	return f.more
}

// executor returns what runs f's callbacks, as far as that is known. A nil future
// has none.
func (f *Future[T]) executor() Executor {
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ex
}
