package zkasync

import (
	"context"
	"fmt"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/handler"
	"github.com/zkasync/zkasync-go/internal/hosts"
	"github.com/zkasync/zkasync-go/internal/mux"
	"github.com/zkasync/zkasync-go/internal/session"
)

// StartAsync starts the client and returns at once (kazoo: start_async). The future completes with the first session; it
// fails if the client is stopped first or its credentials are rejected. The client keeps trying without limit: to give
// up, wait with a timeout and stop it. Starting a client that has been started returns the future of that start;
// starting one that is still stopping fails with [ErrClosed].
func (c *Client) StartAsync() *future.Future[future.Void] {
	if err := c.refuseView("start"); err != nil {
		return c.refused(err)
	}
	defer c.states.tell((*lane).ExecuteHere) // without the lock: a callback may run at once, on this goroutine
	r, err := c.runs.begin(c.newRun)
	if err != nil {
		return c.refused(err)
	}
	return r.started.Future()
}

// newRun starts a run. Until it returns, no other run starts and none stops.
func (c *Client) newRun(servers []string, resume mux.Session) (*run, error) {
	if err := c.startCallbacks(); err != nil {
		return nil, fmt.Errorf("zkasync: start: %w", err)
	}
	c.tally.reset()
	r := &run{c: c, begun: time.Now(), over: make(chan struct{}), started: future.NewPromise[future.Void](c.completion(""))}
	r.session = session.New(&owner{r}, c.sessionConfig(servers, resume))
	c.sink.Store(r.session.Mux())
	c.watches.Open()
	c.pauses.open()
	c.states.set(func(StateChange) (StateChange, bool) { return StateChange{State: StateConnecting}, true })
	if err := r.session.Begin(); err != nil {
		return nil, fmt.Errorf("zkasync: start: %w", err)
	}
	r.track()
	return r, nil
}

// sessionConfig returns the configuration of a session.
func (c *Client) sessionConfig(servers []string, resume mux.Session) session.Config {
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
			Resume:         resume,
			Tracer:         c.hooks.tracer(),
		},
		Hosts:          hosts.New(servers, hosts.Options{Shuffle: c.cfg.shuffle, Named: c.cfg.tls != nil, Lookup: c.cfg.lookup, Service: c.cfg.service, Draw: c.cfg.draw}),
		Names:          servers,
		Dialer:         c.cfg.reach(),
		ConnectTimeout: c.cfg.connectTimeout,
		CloseTimeout:   c.cfg.closeTimeout,
		AskTime:        c.cfg.askTime(),
		Closed:         ErrClosed,
		Log:            c.logs.add,
		Tried:          c.hooks.tried(),
	}
}

// startCallbacks starts the handler and the delivery goroutine.
func (c *Client) startCallbacks() error {
	if err := c.logs.start(); err != nil {
		return fmt.Errorf("%w: the logger (WithLogger) has not returned", err)
	}
	err := c.hooks.start()
	if err == nil {
		err = c.startDelivery()
	}
	if err != nil {
		_ = c.logs.stop(context.Background()) // nothing was logged
		return err
	}
	c.states.use(c.lane(handler.State, ""))
	return nil
}

// startDelivery starts what follows the logger and the hooks.
func (c *Client) startDelivery() error {
	err := c.delivery.start(c.cfg.logger)
	if err == nil {
		if err = c.cfg.handler.Start(c.cfg.logger); err != nil {
			_ = c.delivery.stop(context.Background()) // nothing has run there
		}
	}
	if err != nil {
		_ = c.hooks.stop(context.Background())
	}
	return err
}

// Start starts the client and waits for the first session. If ctx is done first, or the start fails, it stops the client
// and returns an error that names the failure of the last attempt.
func (c *Client) Start(ctx context.Context) error {
	_, err := c.StartAsync().Get(orBackground(ctx))
	if err == nil {
		return nil
	}
	if cause := context.Cause(orBackground(ctx)); cause != nil {
		err = cause
	}
	if r := c.runs.now(); r != nil && !c.shares {
		err = r.session.Explain(err)
		_ = c.Close()
	}
	return fmt.Errorf("zkasync: connect %s: %w", printable(c.cfg.servers), &escapedError{err})
}

// Connect is [New] followed by [Client.Start]: it returns a client with a live session, or an error if none could be
// established before ctx was done.
func Connect(ctx context.Context, servers string, opts ...Option) (*Client, error) {
	c, err := New(servers, opts...)
	if err != nil {
		return nil, err
	}
	if err := c.Start(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// Restart stops the client if it is running, and starts it with a new session (kazoo: restart).
func (c *Client) Restart(ctx context.Context) error {
	if err := c.Close(); err != nil {
		return err
	}
	return c.Start(ctx)
}
