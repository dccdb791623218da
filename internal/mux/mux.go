package mux

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zkasync/zkasync-go/internal/mux/internal/joined"
	"github.com/zkasync/zkasync-go/internal/mux/internal/queue"
	"github.com/zkasync/zkasync-go/internal/mux/internal/request"
)

// Config configures a Mux.
type Config struct {
	// MaxReply is the largest frame accepted from the server, in bytes without its length.
	MaxReply int
	// SessionTimeout is the timeout requested for new sessions.
	SessionTimeout time.Duration
	// MaxRequest is the largest frame that go-zookeeper may send, in bytes without its length; 0: no limit. A request that
	// restores watches is divided instead, see WatchesLimit.
	MaxRequest int
	// Slept replaces the function Slept in tests; nil otherwise.
	Slept func() time.Duration
	// RequestTimeout is how long a connection may go without answering any request while one is in flight; 0: no limit.
	RequestTimeout time.Duration
	// ReadOnly accepts servers that have lost their quorum.
	ReadOnly bool
	// WatchesLimit returns the largest frame, in bytes without its length, of the requests with which go-zookeeper restores
	// its watches; nil: no limit. It must not call the Mux.
	WatchesLimit func() int
	// JoinReads sends waiting reads together in one request, to servers that support it.
	JoinReads bool
	// Tracer is told about requests; may be nil.
	Tracer Tracer
	// Resume is a session to continue; its ID is 0 if there is none.
	Resume Session
}

// Mux holds the requests of one client across connections. It is safe for concurrent use.
type Mux struct {
	cfg Config
	obs Observer

	lastZxid  atomic.Int64 // the highest zxid of any reply
	replies   atomic.Int64 // counts replies, as a sign of progress
	stopping  atomic.Bool
	detaching atomic.Bool  // the session is to outlive the stop
	givenBack atomic.Int64 // id of a new session that was ended because the client stops
	ended     atomic.Bool  // the server has confirmed the session's end
	careful   atomic.Bool  // care has a window, or cur is draining; changed under mu

	conns sync.WaitGroup // connections that are not torn down

	// offer is the session that handshakes ask for. go-zookeeper's own record of it does not do: it knows nothing of a
	// session to resume, and it would come back with the session that a read-only server granted. Only the goroutine that
	// makes handshakes uses it.
	offer Session

	mu      sync.Mutex
	queue   queue.Queue // accepted, not written; watches contexts while cur does not take from it
	cur     *Conn       // the connection in use, nil between connections
	live    bool        // cur's session is restored: the writer may take from queue
	opening bool        // Observer.Restored is running; live follows, unless the connection is given up meanwhile
	refusal error       // not nil: Submit fails with it
	parked  bool        // cur's writer waits for work
	work    sync.Cond   // on mu; wakes the writer
	care    care

	counts   counters
	habits   map[string]*habits // of servers, by address
	together joined.Sizes       // how many reads to send in one request; has its own synchronization
}

// New returns a Mux without a connection: submitted requests wait for one.
func New(cfg Config, obs Observer) *Mux {
	m := &Mux{cfg: cfg, obs: obs, offer: cfg.Resume}
	m.work.L = &m.mu
	m.queue.Init(&m.mu)
	return m
}

// Submit accepts r; it never blocks. The order of calls is the order on the wire.
func (m *Mux) Submit(r Request) {
	m.mu.Lock()
	if err := m.refusal; err != nil {
		m.mu.Unlock()
		r.Fail(Failure{Reason: ReasonRefused, Cause: err})
		return
	}
	m.enqueueLocked(r)
	m.mu.Unlock()
}

func (m *Mux) enqueueLocked(r Request) {
	m.counts.accepted[opSlot(r.Op())]++
	m.queue.Push(r)
	if m.live {
		m.wakeLocked()
	}
}

func (m *Mux) wakeLocked() {
	if m.parked {
		m.parked = false
		m.work.Signal()
	}
}

// Refuse makes every later Submit fail with cause.
func (m *Mux) Refuse(cause error) {
	m.mu.Lock()
	m.refusal = cause
	m.mu.Unlock()
}

// FailWaiting fails the requests that wait for a connection. It does nothing if the connection is live or about to be: what
// is queued there is sent. On a connection that a Move leaves once all replies have come, they fail when it ends, behind what
// is in flight.
func (m *Mux) FailWaiting(cause error) {
	m.mu.Lock()
	var waiting []Request
	switch c := m.cur; {
	case m.live || m.opening:
	case c != nil && c.open && c.moving.Load() && !c.left:
		c.dropQueue = true
	default:
		waiting = m.queue.Drain(nil)
	}
	m.mu.Unlock()
	request.FailAll(waiting, Failure{Reason: ReasonRefused, Cause: cause})
}

var errStopping = errors.New("client is stopping")

// Abort ends the present connection, if there is one, and does not wait until its socket is closed; [Mux.WaitConns] does.
func (m *Mux) Abort(cause error) {
	m.mu.Lock()
	c := m.cur
	m.mu.Unlock()
	if c != nil && c.condemn(cause) {
		go c.closeSocket()
	}
}

// Replies returns the number of replies to requests so far.
func (m *Mux) Replies() int64 { return m.replies.Load() }

// SessionEnded reports whether the server has confirmed that the session was closed.
func (m *Mux) SessionEnded() bool { return m.ended.Load() }

// Offered returns the session proper, which the next handshake offers; its id is 0 if there is none. Only the goroutine that
// calls [Mux.NewConn] may call it, and after that goroutine has ended, any.
func (m *Mux) Offered() Session { return m.offer }

// LastZxid returns the highest zxid seen on a reply.
func (m *Mux) LastZxid() int64 { return m.lastZxid.Load() }

// WaitConns returns when every connection has been torn down. go-zookeeper closes its last connection only after it has
// announced its own end; the teardown, which fails what is in flight, would otherwise be joined by nobody.
func (m *Mux) WaitConns() { m.conns.Wait() }

// Wait returns when no goroutine that handles the end of a context is left.
func (m *Mux) Wait() { m.queue.Wait() }
