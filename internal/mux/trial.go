package mux

import (
	"errors"

	"github.com/zkasync/zkasync-go/internal/wire"
)

// Servers close the connection when they get an operation that they do not know. So the first request for an operation that
// older servers lack is alone in flight: if the server closes the connection, nothing else is lost with it, and what is queued
// waits for the next connection.

// isRecent reports whether older servers lack an operation: addWatch, multiRead, getEphemerals and getAllChildrenNumber came
// with 3.6, whoAmI with 3.7.
func isRecent(op wire.OpCode) bool {
	switch op {
	case wire.OpAddWatch, wire.OpMultiRead, wire.OpGetEphemerals, wire.OpGetAllChildrenNumber, wire.OpWhoAmI:
		return true
	default:
		return false
	}
}

// habitsLocked returns what is known about the connection's server.
func (c *Conn) habitsLocked() *habits {
	m := c.m
	h := m.habits[c.server]
	if h == nil {
		if m.habits == nil {
			m.habits = make(map[string]*habits)
		}
		h = &habits{joins: joinsUntried}
		m.habits[c.server] = h
	}
	return h
}

// aloneLocked reports whether nothing is in flight. While it returns false, the caller must take nothing from the queue.
func (c *Conn) aloneLocked(out *outgoing) bool {
	c.draining = true
	c.m.careful.Store(true) // so that each reply wakes the writer, from before it is looked for
	if c.pendingLocked() > 0 || len(out.reqs) > 0 {
		return false
	}
	c.drainedLocked()
	return true
}

// drainedLocked ends the wait until nothing is in flight: that is so, or what waited for it has left the queue.
func (c *Conn) drainedLocked() {
	if c.draining {
		c.draining = false
		c.m.careful.Store(c.m.care.window > 0)
	}
}

// isTrialLocked reports whether r is a recent operation that this server has not answered yet.
func (c *Conn) isTrialLocked(r Request) bool {
	return isRecent(r.Op()) && !c.habitsLocked().known[r.Op()]
}

// tryRecentLocked takes the next request if it is for a recent operation that must be tried alone. It reports whether nothing
// else may be taken for now.
func (c *Conn) tryRecentLocked(out *outgoing) bool {
	m := c.m
	if c.trial.Load() || m.queue.Len() == 0 || !c.isTrialLocked(m.queue.At(0)) {
		return c.trial.Load()
	}
	if !c.aloneLocked(out) {
		return true
	}
	c.trying = m.queue.Take()
	out.reqs = append(out.reqs, c.trying)
	c.trial.Store(true)
	out.trial = true
	return true
}

// encodedTrialLocked ends a trial whose request was not sent because its context had ended.
func (c *Conn) encodedTrialLocked(out *outgoing) {
	if c.trial.Load() && len(out.kept) == 0 {
		c.endTrialLocked()
	}
}

func (c *Conn) endTrialLocked() {
	c.trying = nil
	c.trial.Store(false)
}

var errUnknownOperation = errors.New("the server does not know the operation")

// replied hands over the reply to a request.
func (c *Conn) replied(r Request, code int32, body []byte) error {
	err := c.tried(r, code)
	r.Reply(code, body)
	return err
}

// tried ends a trial if r, which has been answered with a code, is its request. It returns an error if the server will close the
// connection.
func (c *Conn) tried(r Request, code int32) error {
	if !c.trial.Load() && code != wire.CodeUnimplemented {
		return nil
	}
	m := c.m
	m.mu.Lock()
	defer m.mu.Unlock()
	if r != c.trying { // no trial, or the reply before it: the trial was sent as soon as that had been matched
		if code == wire.CodeUnimplemented { // another server answers at the same address now
			c.habitsLocked().forget(r.Op())
		}
		return nil
	}
	c.endTrialLocked()
	if code == wire.CodeUnimplemented {
		c.keepQueueLocked()
		return errUnknownOperation
	}
	c.habitsLocked().learn(r.Op())
	m.wakeLocked()
	return nil
}

// keepQueueLocked keeps what is queued for the next connection.
func (c *Conn) keepQueueLocked() {
	c.keepQueue = true
	c.m.live = false
	c.m.queue.Guard()
}
