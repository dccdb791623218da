package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrNoAnswer is what Settle returns when its wait for the oldest request has exceeded the window's patience.
var ErrNoAnswer = errors.New("the server has not answered")

// Future is what a window waits for; *future.Future[T] is one.
type Future[T any] interface {
	Get(ctx context.Context) (T, error)
	Ready() bool
}

// Window holds requests in flight: no more than depth of them, with costs of no more than budget bytes in all. An empty
// window takes any request, so that one which costs more than the budget can be made too. A Window must be used by one
// goroutine only.
type Window struct {
	depth    int
	budget   int64
	patience time.Duration
	held     int64
	pending  []entry // oldest first
}

type entry struct {
	label string
	cost  int64
	ready func() bool
	wait  func(ctx context.Context) // waits until it is ready or ctx ends
	then  func()                    // takes the answer, once it is ready
}

// New returns an empty window. patience is how long Settle waits for one answer.
func New(depth int, budget int64, patience time.Duration) *Window {
	return &Window{depth: depth, budget: budget, patience: patience}
}

// Len returns the number of requests in flight.
func (w *Window) Len() int { return len(w.pending) }

// Fits reports whether one more request of this cost may be added.
func (w *Window) Fits(cost int64) bool {
	return len(w.pending) == 0 || len(w.pending) < w.depth && w.held+cost <= w.budget
}

// Labels returns the labels of the requests in flight, oldest first.
func (w *Window) Labels() []string {
	labels := make([]string, len(w.pending))
	for i, e := range w.pending {
		labels[i] = e.label
	}
	return labels
}

// Add adds a request that has just been made. Settle will call then with its answer. then may add further requests without
// asking Fits, since the first of them takes the place of the request that has just been answered.
func Add[T any](w *Window, label string, cost int64, f Future[T], then func(T, error)) {
	w.held += cost
	w.pending = append(w.pending, entry{
		label: label,
		cost:  cost,
		ready: f.Ready,
		wait:  func(ctx context.Context) { _, _ = f.Get(ctx) },
		then:  func() { then(f.Get(context.Background())) },
	})
}

// Settle waits for the answer to the oldest request and hands it over. If ctx or the window's patience ends first, the
// request stays in the window, and the error tells which of the two it was.
func (w *Window) Settle(ctx context.Context) error {
	if len(w.pending) == 0 {
		return nil
	}
	oldest := w.pending[0]
	if !oldest.ready() {
		waiting, stop := context.WithTimeout(ctx, w.patience)
		oldest.wait(waiting)
		stop()
	}
	if !oldest.ready() {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return fmt.Errorf("%w for %v", ErrNoAnswer, w.patience)
	}
	w.pending[0] = entry{} // release the memory that the entry refers to
	w.pending = w.pending[1:]
	w.held -= oldest.cost
	oldest.then()
	return nil
}

// SettleAll settles until nothing is in flight, including requests that are added meanwhile.
func (w *Window) SettleAll(ctx context.Context) error {
	for len(w.pending) > 0 {
		if err := w.Settle(ctx); err != nil {
			return err
		}
	}
	return nil
}
