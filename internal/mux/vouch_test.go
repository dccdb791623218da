package mux

import (
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/internal/mux/internal/flight"
)

// vouchingConn returns a connection that has sent batches of one request each, a second apart. The first request has the xid
// first.
func vouchingConn(batches int, first int32) *Conn {
	c := &Conn{m: &Mux{}, born: time.Now()}
	for range batches {
		c.born = c.born.Add(-time.Second)
		c.sentLocked(&outgoing{kept: make([]Request, 1), pings: 1}, first)
		first = flight.NextXid(first)
	}
	return c
}

// A reply proves that the server has heard from the client when the request was sent, and not later; this holds as well where
// xids start again at 1.
func TestVouching_CountsFromTheRequest(t *testing.T) {
	t.Parallel()
	for _, first := range []int32{1, 1<<31 - 3} {
		c := vouchingConn(5, first)
		for i, xid := 0, first; i < 5; i, xid = i+1, flight.NextXid(xid) {
			c.answered(xid)
			if at, want := c.vouched.at.Load(), int64(i+1)*int64(time.Second); at < want || at > want+int64(time.Second/2) {
				t.Errorf("from %d: after %d answers it is %v", first, i+1, time.Duration(at))
			}
		}
		if c.vouched.next.Load() != 0 || len(c.vouched.marks) != 0 {
			t.Errorf("from %d: marks are left", first)
		}
	}
}

// Requests that are sent one after the other, each in a batch of its own, allocate nothing.
func TestVouching_TakesNoMemory(t *testing.T) {
	xid := int32(1)
	c := vouchingConn(1, xid)
	if n := testing.AllocsPerRun(1000, func() {
		c.born = c.born.Add(-time.Second)
		c.answered(xid)
		xid++
		c.sentLocked(&outgoing{kept: batchOfOne}, xid)
	}); n != 0 {
		t.Errorf("%v allocations for each", n)
	}
}

var batchOfOne = make([]Request, 1)

// A reply to a heartbeat proves the same, in the order of the heartbeats. One to a heartbeat that was never sent proves nothing.
func TestVouching_CountsFromTheHeartbeat(t *testing.T) {
	t.Parallel()
	c := vouchingConn(2, 1)
	c.pinged()
	first := c.vouched.at.Load()
	c.pinged()
	c.pinged()
	if at := c.vouched.at.Load(); first > int64(3*time.Second/2) || at < int64(2*time.Second) || at > int64(5*time.Second/2) {
		t.Errorf("it is %v, and then %v", time.Duration(first), time.Duration(at))
	}
}

// Requests that follow each other closely share few marks.
func TestVouching_HasFewMarks(t *testing.T) {
	t.Parallel()
	c := &Conn{m: &Mux{}, born: time.Now()}
	for xid := int32(1); xid <= 1000; xid++ {
		c.sentLocked(&outgoing{kept: batchOfOne}, xid)
	}
	if n := len(c.vouched.marks); n > int(time.Since(c.born)/markEvery)+1 {
		t.Errorf("%d marks in %v", n, time.Since(c.born))
	}
	c.answered(1000)
	marks := 0
	for xid := int32(1001); xid <= 2000; xid++ { // each is answered before the next
		c.sentLocked(&outgoing{kept: batchOfOne}, xid)
		marks += len(c.vouched.marks)
		c.answered(xid)
	}
	if marks > int(time.Since(c.born)/markEvery)+1 {
		t.Errorf("%d marks in %v", marks, time.Since(c.born))
	}
}

// The time for which the host has slept counts as time in which the server has heard nothing.
func TestVouching_CountsSleep(t *testing.T) {
	t.Parallel()
	c := &Conn{m: &Mux{}, born: time.Now(), session: 8 * time.Second}
	c.vouched.slept.Add(int64(6 * time.Second))
	if c.isUnheard() {
		t.Error("unheard too early")
	}
	c.vouched.slept.Add(int64(time.Second))
	if !c.isUnheard() {
		t.Errorf("heard %v ago", c.unheard())
	}
}
