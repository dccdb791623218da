package zkasync

import (
	"context"
)

// ending is a function to be called when a context is done.
type ending struct {
	ps      *pauses
	fn      func()
	unwatch func() bool // guarded by pauses.mu until watch has returned
}

func (ps *pauses) watch(ctx context.Context, fn func()) (stop func() bool) {
	e := &ending{ps: ps, fn: fn}
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.stopped {
		return context.AfterFunc(ctx, e.call)
	}
	if ps.endings == nil {
		ps.endings = make(map[*ending]struct{})
	}
	ps.endings[e] = struct{}{}
	ps.pending++
	e.unwatch = context.AfterFunc(ctx, e.run)
	return e.stop
}

// run runs when the context is done.
func (e *ending) run() {
	defer e.ps.release() // also when fn ends this goroutine
	e.ps.mu.Lock()
	delete(e.ps.endings, e)
	e.ps.mu.Unlock()
	e.call()
}

func (e *ending) call() {
	defer e.ps.reportPanic()
	e.fn()
}

func (e *ending) stop() bool {
	if !e.unwatch() {
		return false
	}
	e.ps.mu.Lock()
	defer e.ps.mu.Unlock()
	delete(e.ps.endings, e)
	e.ps.releaseLocked(1)
	return true
}

// stopEndingsLocked drops those whose contexts are not done.
func (ps *pauses) stopEndingsLocked() {
	for e := range ps.endings {
		delete(ps.endings, e)
		if e.unwatch() {
			ps.releaseLocked(1)
		}
	}
}
