package mux

import (
	"time"

	"github.com/zkasync/zkasync-go/internal/mux/internal/joined"
	"github.com/zkasync/zkasync-go/internal/mux/internal/request"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// blame is the request that the loss of a connection points at.
type blame struct {
	first Request // nil: none
	alone bool
}

// of returns f, with the blame in it if r is the request that the loss points at.
func (b blame) of(r Request, f Failure) Failure {
	if b.first != nil && r == b.first {
		f.Blame = Blame{First: true, Alone: b.alone, Size: request.Overhead - request.FrameHead + r.Size()}
	}
	return f
}

func (b blame) failAll(rs []Request, f Failure) {
	for _, r := range rs {
		r.Fail(b.of(r, f))
	}
}

// pendingLocked returns how many requests are in flight, including those for credentials.
func (c *Conn) pendingLocked() int {
	return int(c.written-(c.m.replies.Load()-c.repliesAt)) + len(c.auths)
}

// roomLocked returns how many more requests a careful connection may send, given the size of the next one.
func (c *Conn) roomLocked(next int) int {
	pending := c.pendingLocked()
	switch {
	case pending == 0:
		c.heavy = next >= heavy
	case c.heavy || next >= heavy:
		return 0
	}
	if c.heavy {
		return 1
	}
	return max(c.m.care.window-pending, 0)
}

// eased is called by the reader after a reply: the writer may be waiting for it.
func (c *Conn) eased() {
	m := c.m
	m.mu.Lock()
	defer m.mu.Unlock()
	m.care.passedOne(c.heldLocked())
	m.careful.Store(m.care.window > 0 || c.draining)
	m.wakeLocked()
}

// heldLocked reports whether the connection has been in use for longer than a session timeout: its loss no longer counts as
// one soon after the connection was made.
func (c *Conn) heldLocked() bool { return !c.liveSince.IsZero() && time.Since(c.liveSince) > c.session }

// lostLocked determines which request the loss points at.
func (c *Conn) lostLocked(all []Request, cut, cutAuths int, sent []Request) (b blame) {
	n := len(sent)
	switch {
	case n > 0:
		b.first = sent[0]
	case c.broken > 0 && cut < len(all):
		b.first = all[cut]
	case c.broken == wire.XidAuth && cutAuths < len(c.auths):
		b.first = c.auths[cutAuths].Request
	}
	if c.broken > 0 || c.broken == wire.XidAuth {
		n++
	}
	b.alone = n == 1
	if j, ok := b.first.(*joined.Reads); ok {
		c.m.together.Lost(j)
		b.first, b.alone = j.Parts[0], false
	}
	if b.first != nil {
		c.m.care.lost(!c.heldLocked())
		c.m.careful.Store(c.m.care.window > 0)
	}
	return b
}
