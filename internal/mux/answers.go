package mux

import "time"

// answerClock is since when no answer has come, as far as silenceLoop has seen.
type answerClock struct {
	progress, since int64
	waiting         bool
}

// checkAnswers finds a server that answers heartbeats and never a request. Answers come in order, so the clock that counts
// is that of the first request in flight: no request has one of its own. A large answer that is coming in is progress, and
// for a reader that is held up nobody else is to blame.
func (c *Conn) checkAnswers(k *answerClock, now int64) {
	progress := c.m.replies.Load() + c.pieces.Load()
	waiting := c.listening.Load() && c.waits()
	if progress != k.progress || !waiting || !k.waiting {
		*k = answerClock{progress: progress, since: now, waiting: waiting}
		return
	}
	if quiet := time.Duration(now - k.since); quiet > c.m.cfg.RequestTimeout {
		c.die(&SilenceError{What: "no request answered", For: quiet})
	}
}

// waits reports whether a request is in flight.
func (c *Conn) waits() bool {
	c.m.mu.Lock()
	defer c.m.mu.Unlock()
	return c.pendingLocked() > 0
}
