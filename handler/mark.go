package handler

import (
	"reflect"
	"runtime"
	"sync"
	"sync/atomic"
)

// How InCallback knows where it is called.
//
// Go has no goroutine-local storage. The usual workaround, to record the goroutine's
// id before the callbacks run, costs a microsecond (the id has to be parsed out of
// runtime.Stack), which an Inline handler would pay for every task. Instead, the queue
// writes its number where the calling goroutine can read it for free: on the stack.
// The functions mark0 to mark7 do nothing but call on; those that lie between enter
// and drain spell the queue's number in octal. InCallback, which is rare, walks its
// caller's stack and reads it. Unlike a search for drain's frame alone, this tells two
// handlers apart, so that a callback of one may close the client of the other. For the
// first seven queues of a process it costs one call.

// lastID is the number of the latest queue; the first is 1.
var lastID atomic.Uint64

const (
	markBits = 3
	markMask = 1<<markBits - 1
)

// enter runs the tasks of q, whose baton the caller holds, under q's marks.
//
//go:noinline
func enter(q *queue, as driver) {
	finished := false
	defer func() {
		// A callback is ending this goroutine with runtime.Goexit. A dispatcher arranges its
		// own replacement. Any other goroutine is the user's: it finishes the tasks that
		// it started to run before it ends.
		if !finished && as != byWorker {
			enter(q, as)
		}
	}()
	mark(q, as, q.id)
	finished = true
}

// mark puts the octal digits of id on the stack, the lowest first, and drains q.
func mark(q *queue, as driver, id uint64) {
	if id == 0 {
		q.drain(as)
		return
	}
	rest := id >> markBits
	switch id & markMask {
	case 0:
		mark0(q, as, rest)
	case 1:
		mark1(q, as, rest)
	case 2:
		mark2(q, as, rest)
	case 3:
		mark3(q, as, rest)
	case 4:
		mark4(q, as, rest)
	case 5:
		mark5(q, as, rest)
	case 6:
		mark6(q, as, rest)
	case 7:
		mark7(q, as, rest)
	}
}

//go:noinline
func mark0(q *queue, as driver, rest uint64) { mark(q, as, rest) }

//go:noinline
func mark1(q *queue, as driver, rest uint64) { mark(q, as, rest) }

//go:noinline
func mark2(q *queue, as driver, rest uint64) { mark(q, as, rest) }

//go:noinline
func mark3(q *queue, as driver, rest uint64) { mark(q, as, rest) }

//go:noinline
func mark4(q *queue, as driver, rest uint64) { mark(q, as, rest) }

//go:noinline
func mark5(q *queue, as driver, rest uint64) { mark(q, as, rest) }

//go:noinline
func mark6(q *queue, as driver, rest uint64) { mark(q, as, rest) }

//go:noinline
func mark7(q *queue, as driver, rest uint64) { mark(q, as, rest) }

// marks are the addresses of enter and of the marks.
var marks = sync.OnceValue(func() (m struct {
	enter  uintptr
	digits map[uintptr]uint64
}) {
	m.enter = entry(reflect.ValueOf(enter).Pointer())
	m.digits = make(map[uintptr]uint64)
	for digit, fn := range []func(*queue, driver, uint64){
		mark0, mark1, mark2, mark3, mark4, mark5, mark6, mark7,
	} {
		m.digits[entry(reflect.ValueOf(fn).Pointer())] = uint64(digit)
	}
	return m
})

// entry returns the address of the function that the code at pc belongs to.
func entry(pc uintptr) uintptr {
	if fn := runtime.FuncForPC(pc); fn != nil {
		return fn.Entry()
	}
	return 0
}

// onStack returns the queue of c inside one of whose tasks the calling goroutine is,
// or nil. From the callback outwards come drain, the digits of the queue's number with
// the highest first, and enter.
func (c *core) onStack() *queue {
	c.mu.Lock()
	busy := c.busy
	c.mu.Unlock()
	if busy == 0 {
		return nil
	}
	m := marks()
	first, id := c.queues[0].id, uint64(0)
	for _, pc := range callers() {
		fn := entry(pc - 1) // pc is where the call returns to
		if digit, ok := m.digits[fn]; ok {
			id = id<<markBits | digit
		} else if fn == m.enter {
			if i := id - first; id >= first && i < uint64(len(c.queues)) {
				return &c.queues[i]
			}
			id = 0
		}
	}
	return nil
}

// callers returns the program counters of the whole stack.
func callers() []uintptr {
	for size := 64; ; size *= 2 {
		pcs := make([]uintptr, size)
		if n := runtime.Callers(2, pcs); n < size {
			return pcs[:n]
		}
	}
}
