package zkasync

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/handler"
	"github.com/zkasync/zkasync-go/zkasync/internal/mux"
	"github.com/zkasync/zkasync-go/zkasync/internal/watch"
)

// run is the client between a start and a stop: a multiplexer and go-zookeeper's connection on top of it.
type run struct {
	c     *Client
	m     *mux.Mux
	hosts *hosts
	conn  *zk.Conn

	ended   chan struct{}   // closed when go-zookeeper's goroutines and the last connection's have ended
	ctx     context.Context // of dials; ended by shutdown
	cancel  context.CancelFunc
	started *future.Promise[future.Void] // completes with the first session
	stopped *future.Promise[future.Void] // nil until shutdown; guarded by c.mu
	bye     *delivery                    // runs the callbacks of stopped; nil as long as that is
	over    chan struct{}                // closed when the stop is complete and these callbacks have run, or do not return
	left    error                        // which of them does not return; read when over is closed

	stopping atomic.Bool
	restores atomic.Int64 // counts the connections that were restored
	resting  resting      // set by shutdown

	resumed  int64          // id of the session to take up
	attempts sync.WaitGroup // to connect
	won      *attempt       // found by a seek, and not handed to go-zookeeper yet; its loop's own
	seeking  *seek          // under way; its loop's own as well
	pace     pace

	mu        sync.Mutex
	lastError error          // of the last attempt to connect
	awaited   server         // that was tried last
	lives     time.Time      // until when the session can be alive; zero while connected
	clock     *time.Timer    // runs while Suspended: declares the session Lost
	sleep     mux.SleepWatch // while clock runs
	clocks    sync.WaitGroup
	seekers   sync.WaitGroup // goroutines of seekWritable
	session   mux.Session    // as of the last handshake
	timeout   time.Duration  // as negotiated
	gone      time.Time      // since when the session is Lost by the local clock, zero if it is not
	refusals  int            // handshakes in a row that servers ended without a word
}

// StartAsync starts the client and returns at once. The future completes with the first session; it fails when the client
// is stopped before or its credentials are not accepted. The client tries for as long as it takes: wait with a timeout,
// ask Connected, and stop it (kazoo: start_async). Starting a client that is started returns the future of that start;
// starting one that has begun to stop, and is not done, fails with [ErrClosed].
func (c *Client) StartAsync() *future.Future[future.Void] {
	defer c.states.tell((*lane).ExecuteHere) // without the lock: a callback may run at once, on this goroutine
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.run != nil && c.run.stopped == nil {
		return c.run.started.Future()
	}
	r, err := c.newRunLocked()
	if err != nil {
		p := future.NewPromise[future.Void](c.completion(""))
		p.Reject(err)
		return p.Future()
	}
	c.run = r
	return r.started.Future()
}

func (c *Client) newRunLocked() (*run, error) {
	if c.run != nil || c.settling > 0 {
		return nil, &OpError{Op: "start", Outcome: OutcomeNotSent, Err: fmt.Errorf("%w: it is still stopping", ErrClosed)}
	}
	if err := c.startCallbacks(); err != nil {
		return nil, fmt.Errorf("zkasync: start: %w", err)
	}
	r := &run{c: c, over: make(chan struct{}), hosts: newHosts(c.cfg, c.hosts), resumed: c.resume.ID}
	r.started = future.NewPromise[future.Void](c.completion(""))
	r.ctx, r.cancel = context.WithCancel(context.Background())
	r.timeout = c.cfg.sessionTimeout
	r.m = mux.New(mux.Config{
		MaxReply:       c.cfg.maxReply,
		MaxRequest:     c.cfg.maxRequest,
		WatchesLimit:   c.watches.RestoreLimit,
		SessionTimeout: c.cfg.sessionTimeout,
		JoinReads:      c.cfg.coalesce,
		RequestTimeout: c.cfg.requestTimeout,
		ReadOnly:       c.cfg.readOnly,
		Slept:          c.cfg.slept,
		Resume:         c.resume,
	}, r)
	c.last, c.resume = nil, mux.Session{}
	c.sink.Store(r.m)
	c.watches.Open()
	c.pauses.open()
	c.states.set(func(StateChange) (StateChange, bool) { return StateChange{State: StateConnecting}, true })
	conn, events, err := zk.Connect(c.hosts, c.cfg.sessionTimeout,
		zk.WithDialer(r.dial),
		zk.WithHostProvider(r.hosts),
		zk.WithLogger(debugLog{c.logs}),
		zk.WithLogInfo(false),
		zk.WithMaxBufferSize(max(c.cfg.maxReply, mux.MaxEvent)), // the multiplexer has looked at it
		zk.WithMaxConnBufferSize(max(c.cfg.maxRequest, theirWatches)+requestSlack),
	)
	if err != nil { // the host list is empty, which New has refused
		return nil, fmt.Errorf("zkasync: start: %w", err)
	}
	r.conn, r.ended = conn, make(chan struct{})
	go r.follow(events)
	return r, nil
}

// startCallbacks starts what runs callbacks.
func (c *Client) startCallbacks() error {
	if err := c.logs.start(); err != nil {
		return fmt.Errorf("%w: the logger (WithLogger) has not returned", err)
	}
	err := c.delivery.start(c.cfg.logger)
	if err == nil {
		if err = c.cfg.handler.Start(c.cfg.logger); err != nil {
			_ = c.delivery.stop(context.Background()) // nothing runs there
		}
	}
	if err != nil {
		_ = c.logs.stop(context.Background()) // nothing was logged
		return err
	}
	c.states.use(c.lane(handler.State, ""))
	return nil
}

// follow waits for the end of go-zookeeper's loop, which closes its events then, and for that of the last connection, which
// go-zookeeper closes only after that. Somebody may have closed it through Conn() while no connection was there to see it:
// without it the client is of no use.
func (r *run) follow(events <-chan zk.Event) {
	defer close(r.ended)
	for range events {
	}
	if !r.stopping.Load() {
		r.CloseAsked()
	}
	r.cancel()
	r.m.WaitConns()
	r.endSeek()
	r.dropWon()
	r.attempts.Wait()
	if res := r.hosts.resolver; res != nil {
		res.stop()
	}
}

// requestSlack is what go-zookeeper's encode buffer needs beyond the largest request: the frame's length. Anything more
// would let a request through at which the server resets the connection.
const requestSlack = 4

// theirWatches is the size up to which go-zookeeper makes requests that restore its watches. One that does not fit into the
// buffer is dropped, watches and all, so the multiplexer gets it and divides it.
const theirWatches = watch.MostRestored

// Start starts the client and waits for the first session. When ctx ends before, or the start fails, it stops the client
// and returns an error that names the last attempt's failure.
func (c *Client) Start(ctx context.Context) error {
	_, err := c.StartAsync().Get(orBackground(ctx))
	if err == nil {
		return nil
	}
	if cause := context.Cause(orBackground(ctx)); cause != nil {
		err = cause
	}
	c.mu.Lock()
	r := c.run
	c.mu.Unlock()
	if r != nil {
		r.mu.Lock()
		switch {
		case r.lastError != nil:
			err = fmt.Errorf("%w (last attempt: %w)", err, r.lastError)
		case r.awaited != server{}:
			err = fmt.Errorf("%w (no answer from %v yet)", err, r.awaited)
		}
		r.mu.Unlock()
		_ = c.Close()
	}
	return fmt.Errorf("zkasync: connect %s: %w", printable(c.cfg.servers), &escapedError{err})
}

// Restart stops the client, if it is started, and starts it with a new session (kazoo: restart).
func (c *Client) Restart(ctx context.Context) error {
	if err := c.Close(); err != nil {
		return err
	}
	return c.Start(ctx)
}
