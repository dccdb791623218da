package mux

import (
	"context"

	"github.com/zkasync/zkasync-go/zkasync/internal/wire"
)

// unimplemented is the server's code for an operation that it does not know. Servers answer it ahead of what they are still
// processing, and close the connection behind it (UnimplementedRequestProcessor), as 3.5 does with AddWatch.
const unimplemented = wire.CodeUnimplemented

// answered stands in flight for a request that was answered out of its turn.
type answered struct{}

func (answered) Op() wire.OpCode          { return wire.OpError }
func (answered) Size() int                { return 0 }
func (answered) Append(b []byte) []byte   { return b }
func (answered) Context() context.Context { return nil }
func (answered) Reply(int32, []byte)      {}
func (answered) Fail(Failure)             {}

func isAnswered(r Request) bool { return r == Request(answered{}) }

// outOfTurn takes the request with this xid out of those in flight, nil if there is none. The others keep their turns.
func (c *Conn) outOfTurn(xid int32) Request {
	if len(c.expect) == 0 {
		c.expectMore()
	}
	i := int(xid) - int(c.nextReply)
	if xid < c.nextReply { // xids have begun again at 1
		i += 1<<31 - 1
	}
	c.m.mu.Lock()
	defer c.m.mu.Unlock()
	var slot *Request
	switch {
	case xid <= 0 || i >= len(c.expect)+c.m.flight.len():
		return nil
	case i < len(c.expect):
		slot = &c.expect[i]
	default:
		slot = c.m.flight.at(i - len(c.expect))
	}
	r := *slot
	if isAnswered(r) {
		return nil
	}
	*slot = answered{}
	c.early++
	return r
}

// skipAnswered lets the turns of requests pass that were answered before.
func (c *Conn) skipAnswered() {
	for c.early > 0 {
		if len(c.expect) == 0 {
			c.expectMore()
		}
		if len(c.expect) == 0 || !isAnswered(c.expect[0]) {
			return
		}
		c.take()
		c.early--
	}
}

// dropAnswered removes the stand-ins from rs.
func (c *Conn) dropAnswered(rs []Request) []Request {
	if c.early == 0 {
		return rs
	}
	left := rs[:0]
	for _, r := range rs {
		if !isAnswered(r) {
			left = append(left, r)
		}
	}
	return left
}
