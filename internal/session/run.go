package session

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/hosts"
	"github.com/zkasync/zkasync-go/internal/mux"
	"github.com/zkasync/zkasync-go/internal/reach"
	"github.com/zkasync/zkasync-go/internal/watch"
)

// Config configures a run.
type Config struct {
	Mux            mux.Config
	Hosts          *hosts.List
	Names          []string // of the hosts
	Dialer         reach.Dialer
	ConnectTimeout time.Duration // 0: derived from the session timeout
	CloseTimeout   time.Duration
	AskTime        time.Duration // bounds a question to a server that needs no session
	Closed         error         // the error of operations after the run has ended
	Log            func(level slog.Level, msg string, args ...any)
	Tried          func(server string, took time.Duration, err error) // called at the end of each attempt to reach a server; may be nil
}

// Run is what a client has from a start to a stop: a multiplexer with go-zookeeper's connection on top of it, and a session, which
// others may follow.
type Run struct {
	owner  Owner
	cfg    Config
	m      *mux.Mux
	conn   *zk.Conn
	seeker *reach.Seeker
	clock  clock

	ctx      context.Context // of dials
	cancel   context.CancelFunc
	ended    chan struct{} // closed when go-zookeeper's goroutines and the last connection's have ended
	stopping atomic.Bool
	detached atomic.Bool    // End leaves the session at the servers
	refused  atomic.Bool    // servers reject the credentials
	edition  atomic.Int64   // counts the connections that were restored, and their ends
	seekers  sync.WaitGroup // goroutines of seekWritable

	mu        sync.Mutex
	session   mux.Session  // as of the last handshake
	lastError error        // of the last attempt to connect
	failures  int64        // attempts to connect that have failed
	awaited   hosts.Server // the server that was tried last
	server    hosts.Server // of the last connection
}

// New returns a run that has not started. Requests can be submitted to its Mux.
func New(owner Owner, cfg Config) *Run {
	r := &Run{owner: owner, cfg: cfg, ended: make(chan struct{})}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	r.clock.timeout, r.clock.slept, r.clock.ranOut = cfg.Mux.SessionTimeout, cfg.Mux.Slept, owner.ClockRanOut
	r.m = mux.New(cfg.Mux, r)
	r.seeker = reach.New(r.ctx, reach.Config{
		Hosts:          cfg.Hosts,
		Mux:            r.m,
		Dialer:         cfg.Dialer,
		Session:        r,
		ConnectTimeout: cfg.ConnectTimeout,
		AskTime:        cfg.AskTime,
		ReadOnly:       cfg.Mux.ReadOnly,
	})
	return r
}

// Begin starts the run. It fails if the list of hosts is empty.
func (r *Run) Begin() error {
	conn, events, err := zk.Connect(r.cfg.Names, r.cfg.Mux.SessionTimeout,
		zk.WithDialer(r.dial),
		zk.WithHostProvider(r.cfg.Hosts),
		zk.WithLogger(debugLog{r}),
		zk.WithLogInfo(false),
		zk.WithMaxBufferSize(max(r.cfg.Mux.MaxReply, mux.MaxEvent)), // the multiplexer checks sizes before
		zk.WithMaxConnBufferSize(max(r.cfg.Mux.MaxRequest, theirWatches)+requestSlack),
	)
	if err != nil {
		return err
	}
	r.conn = conn
	go r.follow(events)
	return nil
}

// requestSlack is what go-zookeeper's encode buffer needs beyond the largest request: room for the frame's length. With more,
// go-zookeeper could send a request that is too large, at which the server would reset the connection.
const requestSlack = 4

// theirWatches is the size up to which go-zookeeper builds requests that restore its watches. If such a request did not fit into
// its buffer, go-zookeeper would drop it and lose the watches. So the buffer is large enough, and the multiplexer divides the
// request.
const theirWatches = watch.MostRestored

// follow waits until go-zookeeper's loop has ended, which closes its channel of events, and then until the last connection has
// ended, which go-zookeeper closes only afterwards. If the client is not stopping, somebody has closed go-zookeeper through Conn()
// while there was no connection that could notice; the client then stops, because it is of no use without go-zookeeper.
func (r *Run) follow(events <-chan zk.Event) {
	defer close(r.ended)
	for range events {
	}
	if !r.stopping.Load() {
		r.CloseAsked()
	}
	r.cancel()
	r.m.WaitConns()
	r.seeker.Stop()
}

// Mux returns the multiplexer.
func (r *Run) Mux() *mux.Mux { return r.m }

// Conn returns go-zookeeper's connection.
func (r *Run) Conn() *zk.Conn { return r.conn }

// Session returns the session as of the last handshake, or the zero value if there has been none.
func (r *Run) Session() mux.Session {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.session
}

// Failures returns the number of attempts to connect that have failed.
func (r *Run) Failures() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failures
}

// UpdateHosts replaces the list of servers, and moves to another server if the new list requires it.
func (r *Run) UpdateHosts(names []string) {
	if r.cfg.Hosts.Update(names) {
		r.Log(slog.LevelInfo, "moving to another server of the new list", "servers", strings.Join(names, ","))
		r.m.Move()
	}
}

// FollowHosts is UpdateHosts with the servers in the ensemble's own configuration.
func (r *Run) FollowHosts(names []string) {
	move := r.cfg.Hosts.Follow(names)
	r.Log(slog.LevelInfo, "the ensemble's configuration has other servers", "servers", strings.Join(names, ","), "moving", move)
	if move {
		r.m.Move()
	}
}

// Stopping makes the run refuse requests. It is called before End.
func (r *Run) Stopping() {
	r.stopping.Store(true)
	r.m.Refuse(r.cfg.Closed)
}

// Refused prevents further connections, because servers reject the credentials. Requests fail with err.
func (r *Run) Refused(err error) {
	r.refused.Store(true)
	if !r.stopping.Load() {
		r.m.Refuse(err)
	}
}

// Explain adds the last connection failure to the error of a start.
func (r *Run) Explain(err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.lastError != nil:
		return fmt.Errorf("%w (last attempt: %w)", err, r.lastError)
	case r.awaited != hosts.Server{}:
		return fmt.Errorf("%w (no answer from %v yet)", err, r.awaited)
	}
	return err
}

// debugLog writes go-zookeeper's log at debug level: problems that it mentions are reported by this package.
type debugLog struct{ r *Run }

func (d debugLog) Printf(format string, args ...any) {
	d.r.Log(slog.LevelDebug, fmt.Sprintf(format, args...))
}
