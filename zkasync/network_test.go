package zkasync_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// noticed waits until the client notices the loss, and checks how long that took.
func noticed(t *testing.T, changes <-chan zkasync.StateChange, since *stopwatch, session time.Duration) {
	t.Helper()
	nextState(t, changes, zkasync.StateSuspended)
	if took := since.took(time.Now()); took > silence(session)+slack {
		t.Errorf("the loss was noticed after %v, want %v at the most", took, silence(session)+slack)
	}
}

// The connection is dead, but nobody has told the client, with and without traffic.
func TestNetwork_HalfOpen(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		lost []zkproxy.Direction
		n    int
	}{
		{"both ways, idle", []zkproxy.Direction{zkproxy.ToServer, zkproxy.ToClient}, 0},
		{"both ways, busy", []zkproxy.Direction{zkproxy.ToServer, zkproxy.ToClient}, manyPending},
		{"to the client, busy", []zkproxy.Direction{zkproxy.ToClient}, manyPending},
		{"to the server, busy", []zkproxy.Direction{zkproxy.ToServer}, manyPending},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c, _, p := proxied(t, zkasync.WithSessionTimeout(shortSession))
			changes := c.States(testContext(t))
			for _, d := range tc.lost {
				p.Drop(d, true)
			}
			since := startStopwatch(t)
			fs := gets(testContext(t), c, tc.n)
			noticed(t, changes, since, shortSession)
			for _, f := range fs {
				fails(t, f, zkasync.ErrConnectionLoss)
			}
			p.Cut()
			p.Heal()
			nextState(t, changes, zkasync.StateConnected)
			must(t, c.Get(testContext(t), "/"))
		})
	}
}

// The client's requests are lost.
func TestNetwork_RequestsLost(t *testing.T) {
	t.Parallel()
	c, twin, p := proxied(t, zkasync.WithSessionTimeout(shortSession))
	changes := c.States(testContext(t))
	p.Drop(zkproxy.ToServer, true)
	since := startStopwatch(t)
	var fs []*future.Future[zkasync.Created]
	for i := range 100 {
		fs = append(fs, c.Create(testContext(t), fmt.Sprintf("/%d", i), nil))
	}
	noticed(t, changes, since, shortSession)
	for _, f := range fs {
		fails(t, f, zkasync.ErrConnectionLoss)
	}
	p.Cut()
	p.Heal()
	nextState(t, changes, zkasync.StateConnected)
	if names := must(t, twin.Children(testContext(t), "/")).Names; len(names) > 0 {
		t.Errorf("applied: %q", names)
	}
}

// Bytes arrive one by one, or late.
func TestNetwork_SmallAndLate(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		on   func(*zkproxy.Proxy, zkproxy.Direction)
		n    int
	}{
		{"byte by byte", func(p *zkproxy.Proxy, d zkproxy.Direction) { p.Pieces(d, 1) }, 200},
		{"300 ms late", func(p *zkproxy.Proxy, d zkproxy.Direction) { p.Delay(d, 300*time.Millisecond) }, 10_000},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c, _, p := proxied(t, zkasync.WithSessionTimeout(10*time.Second),
				zkasync.WithCoalescedReads(false)) // 3.5 ends the connection at the first multi-read
			changes := stateCount(c)
			tc.on(p, zkproxy.ToServer)
			tc.on(p, zkproxy.ToClient)
			must(t, future.All(gets(testContext(t), c, tc.n)...))
			p.Cut() // so that a handshake takes place under the same conditions
			must(t, future.All(gets(testContext(t), c, 0)...))
			poll(t, "reconnected", func() bool { return changes.Load() >= 2 && c.Connected() })
			must(t, future.All(gets(testContext(t), c, tc.n)...))
			if n := changes.Load(); n != 2 {
				t.Errorf("%d changes of the state, want 2", n)
			}
		})
	}
}

// A slow link that is never idle does not count as dead.
func TestNetwork_SlowLinkUnderLoad(t *testing.T) {
	t.Parallel()
	const pending, bytesPerSecond = 200_000, 1 << 20
	c, _, p := proxied(t, zkasync.WithSessionTimeout(shortSession), zkasync.WithCoalescedReads(false)) // 3.5 ends the connection at the first multi-read
	changes := stateCount(c)
	p.Throttle(zkproxy.ToClient, bytesPerSecond)
	ctx, cancel := context.WithTimeout(context.Background(), 4*wait)
	defer cancel()
	begun := time.Now()
	if _, err := future.All(gets(ctx, c, pending)...).Get(ctx); err != nil {
		t.Fatal(err)
	}
	took := time.Since(begun)
	if took < 3*shortSession {
		t.Errorf("took only %v: the link was not slow", took)
	}
	if n := changes.Load(); n != 0 {
		t.Errorf("%d changes of the state in %v", n, took)
	}
}

// The server is frozen, and more is submitted than the sockets' buffers can take.
func TestNetwork_FrozenUnderManyBytes(t *testing.T) {
	t.Parallel()
	const sets, size, session = 128, 512 << 10, 16 * time.Second
	z := freeze(t, zkasync.WithSessionTimeout(session))
	data := make([]byte, size)
	begun := startStopwatch(t)
	var fs []*future.Future[zk.Stat]
	for range sets {
		fs = append(fs, z.c.Set(testContext(t), "/", data, zkasync.AnyVersion))
	}
	// Copying 64 MiB takes a while, but a call that waited for the server would wait until the loss, for two thirds of the session.
	if took := begun.took(time.Now()); took > session/2 {
		t.Errorf("submitting took %v", took)
	}
	ctx, cancel := context.WithCancel(context.Background())
	behind := z.c.Get(ctx, "/")
	cancel()
	fails(t, behind, context.Canceled, zkasync.ErrNotSent) // before the loss
	lost := <-z.lost
	if took := z.since.took(lost); took > silence(session)+slack {
		t.Errorf("the loss was noticed after %v", took)
	}
	unsent := 0
	for _, f := range fs {
		if err := fails(t, f, zkasync.ErrConnectionLoss); errors.Is(err, zkasync.ErrNotSent) {
			unsent++
		}
	}
	if unsent == 0 {
		t.Error("everything was sent, so the writer was not stuck")
	}
	begun = startStopwatch(t)
	if err := z.c.Close(); err != nil {
		t.Error(err)
	}
	if took := begun.took(time.Now()); took > 2*time.Second {
		t.Errorf("Close took %v", took)
	}
}

// The servers cannot be reached.
func TestNetwork_Unreachable(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	mustDo(t, err)
	refused := l.Addr().String()
	mustDo(t, l.Close())
	for _, tc := range []struct{ name, server, named string }{
		{"refused", refused, refused},
		{"unroutable", "192.0.2.1:2181", "192.0.2.1:2181"}, // RFC 5737: nobody's
		{"unresolvable", "zk.invalid:2181", "zk.invalid"},  // RFC 2606: never resolves
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			begun := startStopwatch(t)
			_, err := zkasync.Connect(ctx, tc.server, zkasync.WithConnectTimeout(300*time.Millisecond))
			if took := begun.took(time.Now()); took > 2*time.Second {
				t.Errorf("gave up after %v", took)
			}
			if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), tc.named) {
				t.Errorf("error %v, want one that names %s", err, tc.named)
			}
		})
	}
}

func TestNetwork_NameResolvesLater(t *testing.T) {
	t.Parallel()
	const name = "zk.invalid:2181"
	server := zkserver.Shared(t).Addr()
	var known atomic.Bool
	var asked atomic.Int32
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		asked.Add(1)
		if address != name {
			return nil, fmt.Errorf("dial of %q", address)
		}
		if !known.Load() {
			return nil, &net.DNSError{Err: "no such host", Name: address, IsNotFound: true}
		}
		return (&net.Dialer{}).DialContext(ctx, network, server)
	}
	c, err := zkasync.New(name, zkasync.WithDialer(dial))
	mustDo(t, err)
	defer c.Close()
	started := c.StartAsync()
	waiting := c.Get(testContext(t), "/")
	poll(t, "several attempts", func() bool { return asked.Load() > 2 })
	if started.Ready() || waiting.Ready() {
		t.Error("complete without a server")
	}
	known.Store(true)
	must(t, started)
	must(t, waiting)
}
