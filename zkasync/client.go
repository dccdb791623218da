package zkasync

import (
	"sync/atomic"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/handler"
	"github.com/zkasync/zkasync-go/internal/feed"
	"github.com/zkasync/zkasync-go/internal/mux"
	"github.com/zkasync/zkasync-go/internal/watch"
)

// Client is a ZooKeeper client. [New] or [Connect] creates it; StartAsync, Start or Restart start it; StopAsync or Close
// stop it, after which it can be started again. [Client.Chroot] creates further ones that share its session. All methods
// are safe for concurrent use.
//
// Operations on a client that has not been started, or that has started to stop, fail with [ErrClosed] and [ErrNotSent].
type Client struct {
	*core
	view   view // what operations work on
	whole  view // the server's tree without the chroot
	shares bool // made by Chroot
}

// core is what a client shares with those that were made from it by Chroot.
type core struct {
	cfg    *config
	states *states

	// sink takes the operations of the current run; nil before the first start. It refuses requests itself once the run
	// has started to stop, which makes operations fail.
	sink     atomic.Pointer[mux.Mux]
	watches  *watch.Table
	lives    liveSet
	workers  feed.Crew // goroutines that serve watches
	lanes    lanes
	byPath   bool // the handler's lanes depend on paths
	delivery *delivery
	logs     *logbook
	creds    credentials
	missing  missingRoots
	pauses   *pauses
	tally    tally
	hooks    *hookCalls // nil: none

	runs runs
	lent atomic.Bool // Conn has been called
}

// New returns a client for the servers of a connection string, "host1:port,host2:port/chroot". It checks the string and
// the options, and starts nothing. In the string, ports are unsigned numbers, the chroot comes once, after the last
// address, and blanks are allowed around commas only.
//
// Instead of an address there may be the name of a service, as "_zookeeper._tcp.example.org": its SRV records (RFC 2782) have
// the servers with their ports. They are looked up anew whenever a server is sought, as other names are, and asked for the
// addresses of the servers. Servers of a lower priority number are tried first, the order within a priority is drawn by the
// weights. If a look-up fails or finds nothing, the servers of before are used. TLS verifies the servers' names in the
// records. "dns-srv://_zookeeper._tcp.example.org/chroot" is the form of the Java client (3.10, ZOOKEEPER-4956); it takes
// one name alone, and any.
//
// With a chroot, all paths are relative to it; the chroot itself must
// exist or be created, for example by EnsurePath(ctx, "/") of the same client. Operations that fail because it does not
// exist say so, with a [*ChrootError].
func New(servers string, opts ...Option) (*Client, error) {
	cfg, err := newConfig(servers, opts)
	if err != nil {
		return nil, err
	}
	c := &Client{core: &core{cfg: cfg, pauses: &pauses{logger: cfg.logger}}}
	c.runs.hosts, c.runs.resume = cfg.hosts, cfg.resume
	c.view, c.whole = view{c: c, chroot: cfg.chroot}, view{c: c}
	c.byPath = looksAtPaths(cfg.handler)
	c.hooks = newHookCalls(cfg.hooks, cfg.logger, cfg.slowCallback)
	c.delivery = newDelivery(cfg.handler, patience(cfg.sessionTimeout))
	c.delivery.slow = c.hooks.forSlow()
	c.logs = newLogbook(cfg.logger)
	c.states = newStates(c.hooks)
	c.watches = watch.New(watchHost{c}, watchErrors, cfg.chroot, cfg.maxRequest)
	c.creds.list = append(c.creds.list, cfg.auth...)
	return c, nil
}

// Connected reports whether the state is Connected.
func (c *Client) Connected() bool { return c.State() == StateConnected }

// State returns the current state.
func (c *Client) State() State { return c.states.current().State }

// Conn returns go-zookeeper's connection of the same session, for libraries that need one, or nil if the client is not
// started. Its requests travel over the same connection, in order with those of the client. It ends with the client's
// Close, and its own Close stops the client. It ignores the chroot. Requests above WithMaxRequestSize fail with
// zk.ErrShortBuffer or, below 128 KiB, with zk.ErrBadArguments.
func (c *Client) Conn() *zk.Conn {
	r := c.runs.now()
	if r == nil {
		return nil
	}
	c.lent.Store(true)
	return r.session.Conn()
}

// submit passes a request to the current run.
func (c *Client) submit(r mux.Request) {
	if m := c.sink.Load(); m != nil {
		m.Submit(r)
		return
	}
	r.Fail(mux.Failure{Reason: mux.ReasonRefused, Cause: ErrClosed})
}

// completion returns the executor for callbacks about path.
func (c *Client) completion(path string) future.Executor { return c.lane(handler.Completion, path) }

// lane returns the lane for callbacks about path.
func (c *Client) lane(kind handler.Kind, path string) *lane {
	if c.byPath && path != "" {
		path = c.view.shared(path)
	}
	to := c.cfg.handler.Lane(kind, path)
	if !c.delivery.direct {
		return newLane(c.delivery, to) // a user's own lanes need not be comparable
	}
	if l := c.lanes.first.Load(); l != nil && l.to == to {
		return l
	}
	l := newLane(c.delivery, to)
	if c.lanes.first.CompareAndSwap(nil, l) {
		return l
	}
	known, _ := c.lanes.others.LoadOrStore(to, l)
	return known.(*lane)
}
