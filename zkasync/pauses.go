package zkasync

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/zkasync/zkasync-go/internal/session"
)

// pauses are the waits before repetitions. Each takes no goroutine, only a timer.
type pauses struct {
	logger *slog.Logger // for panics; nil: the default one

	mu      sync.Mutex
	stopped bool
	seq     uint64
	waiting map[*pause]struct{}
	endings map[*ending]struct{} // functions that wait for the end of a context
	pending int                  // timers and contexts that may still call; includes calls in progress
	idle    chan struct{}        // made by stop, closed when pending is 0
}

// pause is one wait.
type pause struct {
	ps      *pauses
	seq     uint64
	then    func(error)
	timer   *time.Timer
	unwatch func() bool
}

// leastDrain is the time that callbacks get in any case, even after the close timeout.
const leastDrain = 100 * time.Millisecond

// open allows new pauses.
func (ps *pauses) open() {
	ps.mu.Lock()
	ps.stopped, ps.idle = false, nil
	ps.mu.Unlock()
}

// add calls then once: with nil after d, with the context's error if ctx is done before, or with ErrClosed if the client
// stops. The call has a goroutine of its own, or, in the last case, runs on the one that stops the client or calls add.
func (ps *pauses) add(ctx context.Context, d time.Duration, then func(error)) {
	ps.mu.Lock()
	if ps.stopped {
		ps.mu.Unlock()
		then(ErrClosed)
		return
	}
	ps.seq++
	p := &pause{ps: ps, seq: ps.seq, then: then}
	if ps.waiting == nil {
		ps.waiting = make(map[*pause]struct{})
	}
	ps.waiting[p] = struct{}{}
	ps.pending += 2
	p.timer = time.AfterFunc(d, func() { p.end(nil) })
	p.unwatch = context.AfterFunc(orBackground(ctx), func() { p.end(ctx.Err()) })
	ps.mu.Unlock()
}

// end runs when the time is over or the context is done, whichever comes first, and may run twice.
func (p *pause) end(why error) {
	ps := p.ps
	defer ps.release() // even if Retry's operation ends this goroutine
	ps.mu.Lock()
	_, first := ps.waiting[p]
	if first {
		p.disarmLocked()
	}
	ps.mu.Unlock()
	if first {
		p.call(why)
	}
}

// call calls then. Futures completed by it may have callbacks that run in place, if they are no client's.
func (p *pause) call(why error) {
	defer p.ps.reportPanic()
	p.then(why)
}

// reportPanic is to be deferred.
func (ps *pauses) reportPanic() {
	if v := recover(); v != nil {
		cmp.Or(ps.logger, slog.Default()).Error("zkasync: callback panicked", "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
	}
}

func (ps *pauses) release() {
	ps.mu.Lock()
	ps.releaseLocked(1)
	ps.mu.Unlock()
}

// disarmLocked ends the wait; a call in progress continues.
func (p *pause) disarmLocked() {
	delete(p.ps.waiting, p)
	if p.timer.Stop() {
		p.ps.releaseLocked(1)
	}
	if p.unwatch() {
		p.ps.releaseLocked(1)
	}
}

func (ps *pauses) releaseLocked(n int) {
	ps.pending -= n
	if ps.pending == 0 && ps.idle != nil {
		close(ps.idle)
		ps.idle = nil
	}
}

// stop ends all pauses with ErrClosed, in the order in which they started, and refuses others. It does not wait for calls in
// progress.
func (ps *pauses) stop() resting {
	ps.mu.Lock()
	ps.stopped = true
	done := make(chan struct{})
	ps.idle = done
	hit := make([]*pause, 0, len(ps.waiting))
	for p := range ps.waiting {
		hit = append(hit, p)
	}
	ps.pending++ // so that idle waits for this call
	for _, p := range hit {
		p.disarmLocked()
	}
	ps.stopEndingsLocked()
	ps.mu.Unlock()
	slices.SortFunc(hit, func(a, b *pause) int { return cmp.Compare(a.seq, b.seq) })
	ended := make(chan struct{})
	go ps.endAll(hit, ended)
	select {
	case <-ended:
	case <-time.After(session.Stall): // a user function holds it up; resting tells when it is over
	}
	return done
}

// endAll ends pauses one after the other, for stop. It continues even if a user function ends its goroutine.
func (ps *pauses) endAll(hit []*pause, ended chan<- struct{}) {
	returned := false
	defer func() {
		if !returned {
			ps.endAll(hit, ended)
		}
	}()
	for len(hit) > 0 {
		p := hit[0]
		hit = hit[1:]
		p.call(ErrClosed)
	}
	returned = true
	ps.release()
	close(ended)
}

// resting is closed when no call of the pauses is in progress.
type resting <-chan struct{}

// wait waits for that, at most until end.
func (c resting) wait(end time.Time) error {
	t := time.NewTimer(max(time.Until(end), leastDrain))
	defer t.Stop()
	select {
	case <-c:
		return nil
	case <-t.C:
		return errors.New("zkasync: close: a function given to Retry or AfterFunc still runs")
	}
}
