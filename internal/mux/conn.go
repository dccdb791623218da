package mux

import (
	"encoding/binary"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zkasync/zkasync-go/internal/mux/internal/flight"
	"github.com/zkasync/zkasync-go/internal/mux/internal/inbox"
	"github.com/zkasync/zkasync-go/internal/mux/internal/joined"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// Conn is the connection passed to go-zookeeper. It is a net.Conn for that one user: one goroutine reads, one writes, and
// any may close it. It ignores the deadlines that go-zookeeper sets, because silenceLoop watches the connection.
type Conn struct {
	m      *Mux
	flight flight.Flight // written, no answer taken yet
	sock   net.Conn      // nil: there is no server, see NewPretended and NewExpired
	hand   *Handshake    // the one it was made from, nil if none
	born   time.Time

	// Used by the reading goroutine alone.
	in      inbox.Inbox
	up      []byte // bytes for go-zookeeper, a view into in's buffer
	shaken  bool   // the connect response was handed up
	torn    bool   // teardown is done
	session time.Duration
	talk    Conversation // nil: none

	sinceBirth struct { // nanoseconds since born
		read  atomic.Int64 // of the last byte received
		write atomic.Int64 // when the write in progress began, 0: none
	}

	vouched       vouching
	pieces        atomic.Int64 // reads that brought a part of a large frame
	companionsMet atomic.Int64 // how many of the companions have been answered
	listening     atomic.Bool  // the reader waits for the server

	asked    bool                 // go-zookeeper has written its connect request; used by the writing goroutine alone
	openZxid int64                // the last zxid that the connect request offered
	resp     wire.ConnectResponse // the server's answer

	moving  atomic.Bool     // see Mux.Move; changed under m.mu
	joining atomic.Int32    // whether reads can be joined, see tryLocked; changed under m.mu
	gather  joined.Gatherer // used by the writer alone
	trial   atomic.Bool     // a request is alone in flight to try its operation, see trial.go; changed under m.mu
	trying  Request         // that request; guarded by m.mu

	closeReq  chan struct{} // closed when go-zookeeper has written its close request
	closeXid  int32         // the xid of that request; written before closeReq is closed
	closeOnce sync.Once
	closed    chan struct{} // closed by Close
	dead      chan struct{} // closed by condemn
	shut      chan struct{} // closed when the socket is closed
	workers   sync.WaitGroup

	mu      sync.Mutex
	cause   error // why it died
	reading bool  // a goroutine is inside Read

	// Guarded by m.mu.
	auths       []authEntry // written, no reply yet
	open        bool        // the handshake is done
	left        bool        // the Move can no longer be taken back
	urgent      []Request   // heartbeats, to be written before anything else
	refused     []int32     // xids of go-zookeeper's requests that are too large; a ping is in flight for each
	restore     []Request   // to be written before anything queued
	behind      []Request   // to be restored when the conversation is over
	talking     bool        // the conversation is not over; heartbeats wait, too
	taken       []Request   // by the writer, not in flight yet; nil elements have failed. Only the writer uses it while it runs
	restoring   int         // requests of the restoration that have no reply yet
	unsent      int         // requests at the tail of flight that did not leave
	unsentAuths int         // requests at the tail of auths that did not leave
	broken      int32       // xid of the request that left in part, 0: none
	nextXid     int32
	written     int64     // ordinary requests that were put in flight
	companions  int64     // reads that were put in flight with others, not counting the first of each request
	encoding    int       // requests that were taken but are not in flight yet
	repliesAt   int64     // Mux.replies at the handshake
	heavy       bool      // the last request taken must be alone in flight, see care
	server      string    // its address
	draining    bool      // the writer waits until nothing is in flight, see aloneLocked
	keepQueue   bool      // what is queued when the connection ends waits for the next one
	dropQueue   bool      // what is queued when the connection ends fails with it, even at a Move
	liveSince   time.Time // when the queue was opened, zero: it was not
}

// authEntry is an auth request in flight. The server's answer to it may overtake those to earlier requests.
type authEntry struct {
	Request
	before int32 // the xid of the next ordinary request
}

// NewConn takes over the connection of a handshake that was answered. There is only one connection at a time, so NewConn
// waits if go-zookeeper is still closing the previous one.
func (m *Mux) NewConn(h *Handshake) *Conn {
	m.conns.Wait()
	c := m.newConn(h.sock)
	c.hand, c.resp, c.openZxid = h, h.resp, h.req.LastZxidSeen
	_ = c.sock.SetDeadline(time.Time{})
	c.sinceBirth.read.Store(c.now())
	c.vouched.at.Store(-int64(c.born.Sub(h.askedAt)))
	m.conns.Add(1)
	m.use(c)
	return c
}

func (m *Mux) newConn(sock net.Conn) *Conn {
	c := &Conn{
		m:        m,
		sock:     sock,
		born:     time.Now(),
		in:       inbox.New(m.cfg.MaxReply),
		nextXid:  1,
		closeReq: make(chan struct{}),
		closed:   make(chan struct{}),
		dead:     make(chan struct{}),
		shut:     make(chan struct{}),
	}
	if sock == nil {
		close(c.shut)
	}
	c.flight.Init(&m.mu)
	return c
}

// use makes c the connection in use.
func (m *Mux) use(c *Conn) {
	m.mu.Lock()
	m.cur = c
	m.mu.Unlock()
	if m.stopping.Load() {
		c.giveUp(errStopping) // Stop may have run too early to see c
	}
}

// giveUp ends a connection that go-zookeeper has not opened yet. It closes the handshake first, so that a session that the
// server has just granted does not stay behind.
func (c *Conn) giveUp(cause error) {
	if c.hand != nil {
		if c.hand.stranger() {
			c.m.givenBack.Store(c.hand.Granted())
		}
		c.hand.Close()
	}
	c.die(cause)
}

// die marks the connection dead and closes the socket, or waits until whoever did so first has closed it. That can take a while:
// TLS says farewell, and a dialer's connection does what it likes.
func (c *Conn) die(cause error) {
	if c.condemn(cause) {
		c.closeSocket()
	}
	<-c.shut
}

// condemn marks the connection dead. Whoever gets true must close the socket.
func (c *Conn) condemn(cause error) bool {
	c.mu.Lock()
	if c.isDead() {
		c.mu.Unlock()
		return false
	}
	c.cause = cause
	close(c.dead)
	c.mu.Unlock()
	c.m.mu.Lock()
	c.m.work.Broadcast()
	c.m.mu.Unlock()
	return c.sock != nil
}

func (c *Conn) closeSocket() {
	defer close(c.shut)
	_ = c.sock.Close()
}

func (c *Conn) isDead() bool {
	select {
	case <-c.dead:
		return true
	default:
		return false
	}
}

// enter claims the reading side; it returns false if another goroutine has it.
func (c *Conn) enter() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reading {
		return false
	}
	c.reading = true
	return true
}

func (c *Conn) leave() {
	c.mu.Lock()
	c.reading = false
	c.mu.Unlock()
}

// now returns the time since the connection was made; it is never zero.
func (c *Conn) now() int64 { return int64(time.Since(c.born)) + 1 }

// LocalAddr implements net.Conn.
func (c *Conn) LocalAddr() net.Addr { return c.addr(net.Conn.LocalAddr) }

// RemoteAddr implements net.Conn.
func (c *Conn) RemoteAddr() net.Addr { return c.addr(net.Conn.RemoteAddr) }

func (c *Conn) addr(of func(net.Conn) net.Addr) net.Addr {
	if c.sock == nil {
		return &net.TCPAddr{}
	}
	return of(c.sock)
}

// SetDeadline implements net.Conn; it does nothing.
func (c *Conn) SetDeadline(time.Time) error { return nil }

// SetReadDeadline implements net.Conn; it does nothing.
func (c *Conn) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline implements net.Conn; it does nothing.
func (c *Conn) SetWriteDeadline(time.Time) error { return nil }

// deathCause says why the connection has ended.
func (c *Conn) deathCause() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause == nil {
		return io.EOF
	}
	return c.cause
}

// handUp passes the frame to go-zookeeper, with the xid that go-zookeeper knows, and without a zxid: go-zookeeper would keep that
// while another of its goroutines reads the last one to restore watches, without synchronization. It is of no use, see Write. The
// frame's length is still in the buffer, in front of it.
func (c *Conn) handUp(frame []byte, xid int32) {
	binary.BigEndian.PutUint32(frame, uint32(xid))
	binary.BigEndian.PutUint64(frame[4:], 0)
	c.up = c.in.Whole(frame)
}

// handUpReply passes go-zookeeper a reply to one of its requests.
func (c *Conn) handUpReply(xid int32, h wire.ReplyHeader, body []byte) {
	h.Xid, h.Zxid = xid, 0
	b, start := wire.BeginFrame(nil)
	b = append(wire.AppendReplyHeader(b, h), body...)
	c.up = wire.EndFrame(b, start)
}
