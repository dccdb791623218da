package handler

import (
	"fmt"
	"log/slog"
	"time"
)

// stallAfter is how long one callback may hold up others before that is logged.
const stallAfter = 5 * time.Second

// stall finds callbacks that do not return. Queues grow without bound, since they must
// neither block nor drop, so all tasks behind a callback that never returns take
// memory. This is logged once.
//
// A timer is set when tasks wait, for stallAfter at a time, so it costs next to nothing
// while tasks flow. core.mu guards all of it.
type stall struct {
	clock *time.Timer // nil until needed
	set   bool        // the timer is running
	begun uint64      // how many tasks had started when it was set
	told  uint64      // begun at the latest warning, so that each callback is reported once
}

// watchLocked sets the timer if tasks wait behind another, unless it is running or
// they have been reported.
func (q *queue) watchLocked() {
	s := &q.stall
	begun := q.begun.Load()
	if s.set || s.told == begun && begun > 0 {
		return
	}
	s.set, s.begun = true, begun
	if s.clock == nil {
		s.clock = time.AfterFunc(stallAfter, q.checkStall)
	} else {
		s.clock.Reset(stallAfter)
	}
}

// stopWatchLocked stops the timer, with the handler.
func (q *queue) stopWatchLocked() {
	if q.stall.set && q.stall.clock.Stop() {
		q.stall.set = false
	}
}

// checkStall runs when the timer fires.
func (q *queue) checkStall() {
	c := q.core
	c.mu.Lock()
	s := &q.stall
	begun := q.begun.Load()
	s.set = false
	queued := q.queuedLocked()
	if !q.held || queued == 0 {
		c.mu.Unlock()
		return
	}
	if begun != s.begun {
		q.watchLocked()
		c.mu.Unlock()
		return
	}
	s.told = begun
	task := q.currentLocked()
	c.mu.Unlock()
	if task != nil {
		c.warn(nameOf(task), queued)
	}
}

// queuedLocked counts the tasks that have not started.
func (q *queue) queuedLocked() int {
	n := 0
	for b := q.waiting.head; b != nil; b = b.next {
		n += b.n
	}
	for b := q.turn; b != nil; b = b.next {
		n += b.n
	}
	if q.turn != nil {
		n -= int(q.begun.Load() - q.before)
	}
	return n
}

// warn logs a stall, if a logger was given.
func (c *core) warn(name string, queued int) {
	logger := c.opts.logger
	if logger == nil {
		c.mu.Lock()
		logger = c.startLogger
		c.mu.Unlock()
	}
	if logger == nil {
		return
	}
	defer func() { _ = recover() }()
	logger.Warn(fmt.Sprintf("handler: a callback has not returned for %v; what is queued behind it takes memory without bound", stallAfter),
		slog.String("callback", name), slog.Int("queued", queued))
}
