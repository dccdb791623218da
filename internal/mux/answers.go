package mux

import "time"

// answerClock records how long no reply has come, as far as silenceLoop has seen.
type answerClock struct {
	progress, since int64
	waiting         bool
}

// checkAnswers detects a server that answers heartbeats but no requests. Replies come in order, so one clock, for the oldest
// request in flight, is enough. A large reply that is arriving counts as progress. If the reader is held up, the server is not
// to blame.
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
