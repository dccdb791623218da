package zktest

import (
	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync/internal/wire"
)

// begin starts an answer; finish ends it. The record goes between them, into c.pending.
func (c *conn) begin(xid int32, zxid int64, code int32) (start int) {
	c.list()
	c.pending, start = wire.BeginFrame(c.pending)
	c.pending = wire.AppendReplyHeader(c.pending, wire.ReplyHeader{Xid: xid, Zxid: zxid, Err: code})
	return start
}

// list has what is pending handed on when the lock is released.
func (c *conn) list() {
	if !c.listed && !c.gone {
		c.listed = true
		c.srv.w.unsent = append(c.srv.w.unsent, c)
	}
}

// finish ends the answer to the request that the connection is at.
func (c *conn) finish(start int) {
	if !c.finishFrame(start) || c.session == nil || c.current.op == 0 {
		return
	}
	h, _ := wire.DecodeReplyHeader(c.pending[start+lengthSize:])
	in := c.current.after
	c.note(h.Zxid, h.Err, in != nil)
	c.current = current{}
	if in != nil {
		c.strikeAnswer(start, in)
	}
}

// finishFrame ends what is not the answer to a request: an event, or one that overtakes requests.
func (c *conn) finishFrame(start int) bool {
	if c.gone {
		c.pending = c.pending[:start]
		return false
	}
	c.pending = wire.EndFrame(c.pending, start)
	c.sent++
	c.srv.sent++
	return true
}

// reply is an answer without a record.
func (c *conn) reply(xid int32, zxid int64, code int32) { c.finish(c.begin(xid, zxid, code)) }

// replyAhead is an answer that does not wait for those of the requests before.
func (c *conn) replyAhead(xid int32, code int32) { c.finishFrame(c.begin(xid, 0, code)) }

// syncConnected is the only state that servers tell with an event.
const syncConnected int32 = 3

// sendEvent tells of a change. Up to 3.8 its header has no zxid.
func (c *conn) sendEvent(kind zk.EventType, path string, zxid int64) {
	if !c.srv.w.cfg.behaviour.eventZxid {
		zxid = noZxid
	}
	start := c.begin(wire.XidWatch, zxid, codeOK)
	c.pending = wire.AppendWatchEvent(c.pending, wire.WatchEvent{Type: int32(kind), State: syncConnected, Path: path})
	c.finishFrame(start)
}

func (c *conn) putStat(st zk.Stat)       { c.pending = wire.AppendStat(c.pending, &st) }
func (c *conn) putString(s string)       { c.pending = wire.AppendString(c.pending, s) }
func (c *conn) putStrings(list []string) { c.pending = wire.AppendStrings(c.pending, list) }
func (c *conn) putBuffer(b []byte)       { c.pending = wire.AppendBuffer(c.pending, b) }
func (c *conn) putInt32(v int32)         { c.pending = wire.AppendInt32(c.pending, v) }
func (c *conn) putACLs(entries []zk.ACL) { c.pending = wire.AppendACLs(c.pending, entries) }
func (c *conn) putMulti(op wire.OpCode, done bool, code int32) {
	c.pending = wire.AppendMultiHeader(c.pending, op, done, code)
}

// putText appends a string that may be null.
func (c *conn) putText(t text) {
	if t.null {
		c.putInt32(nullLength)
		return
	}
	c.putString(t.s)
}
