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

// Config is what a Mux is made with.
type Config struct {
	// MaxReply is the largest frame accepted from the server, in bytes without its length.
	MaxReply int
	// SessionTimeout is what new sessions are asked for with.
	SessionTimeout time.Duration
	// MaxRequest is the largest frame that go-zookeeper may send, in bytes without its length; 0: any. Watches that it
	// restores are divided instead, see WatchesLimit.
	MaxRequest int
	// Slept takes the place of the function Slept in tests; nil otherwise.
	Slept func() time.Duration
	// RequestTimeout is for how long no request may be answered while one is in flight; 0: there is no bound.
	RequestTimeout time.Duration
	// ReadOnly accepts servers that have lost their quorum.
	ReadOnly bool
	// WatchesLimit gives the size, in bytes of a frame, that requests of go-zookeeper's for many watches may have; nil: any.
	// It must not call the Mux.
	WatchesLimit func() int
	// JoinReads has reads that wait travel together, where servers take them so.
	JoinReads bool
	// Tracer is told of requests; nil: nobody.
	Tracer Tracer
	// Resume is a session to take up; its ID is 0 if there is none.
	Resume Session
}

// Mux holds the requests of one client across connections. It is safe for concurrent use.
type Mux struct {
	cfg Config
	obs Observer

	lastZxid atomic.Int64 // the highest of any reply
	replies  atomic.Int64 // counts replies, as a sign of progress
	stopping atomic.Bool
	ended    atomic.Bool // the server has confirmed the session's end
	careful  atomic.Bool // care has a window; changed under mu

	conns sync.WaitGroup // connections to servers that are not torn down

	// offer is the session that handshakes ask for. go-zookeeper keeps its own idea of it, which knows neither of a
	// session to resume nor that what a read-only server grants is not one to come back with. Used by the goroutine
	// that shakes hands.
	offer Session

	mu      sync.Mutex
	queue   queue.Queue // accepted, not written; guards contexts while cur does not take from it
	cur     *Conn       // the connection in use, nil between connections
	live    bool        // cur's session is restored: the writer may take from queue
	opening bool        // the restoration is being announced; live follows, unless the connection is given up meanwhile
	refusal error       // not nil: nothing is accepted
	parked  bool        // cur's writer waits for work
	work    sync.Cond   // on mu; wakes the writer
	care    care

	counts   counters
	habits   map[string]*habits // of servers, by address; guarded by mu
	together joined.Sizes       // how many reads travel in one request
}

// New returns a Mux with no connection: what is submitted waits.
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

// FailWaiting fails what waits for a connection; it does nothing on a live one, whose queue is going out or is about to.
func (m *Mux) FailWaiting(cause error) {
	m.mu.Lock()
	var waiting []Request
	if !m.live && !m.opening {
		waiting = m.queue.Drain(nil)
	}
	m.mu.Unlock()
	request.FailAll(waiting, Failure{Reason: ReasonRefused, Cause: cause})
}

var errStopping = errors.New("client is stopping")

// Abort ends the connection now.
func (m *Mux) Abort(cause error) {
	m.mu.Lock()
	c := m.cur
	m.mu.Unlock()
	if c != nil {
		c.die(cause)
	}
}

// Replies counts the replies to requests so far.
func (m *Mux) Replies() int64 { return m.replies.Load() }

// SessionEnded reports whether the server has confirmed that the session was closed.
func (m *Mux) SessionEnded() bool { return m.ended.Load() }

// Offered returns the session proper, which the next handshake offers; its id is 0 if there is none. It is for the goroutine
// that calls [Mux.NewConn], and for anybody once there is none.
func (m *Mux) Offered() Session { return m.offer }

// LastZxid returns the highest zxid seen on a reply.
func (m *Mux) LastZxid() int64 { return m.lastZxid.Load() }

// WaitConns returns when no connection is left. go-zookeeper says that it has ended, and only then closes the last one: what
// is in flight there fails, and its goroutines end, on a goroutine that nobody else waits for.
func (m *Mux) WaitConns() { m.conns.Wait() }

// Wait returns when no goroutine of a context's end is left.
func (m *Mux) Wait() { m.queue.Wait() }
