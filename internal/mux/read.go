package mux

import (
	"errors"
	"io"

	"github.com/zkasync/zkasync-go/internal/mux/internal/foreign"
	"github.com/zkasync/zkasync-go/internal/mux/internal/joined"
	"github.com/zkasync/zkasync-go/internal/mux/internal/request"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// Read gives go-zookeeper the bytes that are meant for it. Everything else is handled inside.
func (c *Conn) Read(p []byte) (int, error) {
	if !c.enter() {
		return 0, io.ErrClosedPipe // go-zookeeper has closed the connection, and Close is tearing it down
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

// receive handles what arrives until something has to be handed up.
func (c *Conn) receive() error {
	if !c.shaken {
		return c.finishHandshake()
	}
	for {
		frame, ok, err := c.in.Next(wire.HeaderLen)
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
	err := c.in.Fill(c.sock)
	c.listening.Store(false)
	c.m.counts.received.Add(int64(c.in.Filled))
	if err != nil {
		return err
	}
	c.sinceBirth.read.Store(c.now())
	if c.in.InLarge() {
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
	r, err := c.flight.Match(h)
	if err != nil {
		return err
	}
	sasl := r.Op() == wire.OpSASL // the server does not count it as a sign of life
	if !sasl {
		c.answered(h.Xid)
	}
	c.counted(h.Zxid)
	if f, ok := r.(*foreign.Packet); ok {
		if f.Op() == wire.OpClose {
			c.m.ended.Store(true)
		}
		c.handUpChecked(f, h, frame)
		c.checkDemand(h.Err)
		return nil
	}
	c.traced(r, h.Err, len(frame))
	if j, ok := r.(*joined.Reads); ok {
		if err := c.joinedReply(j, h.Err, body); err != nil {
			return err
		}
	} else if err := c.replied(r, h.Err, body); err != nil {
		return err
	}
	if !sasl { // who asks by SASL is told
		c.checkDemand(h.Err)
	}
	return c.leaveIfMoved()
}

// checkDemand notices that the server demands credentials from all clients and this one lacks them: by SASL
// (ZOOKEEPER-1634) or by any scheme (enforce.auth.enabled, ZOOKEEPER-3561). The server then answers the first request with
// this code and closes the connection, and would do so on every later connection.
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

// counted counts a reply to a request, and notes its zxid.
func (c *Conn) counted(zxid int64) {
	c.sawZxid(zxid)
	c.m.replies.Add(1)
	if c.m.careful.Load() {
		c.eased()
	}
}

// sawZxid keeps the highest zxid of any reply to a request. Those of pings and events do not count: offering them at a
// reconnect would skip changes whose events were not delivered.
func (c *Conn) sawZxid(zxid int64) {
	if zxid > c.m.lastZxid.Load() {
		c.m.lastZxid.Store(zxid)
	}
}

// event delivers a watch event to the observer and to go-zookeeper, since either may have set the watch.
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
		return errors.New("reply to an auth request received, none in flight")
	}
	r := c.auths[0].Request
	c.auths = c.auths[1:]
	c.m.wakeLocked() // the writer may have waited for this reply, see care
	c.m.mu.Unlock()
	if f, ok := r.(*foreign.Packet); ok {
		c.handUpReply(f.Xid, h, body)
		return nil
	}
	c.traced(r, h.Err, wire.HeaderLen+len(body))
	r.Reply(h.Err, body)
	return c.leaveIfMoved()
}

// handUpChecked hands up a reply, or a marshalling error instead if go-zookeeper could not decode it: go-zookeeper panics on
// some malformed replies.
func (c *Conn) handUpChecked(f *foreign.Packet, h wire.ReplyHeader, frame []byte) {
	if h.Err == 0 && !f.Decodable(frame[wire.HeaderLen:]) {
		h.Err = wire.CodeMarshalling
		c.handUpReply(f.Xid, h, nil)
		return
	}
	c.handUp(frame, f.Xid)
}

// traced tells the Tracer about an answer whose frame has n bytes without its length.
func (c *Conn) traced(r Request, code int32, n int) {
	if t := c.m.cfg.Tracer; t != nil {
		t.Answered(r, code, request.FrameHead+n)
	}
}
