package zkasync

import (
	"context"
	"fmt"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/handler"
	"github.com/zkasync/zkasync-go/internal/hosts"
	"github.com/zkasync/zkasync-go/internal/mux"
	"github.com/zkasync/zkasync-go/internal/session"
)

// run is the client between a start and a stop.
type run struct {
	c       *Client
	session *session.Run
	started *future.Promise[future.Void] // completes with the first session
	stopped *future.Promise[future.Void] // nil until shutdown; guarded by c.mu
	bye     *delivery                    // runs the callbacks of stopped; nil as long as that is
	over    chan struct{}                // closed when the stop is complete and these callbacks have run, or do not return
	left    error                        // which of them does not return; read when over is closed
	resting resting                      // set by shutdown
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
	r := &run{c: c, over: make(chan struct{}), started: future.NewPromise[future.Void](c.completion(""))}
	r.session = session.New(&owner{r}, c.sessionConfig())
	c.last, c.resume = nil, mux.Session{}
	c.sink.Store(r.session.Mux())
	c.watches.Open()
	c.pauses.open()
	c.states.set(func(StateChange) (StateChange, bool) { return StateChange{State: StateConnecting}, true })
	if err := r.session.Begin(); err != nil {
		return nil, fmt.Errorf("zkasync: start: %w", err)
	}
	return r, nil
}

// sessionConfig is what a session is kept with. The caller holds c.mu.
func (c *Client) sessionConfig() session.Config {
	return session.Config{
		Mux: mux.Config{
			MaxReply:       c.cfg.maxReply,
			MaxRequest:     c.cfg.maxRequest,
			WatchesLimit:   c.watches.RestoreLimit,
			SessionTimeout: c.cfg.sessionTimeout,
			JoinReads:      c.cfg.coalesce,
			RequestTimeout: c.cfg.requestTimeout,
			ReadOnly:       c.cfg.readOnly,
			Slept:          c.cfg.slept,
			Resume:         c.resume,
		},
		Hosts:          hosts.New(c.hosts, hosts.Options{Shuffle: c.cfg.shuffle, Named: c.cfg.tls != nil, Lookup: c.cfg.lookup, Draw: c.cfg.draw}),
		Names:          c.hosts,
		Dialer:         c.cfg.reach(),
		ConnectTimeout: c.cfg.connectTimeout,
		CloseTimeout:   c.cfg.closeTimeout,
		AskTime:        c.cfg.askTime(),
		Closed:         ErrClosed,
		Log:            c.logs.add,
	}
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
		err = r.session.Explain(err)
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
