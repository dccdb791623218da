package handler

import (
	"fmt"
	"sync"
	"testing"
)

const (
	producers   = 4
	perProducer = 25_000
)

func TestHandler_KeepsTheOrderOfEachProducer(t *testing.T) {
	forEachKind(t, func(t *testing.T, newHandler func(...Option) Handler) {
		h := newHandler()
		start(t, h)
		lane := h.Lane(Watch, "/path")
		var next [producers]int // not atomic: tasks of a lane run one at a time
		var wg sync.WaitGroup
		for p := range producers {
			wg.Go(func() {
				for i := range perProducer {
					lane.Execute(fn(func() {
						if next[p] != i {
							t.Errorf("producer %d: task %d ran when %d was next", p, i, next[p])
						}
						next[p] = i + 1
					}))
				}
			})
		}
		wg.Wait()
		stop(t, h)
		for p, n := range next {
			if n != perProducer {
				t.Errorf("producer %d: %d tasks ran, want %d", p, n, perProducer)
			}
		}
	})
}

func TestHandler_KeepsTheOrderAcrossProducers(t *testing.T) {
	forEachKind(t, func(t *testing.T, newHandler func(...Option) Handler) {
		h := newHandler()
		start(t, h)
		lane := h.Lane(Completion, "/path")
		var mu sync.Mutex
		var issued int
		var ran []int
		var wg sync.WaitGroup
		for range producers {
			wg.Go(func() {
				for range perProducer {
					mu.Lock()
					i := issued
					issued++
					lane.Execute(fn(func() { ran = append(ran, i) }))
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		stop(t, h)
		if len(ran) != producers*perProducer {
			t.Fatalf("%d tasks ran, want %d", len(ran), producers*perProducer)
		}
		for i, got := range ran {
			if got != i {
				t.Fatalf("task %d ran in place %d", got, i)
			}
		}
	})
}

func TestHandler_RunsNestedTasksAfterTheCurrentOne(t *testing.T) {
	forEachKind(t, func(t *testing.T, newHandler func(...Option) Handler) {
		for _, when := range []string{"running", "not running"} {
			h := newHandler()
			if when == "running" {
				start(t, h)
			}
			lane := h.Lane(State, "")
			var log []string
			note := func(s string) { log = append(log, s) }
			done := make(chan struct{})
			lane.Execute(fn(func() {
				note("a begins")
				lane.Execute(fn(func() {
					note("b")
					lane.Execute(fn(func() { note("d"); close(done) }))
				}))
				lane.Execute(fn(func() { note("c") }))
				note("a ends")
			}))
			await(t, done, "the last task")
			stop(t, h)
			if got, want := fmt.Sprint(log), "[a begins a ends b c d]"; got != want {
				t.Errorf("%s: ran %s, want %s", when, got, want)
			}
		}
	})
}

func TestHandler_LaneIsTheSameForOneOrder(t *testing.T) {
	t.Parallel()
	one := func(t *testing.T, h Handler) {
		for _, kind := range []Kind{Completion, Watch, State} {
			if h.Lane(kind, "/a") != h.Lane(Completion, "") {
				t.Errorf("%v has a lane of its own", kind)
			}
		}
	}
	one(t, NewSequential())
	one(t, NewInline())
	one(t, NewLoop())

	two := NewSequential(WithTwoQueues())
	if two.Lane(Completion, "/a") == two.Lane(Watch, "/a") {
		t.Error("two queues: completions and watches share a lane")
	}
	if two.Lane(State, "") != two.Lane(Watch, "/a") {
		t.Error("two queues: states and watches have different lanes")
	}
}

func TestKind_String(t *testing.T) {
	t.Parallel()
	got := fmt.Sprint(Completion, Watch, State, Kind(9))
	if want := "completion watch state Kind(9)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
