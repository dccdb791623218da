package handler

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
)

// otherLane returns a lane of h other than that of the states.
func otherLane(t *testing.T, h Handler) Lane {
	t.Helper()
	for i := range 1000 {
		if lane := h.Lane(Watch, fmt.Sprintf("/path-%d", i)); lane != h.Lane(State, "") {
			return lane
		}
	}
	t.Fatal("all paths have the lane of the states")
	return nil
}

func TestPool_KeepsTheOrderOfEachPath(t *testing.T) {
	t.Parallel()
	const paths, tasks = 50, 400
	h := NewPool(4)
	start(t, h)
	var next [paths]int
	var wg sync.WaitGroup
	for p := range paths {
		wg.Go(func() {
			path := fmt.Sprintf("/service/%d", p)
			for i := range tasks {
				// Both kinds of one path: a watch event and a result keep their order too.
				h.Lane(Kind(i%2), path).Execute(fn(func() {
					if next[p] != i {
						t.Errorf("%s: task %d ran when %d was next", path, i, next[p])
					}
					next[p]++
				}))
			}
		})
	}
	wg.Wait()
	stop(t, h)
	for p, n := range next {
		if n != tasks {
			t.Errorf("path %d: %d tasks ran, want %d", p, n, tasks)
		}
	}
}

func TestPool_RunsDifferentPathsAtTheSameTime(t *testing.T) {
	t.Parallel()
	h := NewPool(4)
	start(t, h)
	release := hold(t, h.Lane(State, ""), "state")
	ran := make(chan struct{})
	otherLane(t, h).Execute(fn(func() { close(ran) }))
	await(t, ran, "a task of another path")
	release()
	stop(t, h)
}

func TestPool_UsesAllWorkers(t *testing.T) {
	t.Parallel()
	h := NewPool(4)
	lanes := map[Lane]int{}
	states := h.Lane(State, "")
	for i := range 1000 {
		path := fmt.Sprintf("/path-%d", i)
		lanes[h.Lane(Completion, path)]++
		if h.Lane(State, path) != states {
			t.Fatalf("the states have several lanes, one for %s", path)
		}
	}
	if len(lanes) != 4 {
		t.Errorf("1000 paths use %d of 4 workers", len(lanes))
	}
	for _, kind := range []Kind{Completion, Watch, State} {
		if h.Lane(kind, "") != states {
			t.Errorf("%v without a path is not in the order of the states", kind)
		}
	}
}

// A stop must not let the idle worker end while another still runs a task: what that
// task queues would then run on the wrong goroutine, inside the task.
func TestPool_StopLetsWorkersQueueForEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := NewPool(8)
		start(t, h)
		here, there := h.Lane(State, ""), otherLane(t, h)
		release := hold(t, here, "first")
		go stop(t, h)
		synctest.Wait() // Stop waits for the first task
		lock, hops := make(chan struct{}, 1), 0
		var hop func(from, to Lane) fn
		hop = func(from, to Lane) fn {
			return func() {
				lock <- struct{}{} // forever, if the goroutine that queued this task runs it
				if hops++; hops < 1000 {
					to.Execute(hop(to, from))
				}
				<-lock
			}
		}
		here.Execute(hop(here, there))
		release()
		stop(t, h)
		if hops != 1000 {
			t.Errorf("%d tasks ran, want 1000", hops)
		}
	})
}
