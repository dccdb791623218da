package zktest

import (
	"encoding/binary"
	"net"
	"slices"
	"time"

	"github.com/zkasync/zkasync-go/zkasync/internal/wire"
)

// conn is a connection of a client. Two goroutines serve it: readLoop, which also does the work, and writeLoop.
type conn struct {
	srv    *Server
	number int
	sock   net.Conn
	raw    net.Conn // sock, or what is below its TLS
	ip     string
	in     inbox // readLoop's
	out    outbox

	// The rest is guarded by the world's lock.
	ids       []identity
	nonce     string   // of a SASL negotiation under way
	session   *session // nil until the handshake is done
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
	listed    bool      // in world.unsent
	fired     uint64    // the event that it got last, see watchTable.trigger
	since     time.Time
	received  int64
	sent      int64
	lastOp    wire.OpCode
	lastXid   int32
	lastZxid  int64
	impatient *alarm // ends a connection that does not begin a session
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

// handshakePatience is how long a connection may be without a session (zookeeper.sessionlessCnxnTimeout).
const handshakePatience = 10 * time.Second

// readLoop reads requests and works them off.
func (c *conn) readLoop() {
	defer c.srv.w.running.Done()
	for err := c.secure(); err == nil; {
		var n int
		n, err = c.sock.Read(c.in.room())
		c.in.came(n)
		if n > 0 && !c.workOff() {
			break
		}
	}
	c.srv.w.lock()
	c.drop()
	c.srv.w.release()
}

// workOff processes what has come, as far as it is complete, and reports whether there may be more.
func (c *conn) workOff() bool {
	w := c.srv.w
	w.lock()
	defer w.release()
	for !c.gone {
		if c.isFrozen() {
			w.flush()
			w.thawed.Wait()
			w.now = w.clock.now()
			continue
		}
		if !c.greeted && c.in.len() >= lengthSize {
			if word := c.in.peek(lengthSize); c.fourLetter(string(word)) {
				return false
			}
		}
		frame, state := c.in.frame(w.cfg.maxRequest)
		switch state {
		case frameMissing:
			return true
		case frameRefused:
			c.hangUp()
			return false
		}
		c.received++
		c.srv.received++
		if !c.greeted {
			c.greet(frame)
		} else {
			do := c.consult(frame)
			if c.gone {
				return false
			}
			c.receive(frame, do)
		}
	}
	return false
}

// requestHeader is the size of xid and opcode.
const requestHeader = 8

// receive takes one request. Credentials are dealt with at once, even when requests before them wait: in the server the
// I/O thread does that.
func (c *conn) receive(frame []byte, do Action) {
	if len(frame) < requestHeader {
		c.hangUp()
		return
	}
	xid := int32(binary.BigEndian.Uint32(frame))
	op := wire.OpCode(int32(binary.BigEndian.Uint32(frame[4:])))
	switch {
	case op == wire.OpSetAuth:
		c.receiveAuth(xid, frame[requestHeader:])
	case op == wire.OpSASL:
		c.receiveSASL(xid, frame[requestHeader:])
	case c.waits || c.held:
		c.queue = append(c.queue, queued{slices.Clone(frame), do})
	default:
		c.process(xid, op, frame[requestHeader:], do)
	}
}

func (c *conn) receiveAuth(xid int32, body []byte) {
	d := decoder{body: body}
	d.int32() // a type, always 0
	scheme := d.text()
	credential := d.buffer()
	if d.bad {
		c.hangUp()
		return
	}
	if c.authenticate(scheme.s, string(credential)) {
		c.replyAhead(xid, codeOK)
		return
	}
	c.replyAhead(xid, codeAuthFailed)
	c.hangUp()
}

// resume goes on with the requests that came while one was waiting.
func (c *conn) resume() {
	for len(c.queue) > 0 && !c.waits && !c.held && !c.gone {
		q := c.queue[0]
		c.queue[0] = queued{}
		c.queue = c.queue[1:]
		d := decoder{body: q.frame}
		xid, op := d.int32(), wire.OpCode(d.int32())
		c.process(xid, op, d.body, q.do)
	}
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
	c.out.end()
	_ = c.raw.Close()
}

// detach makes the server forget the connection. The session, if it has one, goes on.
func (c *conn) detach() {
	c.gone = true
	c.queue = nil
	s := c.srv
	delete(s.conns, c)
	if c.session != nil && s.bySession[c.session.id] == c {
		delete(s.bySession, c.session.id)
	}
	s.data.forget(c)
	s.children.forget(c)
	if c.impatient != nil {
		c.impatient.do = nil
	}
}
