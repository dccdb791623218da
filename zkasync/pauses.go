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

// pauses are the waits before repetitions. They take no goroutine, only a timer each.
type pauses struct {
	logger *slog.Logger // for what panics; nil: the default one

	mu      sync.Mutex
	stopped bool
	seq     uint64
	waiting map[*pause]struct{}
	endings map[*ending]struct{} // functions that wait for the end of a context
	pending int                  // timers and contexts that may still call; a call that runs counts
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

// leastDrain is the time that callbacks get in any case, within the close timeout or not.
const leastDrain = 100 * time.Millisecond

// open lets pauses begin.
func (ps *pauses) open() {
	ps.mu.Lock()
	ps.stopped, ps.idle = false, nil
	ps.mu.Unlock()
}

// add has then called once: with nil after d, with the context's error when that ends before, or with ErrClosed when the
// client stops. It runs on a goroutine of its own, in the last case on the one that stops the client or calls add.
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

// end runs when the time is over or the context has ended, whichever comes first, and perhaps again.
func (p *pause) end(why error) {
	ps := p.ps
	defer ps.release() // also when what Retry was given ends this goroutine
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

// call calls then. What that completes may have callbacks that run in place, if it is no client's.
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

// disarmLocked ends the wait; what has begun to call goes on.
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

// stop ends all pauses with ErrClosed, in the order in which they began, and refuses others. It does not wait for what runs.
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
	case <-time.After(session.Stall): // something of the user's holds it up; resting tells when it is over
	}
	return done
}

// endAll ends pauses one after the other, for stop. It goes on when something of the user's ends its goroutine.
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

// resting is closed when nothing of the pauses runs any more.
type resting <-chan struct{}

// wait waits for that until end, at the most.
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
