package mux

import (
	"errors"
	"fmt"
	"math"

	"github.com/zkasync/zkasync-go/zkasync/internal/wire"
)

// ReplySizeError reports a reply that is larger than Config.MaxReply, in bytes of the frame without its length.
type ReplySizeError struct{ Size, Limit int }

func (e *ReplySizeError) Error() string {
	return fmt.Sprintf("reply of %d bytes exceeds the limit of %d", e.Size, e.Limit)
}

// MaxEvent is the size up to which the frame of a watch event is read whatever the limit: an event cannot be skipped without
// losing it, and if it ended the connection, the server would fire it again at the next one, without end. It holds a path
// of at most a request's size.
const MaxEvent = 4 << 20

// large deals with a frame above the limit, about which next has said why. The request that it answers fails alone: its
// body is skipped, and the connection goes on. It returns false when more bytes are needed.
func (c *Conn) large(why error) (ok bool, err error) {
	var bad *FrameError
	if !errors.As(why, &bad) || int64(bad.Length) <= int64(bad.Max) || bad.Length > math.MaxInt32 {
		return false, why
	}
	head, ok := c.in.head(wire.HeaderLen)
	if !ok {
		return false, nil
	}
	h, err := wire.DecodeReplyHeader(head)
	if err != nil {
		return false, err
	}
	size := int(bad.Length)
	if h.Xid == wire.XidWatch && size <= MaxEvent {
		c.in.raised = size
		return true, nil
	}
	if h.Xid <= 0 {
		return false, why
	}
	if size <= c.limitOf(h.Xid) {
		c.in.raised = size
		return true, nil
	}
	r, err := c.match(h)
	if err != nil {
		return false, err
	}
	c.in.skip()
	c.counted(h.Zxid)
	return true, c.dropped(r, h, &ReplySizeError{Size: size, Limit: c.in.limit})
}

// limitOf is the size up to which the reply that is next is read, if it is the expected one.
func (c *Conn) limitOf(xid int32) int {
	if c.early > 0 {
		c.skipAnswered()
	}
	if len(c.expect) == 0 {
		c.expectMore()
	}
	if len(c.expect) == 0 || xid != c.nextReply {
		return 0
	}
	return joinedLimit(c.expect[0], c.in.limit)
}

// dropped ends a request whose reply was too large. A refusal is in the header and can be told.
func (c *Conn) dropped(r Request, h wire.ReplyHeader, cause *ReplySizeError) error {
	f, foreign := r.(*foreign)
	switch {
	case foreign:
		if h.Err == 0 {
			h.Err = marshallingError
			c.m.obs.ReplyDropped(cause)
		}
		c.handUpReply(f.xid, h, nil)
		return nil
	case h.Err != 0:
		r.Reply(h.Err, nil)
	default:
		r.Fail(Failure{Reason: ReasonReply, Sent: true, Cause: cause})
	}
	return c.leaveIfMoved()
}
