package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrNoAnswer is what Settle returns when the oldest request has had no answer for the whole of the window's patience.
var ErrNoAnswer = errors.New("the server has not answered")

// Future is what a window waits for; *future.Future[T] is one.
type Future[T any] interface {
	Get(ctx context.Context) (T, error)
	Ready() bool
}

// Window holds requests in flight: no more than depth of them, which stand for no more than budget bytes, save that
// a single larger one is let in alone. It belongs to one goroutine.
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
	wait  func(ctx context.Context) // until ready or the end of ctx
	then  func()                    // once ready
}

// New gives an empty window. Patience is how long Settle waits for one answer.
func New(depth int, budget int64, patience time.Duration) *Window {
	return &Window{depth: depth, budget: budget, patience: patience}
}

// Len gives the number of requests in flight.
func (w *Window) Len() int { return len(w.pending) }

// Fits reports whether one more request of this cost may be added.
func (w *Window) Fits(cost int64) bool {
	return len(w.pending) == 0 || len(w.pending) < w.depth && w.held+cost <= w.budget
}

// Labels names the requests in flight, oldest first.
func (w *Window) Labels() []string {
	labels := make([]string, len(w.pending))
	for i, e := range w.pending {
		labels[i] = e.label
	}
	return labels
}

// Add puts a request in flight at the end. Settle calls then with its answer; then may add further requests, which count
// but are not held back, since each takes the place of the one just settled.
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

// Settle waits for the oldest request and hands over its answer. When ctx or the window's patience ends first, the request
// stays in the window and the error says which it was.
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
	w.pending[0] = entry{} // let go of what the entry holds
	w.pending = w.pending[1:]
	w.held -= oldest.cost
	oldest.then()
	return nil
}

// SettleAll settles until nothing is in flight, also what the answers add.
func (w *Window) SettleAll(ctx context.Context) error {
	for len(w.pending) > 0 {
		if err := w.Settle(ctx); err != nil {
			return err
		}
	}
	return nil
}
