package zkasync

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
)

// AfterFunc is context.AfterFunc for whoever closes the client: it has fn called on a goroutine of its own when ctx has ended, and Close
// waits for that call. Once the client is stopped, fn is not called any more for a context that has not ended by then. Contexts of
// [Client.SessionContext] have ended by then, so that nothing of theirs is forgotten, and nothing of theirs runs behind Close.
//
// Stop keeps fn from being called, and reports whether it does: false says that fn has been called or will not be. A panic of fn is logged.
// For a client that is stopped already, AfterFunc is context.AfterFunc.
func (c *Client) AfterFunc(ctx context.Context, fn func()) (stop func() bool) {
	return c.pauses.watch(orBackground(ctx), fn)
}

// ending is a function that waits for the end of a context.
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

// run runs when the context has ended.
func (e *ending) run() {
	defer e.ps.release() // also when fn ends this goroutine
	e.ps.mu.Lock()
	delete(e.ps.endings, e)
	e.ps.mu.Unlock()
	e.call()
}

func (e *ending) call() {
	defer func() {
		if v := recover(); v != nil {
			slog.Error("zkasync: callback panicked", "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
		}
	}()
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

// stopEndingsLocked forgets those whose contexts have not ended.
func (ps *pauses) stopEndingsLocked() {
	for e := range ps.endings {
		delete(ps.endings, e)
		if e.unwatch() {
			ps.releaseLocked(1)
		}
	}
}
