package zkasync

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// userCalls are calls of user functions that the client waits for: the dialer, callbacks of the TLS configuration, methods
// of a handler of the user's own. Each has a goroutine of its own, so that one that panics, ends its goroutine or does not
// return harms nobody. They are rare: a few per connection.
type userCalls struct {
	mu      sync.Mutex
	seq     uint64
	running map[*userCall]struct{}
	idle    chan struct{} // closed when none runs; nil while nobody waits
}

// userCall is one call.
type userCall struct {
	calls *userCalls
	name  string
	seq   uint64
	fn    func()
	err   error // why fn did not return; read when done is closed
	done  chan struct{}
}

// errAbandoned says why a call is not waited for any longer.
var errAbandoned = errors.New("does not return though its context has ended")

// do calls fn, which goes by name, and waits until it has returned or ctx is done. The error says that it panicked, ended
// its goroutine, or is still running.
func (u *userCalls) do(ctx context.Context, name string, fn func()) error {
	c := &userCall{calls: u, name: name, fn: fn, done: make(chan struct{})}
	u.enter(c)
	go c.run()
	select {
	case <-c.done:
		return c.err
	case <-ctx.Done():
	}
	grace := time.NewTimer(abandonAfter) // it usually heeds its context and has an error of its own
	defer grace.Stop()
	select {
	case <-c.done:
		return c.err
	case <-grace.C:
		return fmt.Errorf("%s %w: %w", name, errAbandoned, ctx.Err())
	}
}

// abandonAfter is how long a call may take to notice that its context is done.
const abandonAfter = 100 * time.Millisecond

// run is the goroutine of a call; its owner is userCalls, which Close waits for.
func (c *userCall) run() {
	returned := false
	defer func() {
		switch v := recover(); {
		case v != nil:
			c.err = fmt.Errorf("%s panicked: %v\n%s", c.name, v, debug.Stack())
		case !returned:
			c.err = fmt.Errorf("%s called runtime.Goexit", c.name)
		}
		close(c.done)
		c.calls.leave(c)
	}()
	c.fn()
	returned = true
}

func (u *userCalls) enter(c *userCall) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.running == nil {
		u.running = make(map[*userCall]struct{})
	}
	u.seq++
	c.seq = u.seq
	u.running[c] = struct{}{}
}

func (u *userCalls) leave(c *userCall) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.running, c)
	if len(u.running) == 0 && u.idle != nil {
		close(u.idle)
		u.idle = nil
	}
}

// oldest returns the name of the call that has run longest, or "" if none runs.
func (u *userCalls) oldest() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.running) == 0 {
		return ""
	}
	all := make([]*userCall, 0, len(u.running))
	for c := range u.running {
		all = append(all, c)
	}
	return slices.MinFunc(all, func(a, b *userCall) int { return cmp.Compare(a.seq, b.seq) }).name
}

// wait waits until none runs, or ctx is done: then the error names one that does.
func (u *userCalls) wait(ctx context.Context) error {
	u.mu.Lock()
	if len(u.running) == 0 {
		u.mu.Unlock()
		return nil
	}
	if u.idle == nil {
		u.idle = make(chan struct{})
	}
	idle := u.idle
	u.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%s still runs: %w", u.oldest(), ctx.Err())
	}
}

// functionName names a function for humans: its name, file and line.
func functionName(fn any) string {
	f := runtime.FuncForPC(reflect.ValueOf(fn).Pointer())
	if f == nil {
		return "unknown function"
	}
	file, line := f.FileLine(f.Entry())
	return fmt.Sprintf("%s (%s:%d)", f.Name(), file, line)
}
