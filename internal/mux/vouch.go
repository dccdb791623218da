package mux

import (
	"slices"
	"sync/atomic"
	"time"
)

// vouching knows when the server has certainly heard from this side: not before the latest request that it has answered was sent. A byte
// from the server says less. It may have been long on its way, or belong to an event, and the server may have heard nothing since.
//
// Times are nanoseconds since the connection was born, and count the time for which the host was asleep as far as that is known.
type vouching struct {
	at    atomic.Int64 // when the latest request that was answered was sent
	slept atomic.Int64 // for so long the host was asleep
	next  atomic.Int32 // xid of the oldest mark, 0 if there is none

	// Guarded by Mux.mu.
	due   int64 // when the next mark is to be made
	marks []mark
	pings []int64 // when the heartbeats in flight were sent
}

// mark is when the requests from an xid on, up to the next mark's, were sent, or a little before.
type mark struct {
	xid int32
	at  int64
}

// markEvery bounds how many marks there are, and how often an answer has to take the lock for one.
const markEvery = 10 * time.Millisecond

// clock is the time of vouching.
func (c *Conn) clock() int64 { return c.now() + c.vouched.slept.Load() }

// sentLocked notes that a batch is about to leave, whose first ordinary request has an xid.
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

// answered notes that the request with an xid was answered.
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
	v.marks = slices.Delete(v.marks, 0, n) // keeps the room: one request after the other makes a mark for each
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

// unheard is for how long the server may have heard nothing.
func (c *Conn) unheard() time.Duration { return time.Duration(c.clock() - c.vouched.at.Load()) }

// isUnheard reports whether that is nearly the session timeout: it is told some ticks of silenceLoop before the session may end.
func (c *Conn) isUnheard() bool { return c.unheard() > c.session*unheardNum/unheardDen }

const unheardNum, unheardDen = 7, 8

// Unheard reports whether the server of the connection in use may have heard nothing from this side for nearly a session timeout.
func (m *Mux) Unheard() bool {
	m.mu.Lock()
	c := m.cur
	open := c != nil && c.open
	m.mu.Unlock()
	return open && c.isUnheard()
}

// xidBefore compares xids, which begin anew at 1 behind 2³¹−1.
func xidBefore(a, b int32) bool {
	d := int64(b) - int64(a)
	const half = 1 << 30
	return d > 0 && d < half || d < -half
}
