package handler

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// Producers continue while the handler is started and stopped over and over, so that
// tasks arrive at every moment of a change between dispatcher, loop and caller.
func TestHandler_StormOfStartsAndStopsRunsEachTaskOnce(t *testing.T) {
	forEachKind(t, func(t *testing.T, newHandler func(...Option) Handler) {
		const tasks = 5_000
		h := newHandler()
		if l, ok := h.(*Loop); ok {
			drive(t, l)
		}
		// The counters of a lane are not atomic: the race detector notices two tasks at once.
		type counts struct {
			runs   [producers][tasks]int
			nested int
		}
		lanes := map[Lane]*counts{}
		kinds := []Kind{Completion, Watch}
		for _, kind := range kinds {
			lanes[h.Lane(kind, "/a")] = &counts{}
		}
		var inside atomic.Int32
		var producing, cycling sync.WaitGroup
		for p := range producers {
			lane := h.Lane(kinds[p%len(kinds)], "/a")
			c := lanes[lane]
			producing.Go(func() {
				for i := range tasks {
					lane.Execute(fn(func() {
						if n := inside.Add(1); len(lanes) == 1 && n != 1 {
							t.Errorf("%d tasks run at once", n)
						}
						c.runs[p][i]++
						lane.Execute(fn(func() { c.nested++ }))
						inside.Add(-1)
					}))
				}
			})
		}
		quit := make(chan struct{})
		cycles := 0
		cycling.Go(func() {
			for {
				select {
				case <-quit:
					return
				default:
				}
				if err := h.Start(nil); err != nil {
					t.Errorf("Start: %v", err)
				}
				stop(t, h)
				cycles++
			}
		})
		producing.Wait()
		close(quit)
		cycling.Wait()
		stop(t, h)

		nested := 0
		for _, c := range lanes {
			nested += c.nested
		}
		for p := range producers {
			c := lanes[h.Lane(kinds[p%len(kinds)], "/a")]
			for i, n := range c.runs[p] {
				if n != 1 {
					t.Fatalf("task %d of producer %d ran %d times", i, p, n)
				}
			}
		}
		if nested != producers*tasks {
			t.Errorf("%d nested tasks ran, want %d", nested, producers*tasks)
		}
		if cycles == 0 {
			t.Error("the handler was never started while tasks came")
		}
	})
}

func TestHandler_NotRunningRunsTasksOnTheCaller(t *testing.T) {
	forEachKind(t, func(t *testing.T, newHandler func(...Option) Handler) {
		h := newHandler()
		check := func(when string) {
			ran := false
			h.Lane(Completion, "/a").Execute(fn(func() { ran = h.InCallback() }))
			if !ran {
				t.Errorf("%s: Execute returned and the task had not run", when)
			}
		}
		check("before Start")
		start(t, h)
		stop(t, h)
		check("after Stop")
	})
}

func TestHandler_StartTakesOverFromTheCaller(t *testing.T) {
	forEachKind(t, func(t *testing.T, newHandler func(...Option) Handler) {
		h := newHandler()
		lane := h.Lane(Completion, "/a")
		release := hold(t, lane, "first")
		start(t, h)
		// The first task is still running, so the second must wait; then it blocks the goroutine
		// that runs it. Release returns unless that goroutine is the caller of the first (Inline
		// has no other).
		ran, again := make(chan struct{}), make(chan struct{})
		lane.Execute(fn(func() {
			close(ran)
			<-again
		}))
		select {
		case <-ran:
			t.Error("two tasks run at once")
		default:
		}
		if _, isInline := h.(*inline); isInline {
			close(again)
			release()
			await(t, ran, "the second task")
		} else {
			release()
			await(t, ran, "the second task")
			close(again)
		}
		stop(t, h)
	})
}

func TestHandler_StopRunsWhatTasksQueue(t *testing.T) {
	forEachKind(t, func(t *testing.T, newHandler func(...Option) Handler) {
		synctest.Test(t, func(t *testing.T) {
			h := newHandler()
			start(t, h)
			lane := h.Lane(Completion, "/a")
			release := hold(t, lane, "first")
			ran := 0
			var next fn
			next = func() {
				if ran++; ran < 1000 {
					lane.Execute(next)
				}
			}
			lane.Execute(next)
			stopped := make(chan struct{})
			go func() {
				defer close(stopped)
				stop(t, h)
			}()
			synctest.Wait() // Stop waits for the first task
			release()
			await(t, stopped, "Stop")
			if ran != 1000 {
				t.Errorf("%d tasks ran, want 1000", ran)
			}
		})
	})
}

func TestHandler_AllStopsWaitForTheSameEnd(t *testing.T) {
	forEachKind(t, func(t *testing.T, newHandler func(...Option) Handler) {
		synctest.Test(t, func(t *testing.T) {
			h := newHandler()
			start(t, h)
			release := hold(t, h.Lane(State, ""), "slow")
			var returned atomic.Int32
			var wg sync.WaitGroup
			for range 16 {
				wg.Go(func() {
					stop(t, h)
					returned.Add(1)
				})
			}
			synctest.Wait()
			h.Lane(State, "").Execute(fn(func() {
				if n := returned.Load(); n > 0 {
					t.Errorf("%d stops returned while a callback ran", n)
				}
			}))
			release()
			wg.Wait()
			stop(t, h)
		})
	})
}

func TestHandler_StopOfOneThatDoesNotRunDoesNothing(t *testing.T) {
	forEachKind(t, func(t *testing.T, newHandler func(...Option) Handler) {
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		h := newHandler()
		if err := h.Stop(ended); err != nil {
			t.Errorf("before Start: %v", err)
		}
		start(t, h)
		stop(t, h)
		if err := h.Stop(ended); err != nil {
			t.Errorf("after Stop: %v", err)
		}
		h.Lane(Watch, "/a").Execute(fn(func() {
			if err := h.Stop(ended); err != nil {
				t.Errorf("in a callback after Stop: %v", err)
			}
		}))
	})
}

func TestHandler_StartRefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	for want, h := range map[string]Handler{
		"handler: NewPool(0): the number of workers must be at least 1":  NewPool(0),
		"handler: NewPool(-1): the number of workers must be at least 1": NewPool(-1, WithTwoQueues()),
		"handler: WithTwoQueues: only NewSequential takes it":            NewPool(1, WithTwoQueues()),
		"handler: WithTwoQueues: only NewSequential takes it, too":       NewInline(WithTwoQueues()),
		"handler: WithTwoQueues: only NewSequential takes it, as well":   NewLoop(WithTwoQueues(), nil),
	} {
		err := h.Start(nil)
		if err == nil || len(want) < len(err.Error()) || want[:len(err.Error())] != err.Error() {
			t.Errorf("got %v, want %s", err, want)
		}
		ran := false
		h.Lane(Watch, "/a").Execute(fn(func() { ran = true }))
		if !ran {
			t.Errorf("%v: tasks do not run", err)
		}
		stop(t, h)
	}
}

func TestHandler_StartRefusesASecondClient(t *testing.T) {
	forEachKind(t, func(t *testing.T, newHandler func(...Option) Handler) {
		h := newHandler()
		start(t, h)
		if err := h.Start(nil); !errors.Is(err, ErrRunning) {
			t.Errorf("second Start: %v, want ErrRunning", err)
		}
		stop(t, h)
		if err := h.Start(nil); err != nil {
			t.Errorf("Start after Stop: %v", err)
		}
		stop(t, h)
	})
}
