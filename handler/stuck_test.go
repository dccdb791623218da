package handler

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestHandler_StopNamesTheCallbackThatIsStuck(t *testing.T) {
	forEachKind(t, func(t *testing.T, newHandler func(...Option) Handler) {
		synctest.Test(t, func(t *testing.T) {
			h := newHandler()
			start(t, h)
			lane := h.Lane(Completion, "/a")
			release := hold(t, lane, "done get /a")
			ran := false
			lane.Execute(fn(func() { ran = true }))

			begin := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			err := h.Stop(ctx)
			var stuck *StuckError
			if !errors.As(err, &stuck) || stuck.Callback != "done get /a" || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Stop: %v, want a StuckError that names the callback", err)
			}
			if waited := time.Since(begin); waited != 2*time.Second {
				t.Errorf("Stop waited %v, want 2s", waited)
			}
			if err := h.Start(nil); !errors.Is(err, ErrRunning) {
				t.Errorf("Start while it stops: %v, want ErrRunning", err)
			}
			// From here on the stop continues by itself.
			release()
			synctest.Wait()
			if !ran {
				t.Error("what was queued behind the stuck callback did not run")
			}
			if err := h.Start(nil); err != nil {
				t.Errorf("Start after the stop has ended by itself: %v", err)
			}
			stop(t, h)
		})
	})
}

func TestHandler_StopFromACallbackDoesNotWait(t *testing.T) {
	forEachKind(t, func(t *testing.T, newHandler func(...Option) Handler) {
		synctest.Test(t, func(t *testing.T) {
			h := newHandler()
			start(t, h)
			lane := h.Lane(State, "")
			log := make(chan string, 4)
			lane.Execute(named{"on state", func() {
				err := h.Stop(context.Background())
				var stuck *StuckError
				if !errors.Is(err, ErrInCallback) || !errors.As(err, &stuck) || stuck.Callback != "on state" {
					t.Errorf("Stop: %v, want a StuckError with ErrInCallback", err)
				}
				lane.Execute(fn(func() { log <- "later" }))
				log <- "first"
			}})
			synctest.Wait()
			close(log)
			if first, later := <-log, <-log; first != "first" || later != "later" {
				t.Errorf("ran %q, %q", first, later)
			}
			if err := h.Start(nil); err != nil {
				t.Errorf("Start after the stop has ended by itself: %v", err)
			}
			stop(t, h)
		})
	})
}

func TestPool_StopFromACallbackNamesThatCallback(t *testing.T) {
	t.Parallel()
	h := NewPool(8)
	start(t, h)
	release := hold(t, h.Lane(State, ""), "another")
	got := make(chan error, 1)
	otherLane(t, h).Execute(named{"mine", func() { got <- h.Stop(context.Background()) }})
	err := await(t, got, "Stop")
	var stuck *StuckError
	if !errors.As(err, &stuck) || stuck.Callback != "mine" {
		t.Errorf("Stop: %v, want one that names mine", err)
	}
	release()
	stop(t, h)
}

func TestStuckError_SaysWhyAndWhat(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"handler: stop: callback get /a still runs: context canceled":                   &StuckError{"get /a", context.Canceled},
		"handler: stop: callbacks are still queued: context canceled":                   &StuckError{"", context.Canceled},
		"handler: stop: callback get /a still runs: stop called from within a callback": &StuckError{"get /a", ErrInCallback},
	} {
		if err.Error() != want {
			t.Errorf("got %q, want %q", err, want)
		}
	}
}

func TestHandler_RunningNamesTheCallback(t *testing.T) {
	forEachKind(t, func(t *testing.T, newHandler func(...Option) Handler) {
		h := newHandler()
		lane := h.Lane(Watch, "/a")
		for _, when := range []string{"before Start", "running", "after Stop"} {
			release := hold(t, lane, "watch /a")
			if got := h.Running(); got != "watch /a" {
				t.Errorf("%s: Running is %q in a callback", when, got)
			}
			release()
			if when == "before Start" {
				start(t, h)
			} else {
				stop(t, h)
			}
			if _, isLoop := h.(*Loop); isLoop && when == "before Start" {
				continue // its goroutine may not have started yet
			}
			if got := h.Running(); got != "" {
				t.Errorf("%s: Running is %q outside of callbacks", when, got)
			}
		}
	})
}

func TestHandler_NamesATaskWithoutAUsableNameByItsType(t *testing.T) {
	t.Parallel()
	if got := nameOf(fn(func() {})); got != "handler.fn" {
		t.Errorf("no String: %q", got)
	}
	if got := nameOf((*brokenName)(nil)); got != "*handler.brokenName" {
		t.Errorf("String that panics: %q", got)
	}
}

type brokenName struct{ name string }

func (b *brokenName) Run()           {}
func (b *brokenName) String() string { return b.name }
