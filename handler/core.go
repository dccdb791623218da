package handler

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
)

// phase is a stage of a handler's life.
type phase uint8

const (
	idle     phase = iota // not started, or stopped: callers run the tasks
	running               // tasks run the way of the handler's kind
	stopping              // like running, until nothing is left
)

// core is the common part of all handlers. They differ in the number of queues, in
// what drives these, and in the choice of the lane.
//
// One lock guards all queues, because whether a stop is complete depends on all of
// them at once: a task in one may queue for another. The lock is held for a few
// nanoseconds per task, and the tasks of a client come from one goroutine, its reader.
type core struct {
	style  driver // who runs tasks while the handler runs
	byPath bool   // lanes depend on paths
	opts   options
	err    error // what is wrong with the constructor's arguments
	queues []queue

	mu          sync.Mutex
	phase       phase
	busy        int // queues whose baton is out
	startLogger *slog.Logger
	life        *life // of the latest Start; nil before the first
}

// life is the time from a Start to the end of its Stop.
type life struct {
	alive int           // goroutines not yet ended; guarded by core.mu
	done  chan struct{} // closed when the stop is complete and the last goroutine ends
}

// setUp initializes c with n queues. err is what is wrong with the arguments.
func (c *core) setUp(style driver, n int, o options, err error) {
	c.style, c.opts, c.err = style, o, err
	c.queues = make([]queue, n)
	last := lastID.Add(uint64(n))
	for i := range c.queues {
		q := &c.queues[i]
		q.core, q.id = c, last-uint64(n-1-i)
	}
}

// check implements Handler.
func (c *core) check() error { return c.err }

// noTwoQueues returns an error if the options include WithTwoQueues, for handlers that do not support it.
func (o options) noTwoQueues() error {
	if o.twoQueues {
		return fmt.Errorf("handler: WithTwoQueues: only NewSequential takes it")
	}
	return nil
}

// driverLocked returns what runs tasks at the moment.
func (c *core) driverLocked() driver {
	if c.phase == idle {
		return byCaller
	}
	return c.style
}

// Start implements Handler.
func (c *core) Start(logger *slog.Logger) error {
	if c.err != nil {
		return c.err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch c.phase {
	case running:
		return ErrRunning
	case stopping:
		return fmt.Errorf("%w (it is still stopping)", ErrRunning)
	}
	c.phase = running
	c.startLogger = logger
	c.life = &life{done: make(chan struct{})}
	if c.style == byWorker {
		for i := range c.queues {
			q := &c.queues[i]
			q.wake = make(chan struct{}, 1)
			c.life.alive++
			go q.dispatch(c.life, q.wake)
		}
	}
	return nil
}

// Stop implements Handler.
func (c *core) Stop(ctx context.Context) error {
	ctx = orBackground(ctx)
	l := c.beginStop()
	if l == nil {
		return nil
	}
	select {
	case <-l.done:
		return nil
	default:
	}
	if q := c.onStack(); q != nil {
		return &StuckError{Callback: q.running(), Err: ErrInCallback}
	}
	select {
	case <-l.done:
		return nil
	case <-ctx.Done():
		return &StuckError{Callback: c.Running(), Err: ctx.Err()}
	}
}

// orBackground replaces a nil context with Background, as everywhere in this module.
func orBackground(ctx context.Context) context.Context {
	if ctx == nil {
		return context.Background()
	}
	return ctx
}

// beginStop makes sure that the latest life is ending, and returns it.
func (c *core) beginStop() *life {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase != running {
		return c.life
	}
	c.phase = stopping
	for i := range c.queues {
		q := &c.queues[i]
		if q.held || q.waiting.empty() {
			continue
		}
		q.acquireLocked()
		c.life.alive++
		go q.finish(c.life)
	}
	c.settleLocked()
	return c.life
}

// settleLocked completes a stop once all batons are idle. From then on callers run
// the tasks.
func (c *core) settleLocked() {
	if c.phase != stopping || c.busy > 0 {
		return
	}
	c.phase = idle
	for i := range c.queues {
		c.queues[i].stopWatchLocked()
	}
	if c.style == byWorker {
		for i := range c.queues {
			close(c.queues[i].wake)
		}
	}
	if c.life.alive == 0 {
		close(c.life.done)
	}
}

// Dispatches reports whether callbacks of the running handler run elsewhere than on
// the goroutine that calls Execute: on the handler's own goroutines, or in a loop.
func (c *core) Dispatches() bool { return c.style != byCaller }

// IgnoresPaths reports whether lanes are the same for all paths.
func (c *core) IgnoresPaths() bool { return !c.byPath }

// InCallback implements Handler.
func (c *core) InCallback() bool { return c.onStack() != nil }

// Running implements Handler.
func (c *core) Running() string {
	for i := range c.queues {
		if name := c.queues[i].running(); name != "" {
			return name
		}
	}
	return ""
}

// Waiting implements Handler.
func (c *core) Waiting() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for i := range c.queues {
		n += c.queues[i].queuedLocked()
	}
	return n
}
