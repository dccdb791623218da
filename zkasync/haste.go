package zkasync

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/handler"
)

// haste is for changes of the state that wait behind functions of the delivery's. They take their turn, but not for ever:
// when a function holds them up for longer than is good, they go to the handler past it, in their own order. Whoever holds
// a lock has to hear in time that it is lost.
type haste struct {
	patience time.Duration

	stalled atomic.Bool // a change went past the function that runs, so the next need not wait for it

	mu      sync.Mutex
	waiting []*urgent
	timer   *time.Timer   // runs out when the oldest has waited long enough; nil: none waits
	hurry   chan struct{} // not nil while a goroutine takes the waiting ones past; closed at its end
}

// urgent is a change of the state on its way to a listener.
type urgent struct {
	h    *haste
	to   handler.Lane
	task future.Task
}

// executeState is Execute for a change of the state.
func (l *lane) executeState(task future.Task) {
	l.d.pass()
	if l.d.direct && l.d.pending.Load() == 0 {
		l.to.Execute(task)
		return
	}
	u := &urgent{h: &l.d.haste, to: l.to, task: task}
	u.h.add(u)
	l.d.add(nil, u)
}

func (h *haste) add(u *urgent) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.waiting = append(h.waiting, u)
	if h.timer != nil || h.hurry != nil {
		return
	}
	patience := h.patience
	if h.stalled.Load() {
		patience = 0
	}
	h.timer = time.AfterFunc(patience, h.takePast)
}

// Run is the change's turn. It does nothing when it was taken past, or is about to be.
func (u *urgent) Run() {
	if u.h.isNext(u) {
		u.to.Execute(u.task)
	}
}

// String names the callback.
func (u *urgent) String() string { return (&delivered{task: u.task}).String() }

func (h *haste) isNext(u *urgent) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.hurry != nil || len(h.waiting) == 0 || h.waiting[0] != u {
		return false
	}
	h.waiting = h.waiting[1:]
	if len(h.waiting) == 0 && h.timer != nil {
		h.timer.Stop()
		h.timer = nil
	}
	return true
}

// takePast runs when a change has waited long enough: it hands over all that wait. Only here may a change overtake what
// was to come before it.
func (h *haste) takePast() {
	h.mu.Lock()
	if h.hurry != nil || len(h.waiting) == 0 {
		h.mu.Unlock()
		return // they had their turn at the last moment
	}
	h.stalled.Store(true)
	h.timer, h.hurry = nil, make(chan struct{})
	h.mu.Unlock()
	h.handOver()
}

// handOver hands over until nothing waits, also when a callback that runs in place ends the goroutine.
func (h *haste) handOver() {
	returned := false
	defer func() {
		if !returned {
			h.handOver()
		}
	}()
	for u := h.next(); u != nil; u = h.next() {
		u.to.Execute(u.task)
	}
	returned = true
}

func (h *haste) next() *urgent {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.waiting) == 0 {
		close(h.hurry)
		h.hurry = nil
		return nil
	}
	u := h.waiting[0]
	h.waiting = h.waiting[1:]
	return u
}

// calm notes that a function has returned.
func (h *haste) calm() {
	if h.stalled.Load() {
		h.stalled.Store(false)
	}
}

// stop waits for the end of a goroutine that hands over.
func (h *haste) stop(ctx context.Context) error {
	h.mu.Lock()
	hurry := h.hurry
	h.mu.Unlock()
	if hurry == nil {
		return nil
	}
	select {
	case <-hurry:
		return nil
	case <-ctx.Done():
		return &handler.StuckError{Err: ctx.Err()}
	}
}

// patience is how long a change of the state waits for functions: little of the session's life.
func patience(session time.Duration) time.Duration {
	return min(max(session/10, 10*time.Millisecond), time.Second)
}
