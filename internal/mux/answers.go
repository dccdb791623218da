package mux

import "time"

// answerClock records how long no reply has come, as far as silenceLoop has seen.
type answerClock struct {
	progress, since int64
	waiting         bool
}

// quiet returns for how long a request has been waiting without progress.
func (k *answerClock) quiet(progress int64, waiting bool, now int64) time.Duration {
	if progress != k.progress || !waiting || !k.waiting {
		*k = answerClock{progress: progress, since: now, waiting: waiting}
	}
	return time.Duration(now - k.since)
}

// stoodStill leaves out a time in which this process stood still.
func (k *answerClock) stoodStill(gap int64) { k.since += gap }

// checkAnswers detects a server that answers heartbeats but no requests. Replies come in order, so one clock, for the oldest
// request in flight, is enough. A large reply that is arriving counts as progress. If the reader is held up, the server is not
// to blame.
func (c *Conn) checkAnswers(k *answerClock, now int64) {
	progress := c.m.replies.Load() + c.pieces.Load()
	if quiet := k.quiet(progress, c.listening.Load() && c.waits(), now); quiet > c.m.cfg.RequestTimeout {
		c.die(&SilenceError{What: "no request answered", For: quiet})
	}
}

// waits reports whether a request is in flight.
func (c *Conn) waits() bool {
	c.m.mu.Lock()
	defer c.m.mu.Unlock()
	return c.pendingLocked() > 0
}
