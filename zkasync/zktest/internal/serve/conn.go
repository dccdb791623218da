package serve

import (
	"net"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/acl"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/history"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/link"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/timed"
)

// conn is a connection of a client. Two goroutines serve it: readLoop, which also does the work, and writeLoop.
type conn struct {
	srv    *Server
	number int
	sock   net.Conn
	raw    net.Conn // sock, or what is below its TLS
	ip     string
	in     link.Inbox // readLoop's
	out    link.Outbox

	// The rest is guarded by the cluster's lock.
	ids       []acl.Identity
	nonce     string           // of a SASL negotiation under way
	session   *history.Session // nil until the handshake is done
	timeout   time.Duration
	oldClient bool      // left out the readOnly byte, so its answer has none
	greeted   bool      // has sent its connect request
	local     bool      // its session is one of a read-only server, and ends with it
	gone      bool      // nothing more is read or written
	finishing bool      // to be closed when all is sent
	cutLater  bool      // to be cut when it is no longer frozen
	lateUntil time.Time // when the last of what is sent late is sent
	leaving   bool      // has closed its session and is waiting for the answer
	waits     bool      // a request waits for its transaction
	held      bool      // a fault holds a request or an answer
	queue     []queued  // requests that came meanwhile
	current   current   // the request that is being processed
	pending   []byte    // written under the lock, to be handed to writeLoop
	listed    bool      // in Cluster.unsent
	fired     uint64    // the event that it got last, see notice
	since     time.Time
	received  int64
	sent      int64
	lastOp    wire.OpCode
	lastXid   int32
	lastZxid  int64
	impatient *timed.Alarm // ends a connection that does not begin a session
}

// current is the request of a connection that has not been answered yet; op is 0 if there is none.
type current struct {
	xid   int32
	op    wire.OpCode
	path  string
	after *Injected // strikes its answer; nil: none
}

// queued is a request that waits for those before it, and what Intercept's function made of it.
type queued struct {
	frame []byte
	do    Action
}

// hangUp ends the connection when all that has been written is sent.
func (c *conn) hangUp() {
	if c.gone {
		return
	}
	c.detach()
	c.finishing = true
	c.handOn()
}

// drop ends the connection at once, or as soon as it is no longer frozen.
func (c *conn) drop() {
	if c.gone {
		return
	}
	c.detach()
	if c.isFrozen() {
		c.cutLater = true
		return
	}
	c.cut()
}

// cut closes the connection whatever is still to be sent.
func (c *conn) cut() {
	c.pending, c.finishing = nil, false
	c.out.End()
	_ = c.raw.Close()
}

// detach makes the server forget the connection. The session, if it has one, goes on.
func (c *conn) detach() {
	c.gone = true
	c.queue = nil
	s := c.srv
	delete(s.conns, c)
	if c.session != nil && s.bySession[c.session.ID] == c {
		delete(s.bySession, c.session.ID)
	}
	s.Watches().Forget(c)
	if c.impatient != nil {
		c.impatient.CallOff()
	}
}

// isFrozen reports whether nothing is read from the connection or written to it.
func (c *conn) isFrozen() bool {
	return !c.srv.w.Ended() && (c.srv.frozenAll || c.session != nil && c.srv.frozen[c.session.ID])
}

// handOn gives writeLoop what was written under the lock, now or, on a server that is slow, by and by.
func (c *conn) handOn() {
	c.listed = false
	if c.isFrozen() || len(c.pending) == 0 && !c.finishing {
		return
	}
	w := c.srv.w
	if c.srv.delay == 0 && !c.lateUntil.After(w.Now()) {
		c.deliver(&c.pending)
		return
	}
	c.lateUntil = maxTime(c.lateUntil, w.Now().Add(c.srv.delay))
	late := append([]byte(nil), c.pending...)
	c.pending = c.pending[:0]
	finishing := c.finishing
	w.At(c.lateUntil, func() {
		c.out.Put(late)
		if finishing {
			c.out.Finish()
		}
	})
}

func (c *conn) deliver(pending *[]byte) {
	if len(*pending) > 0 {
		*pending = c.out.Put(*pending)
	}
	if c.finishing {
		c.out.Finish()
	}
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

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
	h, _ := wire.DecodeReplyHeader(c.pending[start+link.LengthSize:])
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

// Changed tells of a change. It implements watch.Watcher. Up to 3.8 its header has no zxid.
func (c *conn) Changed(kind zk.EventType, path string, zxid int64) {
	if !c.srv.w.cfg.Rules.EventZxid {
		zxid = wire.NoZxid
	}
	start := c.begin(wire.XidWatch, zxid, wire.CodeOK)
	c.pending = wire.AppendWatchEvent(c.pending, wire.WatchEvent{Type: int32(kind), State: syncConnected, Path: path})
	c.finishFrame(start)
}

// Notice implements watcher.
func (c *conn) Notice(change uint64) bool {
	news := c.fired != change
	c.fired = change
	return news
}

// Identities implements watcher.
func (c *conn) Identities() []acl.Identity { return c.ids }

// note records the request that a connection is being answered.
func (c *conn) note(zxid int64, code int32, lost bool) {
	w := c.srv.w
	w.record.add(Request{
		Server: c.srv.Number(), Session: c.session.ID, Xid: c.current.xid, Op: c.current.op, Path: c.current.path,
		Time: w.Now(), Zxid: zxid, Err: wire.ErrorOf(code), Lost: lost,
	})
	w.Tell()
}
