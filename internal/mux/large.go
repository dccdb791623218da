package mux

import (
	"errors"
	"math"

	"github.com/zkasync/zkasync-go/internal/mux/internal/foreign"
	"github.com/zkasync/zkasync-go/internal/mux/internal/inbox"
	"github.com/zkasync/zkasync-go/internal/mux/internal/joined"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// MaxEvent is the size up to which the frame of a watch event is read whatever the limit is. To skip an event would be to lose
// it; and if the frame ended the connection, the server would fire the event again on the next one, forever. An event is
// hardly larger than the path in it, which once had to fit into a request.
const MaxEvent = 4 << 20

// large handles a frame above the limit; why is the error of Inbox.Next. Only the request that the frame answers fails: the
// body is skipped, and the connection continues. large returns false if more bytes are needed.
func (c *Conn) large(why error) (ok bool, err error) {
	var bad *inbox.FrameError
	if !errors.As(why, &bad) || int64(bad.Length) <= int64(bad.Max) || bad.Length > math.MaxInt32 {
		return false, why
	}
	head, ok := c.in.Head(wire.HeaderLen)
	if !ok {
		return false, nil
	}
	h, err := wire.DecodeReplyHeader(head)
	if err != nil {
		return false, err
	}
	size := int(bad.Length)
	if h.Xid == wire.XidWatch && size <= MaxEvent {
		c.in.Raise(size)
		return true, nil
	}
	if h.Xid <= 0 {
		return false, why
	}
	if first := c.flight.First(h.Xid); first != nil && size <= joined.Limit(first, c.in.Limit) {
		c.in.Raise(size)
		return true, nil
	}
	r, err := c.flight.Match(h)
	if err != nil {
		return false, err
	}
	c.in.Skip()
	c.counted(h.Zxid)
	c.companionsMet.Add(companionsOf(r))
	c.traced(r, h.Err, size)
	return true, c.dropped(r, h, &ReplySizeError{Size: size, Limit: c.in.Limit})
}

// dropped ends a request whose reply was too large. If the server has refused the request, its code is in the header and can
// be reported all the same.
func (c *Conn) dropped(r Request, h wire.ReplyHeader, cause *ReplySizeError) error {
	if f, ok := r.(*foreign.Packet); ok {
		if h.Err == 0 {
			h.Err = wire.CodeMarshalling
			c.m.obs.ReplyDropped(cause)
		}
		c.handUpReply(f.Xid, h, nil)
		return nil
	}
	err := c.tried(r, h.Err)
	if _, ok := r.(*joined.Reads); ok {
		c.joinedWell()
	}
	if h.Err != 0 {
		r.Reply(h.Err, nil)
	} else {
		r.Fail(Failure{Reason: ReasonReply, Sent: true, Cause: cause})
	}
	if err != nil {
		return err
	}
	return c.leaveIfMoved()
}
