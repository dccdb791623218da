package zkasync

import (
	"context"
	"slices"
	"testing"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/handler"
)

// If somebody sees that a future is complete, and then completes another one, the callbacks of the second run after those of the
// first.
func TestDelivery_FollowsTheOrderOfCompletion(t *testing.T) {
	const rounds = 3000
	for name, derive := range map[string]func(*future.Future[int]) *future.Future[int]{
		"of itself":              func(f *future.Future[int]) *future.Future[int] { return f },
		"with a derived future":  func(f *future.Future[int]) *future.Future[int] { future.Settle(f); return f },
		"of the derived future":  func(f *future.Future[int]) *future.Future[int] { return future.First(f) },
		"of one with a function": func(f *future.Future[int]) *future.Future[int] { return future.Then(f, same) },
	} {
		t.Run(name, func(t *testing.T) {
			d, l := startedDelivery(t)
			ran := make(chan int, 2)
			for range rounds {
				p := future.NewPromise[int](l)
				first := derive(p.Future())
				first.OnDone(func(int, error) { ran <- 1 })
				go func() {
					_, _ = first.Get(context.Background())
					q := future.NewPromise[int](l)
					q.Resolve(2)
					q.Future().OnDone(func(int, error) { ran <- 2 })
				}()
				p.Resolve(1)
				if order := []int{<-ran, <-ran}; !slices.Equal(order, []int{1, 2}) {
					t.Fatalf("callbacks ran in the order %v", order)
				}
			}
			if err := d.stop(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func same(v int) (int, error) { return v, nil }

func startedDelivery(t *testing.T) (*delivery, *lane) {
	h := handler.NewSequential()
	if err := h.Start(nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Stop(context.Background()) })
	d := newDelivery(h, 0)
	if err := d.start(nil); err != nil {
		t.Fatal(err)
	}
	return d, newLane(d, h.Lane(handler.Completion, ""))
}

// A callback that a stopped handler runs in place may link others without a deadlock.
func TestDelivery_StoppedHandlersRunInPlace(t *testing.T) {
	h := handler.NewSequential()
	d := newDelivery(h, 0)
	l := newLane(d, h.Lane(handler.Completion, ""))
	for name, derive := range map[string]func(*future.Future[int]) *future.Future[int]{
		"one":      func(f *future.Future[int]) *future.Future[int] { return f },
		"derived":  func(f *future.Future[int]) *future.Future[int] { return future.First(f) },
		"function": func(f *future.Future[int]) *future.Future[int] { return future.Then(f, same) },
	} {
		p := future.NewPromise[int](l)
		f, calls := derive(p.Future()), 0
		f.OnDone(func(int, error) {
			calls++
			f.OnDone(func(int, error) { calls++ })
		})
		p.Resolve(1)
		if calls != 2 {
			t.Errorf("%s: %d callbacks ran, want 2", name, calls)
		}
	}
}
