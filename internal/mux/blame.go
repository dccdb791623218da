package mux

import (
	"time"

	"github.com/zkasync/zkasync-go/internal/mux/internal/joined"
	"github.com/zkasync/zkasync-go/internal/mux/internal/request"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// blame is what a lost connection leaves: whom it points at.
type blame struct {
	first Request // nil: nobody
	alone bool
}

// of adds it to the failure of r.
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

// pendingLocked is how many requests are in flight, credentials included.
func (c *Conn) pendingLocked() int {
	return int(c.written-(c.m.replies.Load()-c.repliesAt)) + len(c.auths)
}

// roomLocked returns how many more requests a careful connection may send if the next one has the given size.
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

// heldLocked reports whether the connection has been in use for as long as a session lives without one: it is no longer
// one that is lost soon.
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
