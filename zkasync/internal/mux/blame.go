package mux

import (
	"time"

	"github.com/zkasync/zkasync-go/zkasync/internal/wire"
)

// Blame says how a request stood at the loss of a connection. Servers answer in order, so a request that ends each
// connection it is sent on is the first one without an answer, once nothing else is in flight with it.
type Blame struct {
	First bool // the first request in flight that lacks its answer
	Alone bool // the only one
	Size  int  // of its frame, without the length
}

// blame is what a lost connection leaves: whom it points at.
type blame struct {
	first Request // nil: nobody
	alone bool
}

// of adds it to the failure of r.
func (b blame) of(r Request, f Failure) Failure {
	if b.first != nil && r == b.first {
		f.Blame = Blame{First: true, Alone: b.alone, Size: requestOverhead - frameHead + r.Size()}
	}
	return f
}

func (b blame) failAll(rs []Request, f Failure) {
	for _, r := range rs {
		r.Fail(b.of(r, f))
	}
}

const (
	// strikesForCare is how many short-lived connections in a row have the next one go carefully.
	strikesForCare = 2
	// singles is how many requests a careful connection sends one by one before it doubles their number.
	singles = 32
	// heavy is the size from which on a careful connection sends a request alone: it may be above the limit of a server,
	// which resets the connection then.
	heavy = 4 << 10
)

// care limits what is in flight after several connections in a row were lost soon, so that a request that ends each
// connection is found out and no other is blamed. It is guarded by Mux.mu.
type care struct {
	strikes int // connections in a row that were lost soon, with something in flight
	window  int // how many requests may be in flight, 0: any number
	passed  int // answers since the last loss, or since the window grew
}

// lost is called when an established connection is lost on which something was in flight.
func (k *care) lost(soon bool) {
	if !soon {
		k.strikes = 0
	}
	k.strikes++
	k.window, k.passed = 0, 0
	if k.strikes >= strikesForCare {
		k.window = 1
	}
}

// passedOne is called at each answer. The window grows by answers, not at moments when nothing is in flight: a busy
// client has none.
func (k *care) passedOne(held bool) {
	k.passed++
	switch {
	case held:
		*k = care{}
	case k.passed >= max(singles, k.window) && k.window < batchCount:
		k.window *= 2
		k.passed = 0
	}
}

// pendingLocked is how many requests are in flight, credentials included.
func (c *Conn) pendingLocked() int {
	return int(c.written-(c.m.replies.Load()-c.repliesAt)) + len(c.auths)
}

// roomLocked is how many more requests a careful connection may send, the next of which has the size given.
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

// eased is called by the reader after an answer: the writer may have waited for it.
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

// lostLocked works out whom the loss points at.
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
	if j, ok := b.first.(*joined); ok {
		j.lostLocked(c.m)
		b.first, b.alone = j.parts[0], false
	}
	if b.first != nil {
		c.m.care.lost(!c.heldLocked())
		c.m.careful.Store(c.m.care.window > 0)
	}
	return b
}
