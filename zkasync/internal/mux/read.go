package mux

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/zkasync/zkasync-go/zkasync/internal/wire"
)

// expectBatch is how many requests the reader takes from flight at once, to take the lock once for many replies.
const expectBatch = 128

// Read hands go-zookeeper its bytes. Everything that is ours is dealt with inside.
func (c *Conn) Read(p []byte) (int, error) {
	if !c.enter() {
		return 0, io.ErrClosedPipe // go-zookeeper has given it up
	}
	defer c.leave()
	for {
		if len(c.up) > 0 {
			n := copy(p, c.up)
			c.up = c.up[n:]
			return n, nil
		}
		if c.torn {
			if err := c.pretend(); err != nil {
				return 0, err
			}
			continue
		}
		if err := c.receive(); err != nil {
			c.die(err)
			c.teardown()
		}
	}
}

// receive deals with what has arrived until something has to be handed up.
func (c *Conn) receive() error {
	if !c.shaken {
		return c.finishHandshake()
	}
	for {
		frame, ok, err := c.in.next(wire.HeaderLen)
		if err != nil {
			ok, err = c.large(err)
			if err != nil || len(c.up) > 0 {
				return err
			}
			if ok {
				continue
			}
		}
		if !ok {
			if err := c.fill(); err != nil {
				return err
			}
			continue
		}
		if err := c.demultiplex(frame); err != nil || len(c.up) > 0 {
			return err
		}
	}
}

func (c *Conn) fill() error {
	c.listening.Store(true)
	err := c.in.fill(c.sock)
	c.listening.Store(false)
	if err != nil {
		return err
	}
	c.sinceBirth.read.Store(c.now())
	if c.in.inLarge() {
		c.pieces.Add(1)
	}
	return nil
}

func (c *Conn) demultiplex(frame []byte) error {
	h, err := wire.DecodeReplyHeader(frame)
	if err != nil {
		return err
	}
	body := frame[wire.HeaderLen:]
	switch h.Xid {
	case wire.XidPing:
		c.pinged()
		c.checkDemand(h.Err)
		c.answerRefused()
		return c.leaveIfMoved()
	case wire.XidWatch:
		return c.event(h.Zxid, frame, body)
	case wire.XidAuth:
		return c.authReply(h, body)
	}
	r, err := c.match(h)
	if err != nil {
		return err
	}
	c.answered(h.Xid)
	c.counted(h.Zxid)
	if f, ok := r.(*foreign); ok {
		if f.op == wire.OpClose {
			c.m.ended.Store(true)
		}
		c.handUpChecked(f, h, frame)
		c.checkDemand(h.Err)
		return nil
	}
	if j, ok := r.(*joined); ok {
		if err := c.joinedReply(j, h.Err, body); err != nil {
			return err
		}
	} else if err := c.replied(r, h.Err, body); err != nil {
		return err
	}
	c.checkDemand(h.Err)
	return c.leaveIfMoved()
}

// checkDemand looks for the answer to the first request of a client that lacks the credentials which the server demands of
// all: by SASL (ZOOKEEPER-1634), or whatever the scheme (enforce.auth.enabled, ZOOKEEPER-3561). The server closes the
// connection behind it, and would so on each.
func (c *Conn) checkDemand(code int32) {
	if code == wire.CodeSASLRequired && !c.m.stopping.Load() {
		c.m.obs.Demanded(code)
	}
}

func (c *Conn) leaveIfMoved() error {
	if c.moved() {
		return errMoving
	}
	return nil
}

// match returns the oldest request in flight; the reply must be its own.
func (c *Conn) match(h wire.ReplyHeader) (Request, error) {
	if c.early > 0 {
		c.skipAnswered()
	}
	if len(c.expect) == 0 {
		c.expectMore()
	}
	if len(c.expect) == 0 || h.Xid != c.nextReply {
		if h.Err == unimplemented {
			if r := c.outOfTurn(h.Xid); r != nil {
				return r, nil
			}
		}
		return nil, fmt.Errorf("reply with xid %d received, want %d of %d in flight", h.Xid, c.nextReply, len(c.expect))
	}
	return c.take(), nil
}

// take removes the oldest of what is expected.
func (c *Conn) take() Request {
	r := c.expect[0]
	c.expect[0] = nil
	c.expect = c.expect[1:]
	c.nextReply = nextXid(c.nextReply)
	return r
}

func (c *Conn) expectMore() {
	m := c.m
	c.expect = c.expectBuf[:0]
	m.mu.Lock()
	for m.flight.len() > 0 && len(c.expect) < expectBatch {
		c.expect = append(c.expect, m.flight.pop())
	}
	m.mu.Unlock()
	c.expectBuf = c.expect
}

// counted takes note of an answer.
func (c *Conn) counted(zxid int64) {
	c.sawZxid(zxid)
	c.m.replies.Add(1)
	if c.m.careful.Load() {
		c.eased()
	}
}

// sawZxid keeps the highest zxid of replies. Those of pings and events do not count: offering them at a reconnect would
// skip changes whose events were not delivered.
func (c *Conn) sawZxid(zxid int64) {
	if zxid > c.m.lastZxid.Load() {
		c.m.lastZxid.Store(zxid)
	}
}

// event delivers a watch event to us and to go-zookeeper, either of whom may have asked for it.
func (c *Conn) event(zxid int64, frame, body []byte) error {
	e, err := wire.DecodeWatchEvent(body)
	if err != nil {
		return err
	}
	c.m.obs.Event(e, zxid)
	c.handUp(frame, wire.XidWatch)
	return nil
}

func (c *Conn) authReply(h wire.ReplyHeader, body []byte) error {
	c.m.mu.Lock()
	if len(c.auths) == 0 {
		c.m.mu.Unlock()
		return fmt.Errorf("reply to an auth request received, none in flight")
	}
	r := c.auths[0].Request
	c.auths = c.auths[1:]
	c.m.wakeLocked() // it may have waited for this, see care
	c.m.mu.Unlock()
	if f, ok := r.(*foreign); ok {
		c.handUpReply(f.xid, h, body)
		return nil
	}
	r.Reply(h.Err, body)
	return c.leaveIfMoved()
}

// handUp gives go-zookeeper the frame, with its own xid in it. The length in front is still in the buffer.
func (c *Conn) handUp(frame []byte, xid int32) {
	binary.BigEndian.PutUint32(frame, uint32(xid))
	at := c.in.start - len(frame) - frameHead
	c.up = c.in.buf[at:c.in.start]
}

// handUpChecked hands up a reply that go-zookeeper can decode; it panics on some that it cannot.
func (c *Conn) handUpChecked(f *foreign, h wire.ReplyHeader, frame []byte) {
	if h.Err == 0 && !f.decodable(frame[wire.HeaderLen:]) {
		h.Err = marshallingError
		c.handUpReply(f.xid, h, nil)
		return
	}
	c.handUp(frame, f.xid)
}

func (c *Conn) handUpReply(xid int32, h wire.ReplyHeader, body []byte) {
	h.Xid = xid
	b, start := wire.BeginFrame(nil)
	b = append(wire.AppendReplyHeader(b, h), body...)
	c.up = wire.EndFrame(b, start)
}
