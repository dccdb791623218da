package zkasync_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"
	"go.uber.org/goleak"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// The tests of this file look for goroutines right after Close, so they do not run in parallel with others.

// promptly is how long a Close may take that has nothing to wait for.
const promptly = 2 * time.Second

// closing records the present goroutines. The function that it returns closes a client, and checks that this takes no longer than
// limit and that no other goroutine is left right after it.
func closing(t *testing.T) func(c *zkasync.Client, limit time.Duration) {
	t.Helper()
	options := []goleak.Option{goleak.IgnoreAnyFunction(zkserver.Goroutine)}
	for _, own := range []string{"(*Proxy).accept", "(*link).run", "(*pipe).read", "(*pipe).write"} {
		options = append(options, goleak.IgnoreAnyFunction("github.com/zkasync/zkasync-go/internal/testkit/zkproxy."+own))
	}
	for _, own := range []string{"readLoop", "writeLoop"} { // of a server in memory that is frozen
		options = append(options, goleak.IgnoreAnyFunction("github.com/zkasync/zkasync-go/zkasync/zktest/internal/serve.(*conn)."+own))
	}
	options = append(options, goleak.IgnoreCurrent())
	return func(c *zkasync.Client, limit time.Duration) {
		t.Helper()
		begin := startStopwatch(t)
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if took := begin.took(time.Now()); took > limit {
			t.Errorf("close took %v, want no more than %v", took, limit)
		}
		goleak.VerifyNone(t, options...)
		if c.State() != zkasync.StateClosed || c.Connected() {
			t.Errorf("state %v after close", c.State())
		}
		fails(t, c.Exists(t.Context(), "/"), zkasync.ErrClosed, zkasync.ErrNotSent)
	}
}

// unstarted returns a client that is not started.
func unstarted(t *testing.T, servers string, opts ...zkasync.Option) *zkasync.Client {
	t.Helper()
	c, err := zkasync.New(servers, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// silent returns the address of a listener that accepts connections and sends nothing.
func silent(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}

func TestClose_BeforeTheStart(t *testing.T) {
	closeIt := closing(t)
	c := unstarted(t, nowhere)
	fails(t, c.Exists(t.Context(), "/"), zkasync.ErrClosed, zkasync.ErrNotSent)
	closeIt(c, promptly)
	must(t, c.StopAsync())
}

// dials counts dials: dial counts those that have ended, hang those that have begun.
type dials struct{ n atomic.Int32 }

func (d *dials) dial(ctx context.Context, network, address string) (net.Conn, error) {
	defer d.n.Add(1)
	return new(net.Dialer).DialContext(ctx, network, address)
}

func (d *dials) hang(ctx context.Context, _, _ string) (net.Conn, error) {
	d.n.Add(1)
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestClose_NeverConnected(t *testing.T) {
	for name, test := range map[string]struct {
		servers  string
		hangs    bool
		tls      bool
		attempts int32 // to wait for
	}{
		"refused":        {servers: nowhere, attempts: 5},
		"silent":         {servers: silent(t), attempts: 1},
		"dial hangs":     {servers: nowhere, hangs: true, attempts: 1},
		"unresolvable":   {servers: "no-such-host.invalid:2181", attempts: 3},
		"silent for TLS": {servers: silent(t), tls: true, attempts: 1},
	} {
		t.Run(name, func(t *testing.T) {
			closeIt := closing(t)
			var d dials
			opts := []zkasync.Option{zkasync.WithDialer(d.dial)}
			if test.hangs {
				opts = append(opts, zkasync.WithDialer(d.hang))
			}
			if test.tls {
				opts = append(opts, zkasync.WithTLS(&tls.Config{ServerName: "localhost"}))
			}
			c := unstarted(t, test.servers, opts...)
			started := c.StartAsync()
			waiting := c.Exists(t.Context(), "/")
			poll(t, "attempts to connect", func() bool { return d.n.Load() >= test.attempts })
			if started.Ready() || waiting.Ready() || c.State() != zkasync.StateConnecting {
				t.Error("started without a server")
			}
			closeIt(c, promptly)
			fails(t, started, zkasync.ErrClosed)
			fails(t, waiting, zkasync.ErrClosed, zkasync.ErrNotSent)
		})
	}
}

func TestClose_InTheHandshake(t *testing.T) {
	p := zkproxy.Run(t, zkserver.Shared(t).Addr())
	p.Drop(zkproxy.ToClient, true)
	closeIt := closing(t)
	c := unstarted(t, p.Addr())
	c.StartAsync()
	poll(t, "connect request", func() bool { return len(p.ConnectRequests()) > 0 })
	closeIt(c, promptly)
}

// The session ends at the server: its ephemeral znode is gone when Close returns.
func TestClose_Idle(t *testing.T) {
	root := sharedRoot(t)
	watcher := connect(t, root)
	gone := must(t, watcher.ExistsW(t.Context(), "/owned"))
	closeIt := closing(t)
	c := connect(t, root)
	must(t, c.Create(t.Context(), "/owned", nil, zkasync.Ephemeral()))
	must(t, gone.Event)
	closeIt(c, promptly)
	if must(t, watcher.Exists(t.Context(), "/owned")) != nil {
		t.Error("the session still exists at the server")
	}
}

// Operations that were accepted before Close are sent and complete.
func TestClose_SendsTenThousandQueued(t *testing.T) {
	const count = 10_000
	root := sharedRoot(t)
	twin := connect(t, root)
	must(t, twin.Exists(t.Context(), "/")) // its goroutines run
	closeIt := closing(t)
	c := connect(t, root)
	made := make([]*future.Future[zkasync.Created], count)
	for i := range made {
		made[i] = c.Create(t.Context(), fmt.Sprintf("/%d", i), nil)
	}
	closeIt(c, wait)
	for i, f := range made {
		if !f.Ready() {
			t.Fatalf("create %d is not complete", i)
		}
		must(t, f)
	}
	if n := len(must(t, twin.Children(t.Context(), "/")).Names); n != count {
		t.Errorf("%d znodes on the server, want %d", n, count)
	}
}

func TestClose_WhileSuspended(t *testing.T) {
	p := zkproxy.Run(t, zkserver.Shared(t).Addr())
	closeIt := closing(t)
	c := connect(t, p.Addr())
	watch := must(t, c.ExistsW(t.Context(), "/a")).Event
	suspend(t, c, p)
	waiting := c.Exists(t.Context(), "/")
	closeIt(c, 2*time.Second) // it looks for a server to end the session at
	fails(t, waiting, zkasync.ErrClosed, zkasync.ErrNotSent)
	fails(t, watch, zkasync.ErrClosed)
}

// A frozen server keeps the connection open and answers nothing. Operations in flight may have been applied; those that are queued
// behind full buffers were not sent.
func TestClose_FrozenServer(t *testing.T) {
	const count = 500
	server := check.Run(t)
	closeIt := closing(t)
	c := connect(t, server.Addr(), zkasync.WithSessionTimeout(wait))
	if err := server.Freeze(); err != nil {
		t.Fatal(err)
	}
	changes := c.States(t.Context())
	data := make([]byte, 64<<10)
	var s sequence
	made := make([]*future.Future[zkasync.Created], count)
	for i := range made {
		made[i] = c.Create(t.Context(), fmt.Sprintf("/%d", i), data)
		follow(&s, made[i], errAnyOutcome)
	}
	closeIt(c, 2*time.Second)
	s.check(t)
	if last := nextState(t, changes, zkasync.StateClosed); last.Err == nil {
		t.Error("the Closed state does not say that the session was left to its timeout")
	}
	fails(t, made[0], zkasync.ErrOutcomeUnknown)
	fails(t, made[count-1], zkasync.ErrNotSent)
	for _, f := range made {
		fails(t, f, zkasync.ErrClosed)
	}
}

func TestClose_TwiceAndRestart(t *testing.T) {
	root := sharedRoot(t)
	closeIt := closing(t)
	c := connect(t, root)
	first := c.Session().ID
	for range 2 {
		closeIt(c, promptly)
		closeIt(c, promptly)
		must(t, c.StopAsync())
		if err := c.Restart(testContext(t)); err != nil {
			t.Fatal(err)
		}
		must(t, c.Exists(t.Context(), "/"))
		if c.Session().ID == first {
			t.Errorf("session %#x is that of the first start", first)
		}
	}
	id := c.Session().ID
	if err := c.Restart(testContext(t)); err != nil || c.Session().ID == id {
		t.Errorf("restart of a client that is started: %v, session %#x, before %#x", err, c.Session().ID, id)
	}
	closeIt(c, promptly)
}

// Many goroutines call Close while others submit operations.
func TestClose_UnderAStorm(t *testing.T) {
	const closers, submitters = 16, 4
	root := sharedRoot(t)
	closeIt := closing(t)
	c := connect(t, root)
	var storm, closes sync.WaitGroup
	var submitted atomic.Int64
	for range submitters {
		storm.Go(func() {
			for err := error(nil); err == nil; submitted.Add(1) {
				err = burst(c)
				if err != nil && !(errors.Is(err, zkasync.ErrClosed) && errors.Is(err, zkasync.ErrNotSent)) {
					t.Errorf("refused with %v", err)
				}
			}
		})
	}
	poll(t, "a storm", func() bool { return submitted.Load() > submitters })
	begin := startStopwatch(t)
	for range closers {
		closes.Go(func() {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	closes.Wait()
	storm.Wait()
	if took := begin.took(time.Now()); took > 2*time.Second {
		t.Errorf("closed after %v", took)
	}
	closeIt(c, promptly)
}

// burst submits a hundred operations at once and returns the first error.
func burst(c *zkasync.Client) error {
	var fs [100]*future.Future[*zk.Stat]
	for i := range fs {
		fs[i] = c.Exists(context.Background(), "/")
	}
	_, err := future.All(fs[:]...).Get(context.Background())
	return err
}
