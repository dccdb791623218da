package handler

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
)

// phase is where a handler is in its life.
type phase uint8

const (
	idle     phase = iota // not started, or stopped: callers run the tasks
	running               // tasks are run the way the handler's kind has it
	stopping              // as running, until nothing is left
)

// core is what all kinds of handlers are made of; they differ in the number of
// queues, in who drives them, and in the choice of the lane.
//
// One lock guards all queues: whether a stop is complete depends on all of them at
// once, since a task in one may queue for another. It is held for a few nanoseconds
// for each task, and the tasks of a client come from one goroutine, its reader.
type core struct {
	style  driver // who runs tasks while the handler runs
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

// setUp makes c ready for use with n queues. err is what is wrong with the arguments.
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

// noTwoQueues returns the error for a kind of handler that has no use for the option.
func (o options) noTwoQueues() error {
	if o.twoQueues {
		return fmt.Errorf("handler: WithTwoQueues: only NewSequential takes it")
	}
	return nil
}

// driverLocked returns who runs tasks now.
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

// orBackground has a nil context never end, as everywhere in this module.
func orBackground(ctx context.Context) context.Context {
	if ctx == nil {
		return context.Background()
	}
	return ctx
}

// beginStop makes sure that the latest life ends, and returns it.
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

// settleLocked completes a stop once all batons lie idle. From then on callers run
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

// Dispatches reports whether callbacks run elsewhere than on the goroutine that
// calls Execute, while the handler runs: on goroutines of its own, or in a loop.
func (c *core) Dispatches() bool { return c.style != byCaller }

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
