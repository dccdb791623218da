package mux

import (
	"slices"
	"sync/atomic"
	"time"
)

// vouching keeps a time after which the server has certainly heard from the client: the time at which the latest request that
// the server has answered was sent. A byte from the server proves less: it may have been on its way for long, or belong to an
// event, and the server may have heard nothing since.
//
// Times are in nanoseconds since the connection was made. They include the time for which the host was asleep, as far as that
// is known.
type vouching struct {
	at    atomic.Int64 // when the latest request that was answered was sent
	slept atomic.Int64 // how long the host was asleep
	next  atomic.Int32 // xid of the oldest mark, 0 if there is none

	// Guarded by Mux.mu.
	due   int64 // when the next mark is due
	marks []mark
	pings []int64 // when the heartbeats in flight were sent
}

// mark says that the requests from xid on, up to the next mark's, were sent at the time at, or a little later.
type mark struct {
	xid int32
	at  int64
}

// markEvery is the least time between two marks. It bounds how many there are, and how often a reply takes the lock for one.
const markEvery = 10 * time.Millisecond

// clock returns the present time as vouching counts it.
func (c *Conn) clock() int64 { return c.now() + c.vouched.slept.Load() }

// sentLocked notes that a batch is about to leave. Xid is that of its first ordinary request.
func (c *Conn) sentLocked(out *outgoing, xid int32) {
	v, now := &c.vouched, c.clock()
	for range out.pings {
		v.pings = append(v.pings, now)
	}
	if len(out.kept) == 0 || now < v.due {
		return
	}
	v.due = now + int64(markEvery)
	if v.marks = append(v.marks, mark{xid, now}); len(v.marks) == 1 {
		v.next.Store(xid)
	}
}

// answered notes that the request with this xid was answered.
func (c *Conn) answered(xid int32) {
	v := &c.vouched
	if next := v.next.Load(); next == 0 || xidBefore(xid, next) {
		return
	}
	c.m.mu.Lock()
	defer c.m.mu.Unlock()
	n := 0
	for ; n < len(v.marks) && !xidBefore(xid, v.marks[n].xid); n++ {
		c.vouchFor(v.marks[n].at)
	}
	v.marks = slices.Delete(v.marks, 0, n) // keeps the capacity: slow requests make a mark each
	v.next.Store(0)
	if len(v.marks) > 0 {
		v.next.Store(v.marks[0].xid)
	}
}

// pinged notes that a heartbeat was answered.
func (c *Conn) pinged() {
	v := &c.vouched
	c.m.mu.Lock()
	defer c.m.mu.Unlock()
	if len(v.pings) > 0 {
		c.vouchFor(v.pings[0])
		v.pings = v.pings[1:]
	}
}

func (c *Conn) vouchFor(at int64) { c.vouched.at.Store(max(at, c.vouched.at.Load())) }

// unheard returns how long the server may have heard nothing.
func (c *Conn) unheard() time.Duration { return time.Duration(c.clock() - c.vouched.at.Load()) }

// isUnheard reports whether unheard is nearly the session timeout. The margin lets silenceLoop report it some ticks before the
// session may end.
func (c *Conn) isUnheard() bool { return c.unheard() > c.session*unheardNum/unheardDen }

const unheardNum, unheardDen = 7, 8

// Unheard reports whether the server of the connection in use may have heard nothing from the client for nearly a session
// timeout.
func (m *Mux) Unheard() bool {
	m.mu.Lock()
	c := m.cur
	open := c != nil && c.open
	m.mu.Unlock()
	return open && c.isUnheard()
}

// xidBefore reports whether a was used before b. Xids start again at 1 after 2³¹−1.
func xidBefore(a, b int32) bool {
	d := int64(b) - int64(a)
	const half = 1 << 30
	return d > 0 && d < half || d < -half
}
