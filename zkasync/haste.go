package zkasync

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/handler"
)

// haste handles state changes that wait behind delivered functions. They wait their turn, but not forever: if a function
// holds them up for too long, they bypass it and go to the handler, in their own order. The holder of a lock has to learn
// in time that it is lost.
type haste struct {
	patience time.Duration

	stalled atomic.Bool // a change has bypassed the running function, so the next need not wait for it

	mu      sync.Mutex
	waiting []*urgent
	timer   *time.Timer   // fires when the oldest has waited long enough; nil: none waits
	hurry   chan struct{} // not nil while a goroutine hands over the waiting ones; closed at its end
}

// urgent is a state change on its way to a listener.
type urgent struct {
	h    *haste
	to   handler.Lane
	task future.Task
}

// executeState is Execute for a state change.
func (l *lane) executeState(task future.Task) {
	task = l.d.timed(task)
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

// Run is the change's turn. It does nothing if the change has bypassed the queue, or is about to.
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

// takePast runs when a change has waited long enough: it hands over all that wait. This is the only place where a change
// may overtake what should come before it.
func (h *haste) takePast() {
	h.mu.Lock()
	if h.hurry != nil || len(h.waiting) == 0 {
		h.mu.Unlock()
		return // they got their turn at the last moment
	}
	h.stalled.Store(true)
	h.timer, h.hurry = nil, make(chan struct{})
	h.mu.Unlock()
	h.handOver()
}

// handOver hands over until nothing waits, even if a callback that runs in place ends the goroutine.
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

// calm records that a function has returned.
func (h *haste) calm() {
	if h.stalled.Load() {
		h.stalled.Store(false)
	}
}

// stop waits for a goroutine that is handing over, if there is one.
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

// patience returns how long a state change waits for functions: a small part of the session timeout.
func patience(session time.Duration) time.Duration {
	return min(max(session/10, 10*time.Millisecond), time.Second)
}
