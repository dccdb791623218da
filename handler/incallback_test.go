package handler

import (
	"testing"
)

func TestHandler_InCallback(t *testing.T) {
	forEachKind(t, func(t *testing.T, newHandler func(...Option) Handler) {
		h := newHandler(quiet())
		for _, when := range []string{"before Start", "running", "after Stop"} {
			checkInCallback(t, h, when)
			switch when {
			case "before Start":
				start(t, h)
			case "running":
				stop(t, h)
			}
		}
	})
}

func checkInCallback(t *testing.T, h Handler, when string) {
	t.Helper()
	if h.InCallback() {
		t.Errorf("%s: true outside of callbacks", when)
	}
	ended := make(chan struct{})
	h.Lane(Completion, "/a").Execute(fn(func() {
		defer close(ended)
		defer func() {
			if !h.InCallback() {
				t.Errorf("%s: false while the callback panics", when)
			}
			_ = recover()
		}()
		if !h.InCallback() {
			t.Errorf("%s: false in a callback", when)
		}
		if !deep(500, h.InCallback) {
			t.Errorf("%s: false deep in a callback", when)
		}
		other := make(chan bool)
		go func() { other <- h.InCallback() }()
		if <-other {
			t.Errorf("%s: true in another goroutine", when)
		}
		panic("on purpose")
	}))
	await(t, ended, "the callback")
}

// deep calls f below n more frames.
//
//go:noinline
func deep(n int, f func() bool) bool {
	if n == 0 {
		return f()
	}
	return deep(n-1, f)
}

// A callback of one client may close another client, whatever the other is doing.
func TestHandler_InCallbackTellsHandlersApart(t *testing.T) {
	t.Parallel()
	// Enough of them that their numbers have several digits, and neighbours differ in one.
	const handlers = 100
	all := make([]Handler, handlers)
	for i := range all {
		all[i] = NewInline()
		release := hold(t, all[i].Lane(State, ""), "busy")
		defer release()
	}
	for i := range all {
		mine := NewInline()
		mine.Lane(State, "").Execute(fn(func() {
			if all[i].InCallback() {
				t.Errorf("handler %d takes another's callback for its own", i)
			}
			if !mine.InCallback() {
				t.Errorf("handler %d does not know its own callback", i)
			}
		}))
	}
}

func TestHandler_InCallbackSeesThroughAnotherHandler(t *testing.T) {
	t.Parallel()
	outer, inner := NewSequential(), NewInline()
	start(t, outer)
	ran := make(chan struct{})
	outer.Lane(State, "").Execute(fn(func() {
		inner.Lane(State, "").Execute(fn(func() {
			defer close(ran)
			if !outer.InCallback() || !inner.InCallback() {
				t.Errorf("outer %v, inner %v, want both", outer.InCallback(), inner.InCallback())
			}
		}))
		if !outer.InCallback() || inner.InCallback() {
			t.Errorf("outer %v, inner %v, want the outer one", outer.InCallback(), inner.InCallback())
		}
	}))
	await(t, ran, "the inner callback")
	stop(t, outer)
}
