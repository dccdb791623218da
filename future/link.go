package future

import (
	"fmt"
	"reflect"
	"runtime"
)

// Link ties one callback to a future. It is a small value, may be copied, and is
// safe for concurrent use. The zero Link is tied to nothing.
type Link struct {
	to interface{ unlink() bool }
}

// Unlink revokes the callback. It returns true if it kept the callback from running, even if the executor already had
// it, and false if the callback has started to run, has run, or was revoked before.
func (l Link) Unlink() bool { return l.to != nil && l.to.unlink() }

// status is how far a callback has got; it is guarded by the future's mu.
type status uint8

const (
	unused status = iota
	linked        // waits for the completion
	posted        // given to the executor
	taken         // runs, has run, or was unlinked
)

// OnDone calls fn once with the outcome of f, on f's executor: when f completes, after the callbacks linked before; or,
// if f is complete already, after what the executor has queued. Without an executor, fn runs on the goroutine that
// completes f or, if f is complete, inside OnDone. A nil fn is ignored.
func (f *Future[T]) OnDone(fn func(T, error)) Link {
	if fn == nil {
		return Link{}
	}
	l, task := f.link(fn)
	if task != nil {
		f.executeLate(task)
	}
	return l
}

// link stores fn. It returns a task if fn is to be posted right away.
func (f *Future[T]) link(fn func(T, error)) (Link, Task) {
	f.mu.Lock()
	defer f.mu.Unlock()
	// While the completer still posts, it also posts what is linked late, so that
	// this callback cannot overtake one linked before it.
	late := f.completed.Load() && !f.posting
	switch {
	case f.slot == unused && late:
		c := (*completion[T])(f)
		f.first, f.slot = fn, posted
		return Link{c}, c
	case f.slot == unused:
		f.first, f.slot = fn, linked
		return Link{(*completion[T])(f)}, nil
	case late:
		n := &node[T]{f: f, fn: fn, status: posted}
		return Link{n}, n
	default:
		n := f.newNodeLocked()
		n.fn = fn
		f.more.callbacks.push(n)
		return Link{n}, nil
	}
}

// completion is the future itself as the task of its first callback. So the link and
// the task of the usual, only callback cost no allocation, and Future exports no Run.
type completion[T any] Future[T]

func (c *completion[T]) Run() {
	f := (*Future[T])(c)
	f.call(&f.first, &f.slot)
}

func (c *completion[T]) String() string {
	f := (*Future[T])(c)
	return f.describe(&f.first)
}

func (c *completion[T]) unlink() bool {
	f := (*Future[T])(c)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.slot == taken {
		return false
	}
	f.first, f.slot = nil, taken
	return true
}

// call runs a posted callback, unless it was unlinked. The function is kept while it
// runs, for describe, and released afterwards; one that panics stays, so that the
// executor can still name it.
func (f *Future[T]) call(fn *func(T, error), s *status) {
	f.mu.Lock()
	if *s != posted {
		f.mu.Unlock()
		return
	}
	*s = taken
	run := *fn
	f.mu.Unlock()

	run(f.value, f.err)

	f.mu.Lock()
	*fn = nil
	f.mu.Unlock()
}

// describe names a callback for humans: its function, file and line.
func (f *Future[T]) describe(fn *func(T, error)) string {
	f.mu.Lock()
	named := *fn
	f.mu.Unlock()
	if named == nil {
		return "callback that has run or was unlinked"
	}
	return describe(reflect.ValueOf(named).Pointer())
}

// describe names the function whose code is at pc, with its file and line.
func describe(pc uintptr) string {
	fn := runtime.FuncForPC(pc)
	if fn == nil {
		return "unknown function"
	}
	file, line := fn.FileLine(fn.Entry())
	return fmt.Sprintf("%s (%s:%d)", fn.Name(), file, line)
}
