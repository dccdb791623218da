package handler

import (
	"fmt"
	"log/slog"
)

// Panic describes a callback that panicked, or called runtime.Goexit.
type Panic struct {
	Value    any    // what it panicked with; ErrGoexit for runtime.Goexit
	Stack    []byte // the stack of its goroutine, as debug.Stack gives it
	Callback string // its name
}

// report logs p and calls the hook. Both run user code, so neither may end the
// sequence: a panic in the logger is dropped, since there is nowhere left to report it.
func (c *core) report(p Panic) {
	c.log("handler: callback panicked", p)
	if c.opts.hook == nil {
		return
	}
	defer func() {
		if v := recover(); v != nil {
			c.log("handler: panic hook panicked", Panic{Value: v, Stack: p.Stack, Callback: p.Callback})
		}
	}()
	c.opts.hook(p)
}

func (c *core) log(message string, p Panic) {
	defer func() { _ = recover() }()
	c.logger().Error(message,
		slog.String("callback", p.Callback),
		slog.String("panic", fmt.Sprint(p.Value)),
		slog.String("stack", string(p.Stack)))
}

func (c *core) logger() *slog.Logger {
	if c.opts.logger != nil {
		return c.opts.logger
	}
	c.mu.Lock()
	logger := c.startLogger
	c.mu.Unlock()
	if logger != nil {
		return logger
	}
	return slog.Default()
}

// nameOf returns the name of a task. String is user code and may panic.
func nameOf(task Task) (name string) {
	defer func() {
		if recover() != nil {
			name = fmt.Sprintf("%T", task)
		}
	}()
	if s, ok := task.(fmt.Stringer); ok {
		return s.String()
	}
	return fmt.Sprintf("%T", task)
}
