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

// conn is the connection of a client. Two goroutines serve it: readLoop, which also processes the requests, and writeLoop.
type conn struct {
	srv    *Server
	number int
	sock   net.Conn
	raw    net.Conn // sock, or the connection below its TLS
	ip     string
	in     link.Inbox // used by readLoop alone
	out    link.Outbox

	// The cluster's lock guards the rest.
	ids       []acl.Identity
	nonce     string           // of the SASL negotiation in progress
	session   *history.Session // nil until the handshake is done
	timeout   time.Duration
	oldClient bool      // the client has omitted the readOnly byte, so the answer has none either
	greeted   bool      // the client has sent its connect request
	local     bool      // its session is one of srv.locals
	gone      bool      // nothing more is read or written
	finishing bool      // close the connection when everything has been sent
	cutLater  bool      // cut the connection when it is no longer frozen
	lateUntil time.Time // when the last of the delayed answers is sent
	leaving   bool      // the client has closed its session and waits for the answer
	waits     bool      // a request waits for its transaction
	held      bool      // a fault holds a request or an answer
	queue     []queued  // requests that came meanwhile
	current   current   // the request that is being processed
	pending   []byte    // written under the lock, to be passed to writeLoop
	listed    bool      // it is in Cluster.unsent
	fired     uint64    // the change about which it was told last, see Notice
	since     time.Time
	received  int64
	sent      int64
	lastOp    wire.OpCode
	lastXid   int32
	lastZxid  int64
	impatient *timed.Alarm // ends a connection that does not begin a session
}

// current is the request that a connection is processing; op is 0 if there is none.
type current struct {
	xid   int32
	op    wire.OpCode
	path  string
	after *Injected // strikes its answer; nil: none
}

// queued is a request that waits for earlier ones, and what Intercept's function decided about it.
type queued struct {
	frame []byte
	do    Action
}

// hangUp ends the connection when everything that was written has been sent.
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

// cut closes the connection, even if something has not been sent yet.
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
		if known := s.locals[c.session.ID]; known != nil {
			known.left = s.w.Now()
		}
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

// handOn passes what was written under the lock to writeLoop: now, or later if the server was slowed down.
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

// begin starts an answer, and finish ends it. In between, the caller appends the record to c.pending.
func (c *conn) begin(xid int32, zxid int64, code int32) (start int) {
	c.list()
	c.pending, start = wire.BeginFrame(c.pending)
	c.pending = wire.AppendReplyHeader(c.pending, wire.ReplyHeader{Xid: xid, Zxid: zxid, Err: code})
	return start
}

// list makes sure that handOn is called when the lock is released.
func (c *conn) list() {
	if !c.listed && !c.gone {
		c.listed = true
		c.srv.w.unsent = append(c.srv.w.unsent, c)
	}
}

// finish ends the answer to the current request.
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

// finishFrame ends a frame: that of finish, that of an event, or that of an answer that overtakes others. It returns false if the
// connection is gone.
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

// reply writes an answer without a record.
func (c *conn) reply(xid int32, zxid int64, code int32) { c.finish(c.begin(xid, zxid, code)) }

// replyAhead writes an answer that does not wait for those to earlier requests.
func (c *conn) replyAhead(xid int32, code int32) { c.finishFrame(c.begin(xid, 0, code)) }

// syncConnected is the only state that servers send with an event.
const syncConnected int32 = 3

// Changed implements watch.Watcher by sending an event. Up to 3.8 its header has no zxid.
func (c *conn) Changed(kind zk.EventType, path string, zxid int64) {
	if !c.srv.w.cfg.Rules.EventZxid {
		zxid = wire.NoZxid
	}
	start := c.begin(wire.XidWatch, zxid, wire.CodeOK)
	c.pending = wire.AppendWatchEvent(c.pending, wire.WatchEvent{Type: int32(kind), State: syncConnected, Path: path})
	c.finishFrame(start)
}

// Notice implements watch.Watcher.
func (c *conn) Notice(change uint64) bool {
	news := c.fired != change
	c.fired = change
	return news
}

// Identities implements watch.Watcher.
func (c *conn) Identities() []acl.Identity { return c.ids }

// note adds the current request, with the outcome, to the record.
func (c *conn) note(zxid int64, code int32, lost bool) {
	w := c.srv.w
	w.record.add(Request{
		Server: c.srv.Number(), Session: c.session.ID, Xid: c.current.xid, Op: c.current.op, Path: c.current.path,
		Time: w.Now(), Zxid: zxid, Err: wire.ErrorOf(code), Lost: lost,
	})
	w.Tell()
}
