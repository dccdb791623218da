package recipe_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

// When the context ends, Lock fails at once, even if the server does not answer.
func TestMutex_GivenUpWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	c, twin, p := proxied(t)
	must(t, c.EnsurePath(t.Context(), "/lock"))
	p.Hold(zkproxy.ToClient, true)
	ctx, cancel := context.WithCancel(t.Context())
	waits := recipe.NewMutex(c, "/lock").Lock(ctx)
	poll(t, "its znode", func() bool { return len(names(t, twin, "/lock")) == 1 })
	onHandler := make(chan bool, 1)
	waits.OnDone(func(*recipe.Held, error) { onHandler <- c.Connected() })
	cancel()
	var why *recipe.Error
	if err := fails(t, waits, context.Canceled); !errors.As(err, &why) {
		t.Fatal(err)
	}
	<-onHandler
	if why.Removed.Ready() {
		t.Error("Removed has completed before the server has answered")
	}
	p.Heal()
	must(t, why.Removed)
	if left := names(t, twin, "/lock"); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

// proxied returns a client behind a proxy that can break connections, and a twin with the same chroot and no proxy.
func proxied(t *testing.T, opts ...zkasync.Option) (c, twin *zkasync.Client, p *zkproxy.Proxy) {
	t.Helper()
	servers, twin := place(t)
	p = zkproxy.Run(t, zkserver.Shared(t).Addr())
	_, root, _ := strings.Cut(servers, "/")
	return connect(t, p.Addr()+"/"+root, opts...), twin, p
}

// By default a lost connection ends the lock, and the next contender gets it as soon as the connection is back. With UntilLost the
// lock survives.
func TestMutex_LostConnection(t *testing.T) {
	t.Parallel()
	for name, lease := range map[string]recipe.Lease{"until suspended": recipe.UntilSuspended, "until lost": recipe.UntilLost} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, twin, p := proxied(t)
			m := recipe.NewMutex(c, "/lock", recipe.WithLease(lease))
			held := must(t, m.Lock(t.Context()))
			next := recipe.NewMutex(twin, "/lock").Lock(t.Context())
			p.Cut()
			poll(t, "reconnected", func() bool { return p.Accepted() > 1 && c.State() == zkasync.StateConnected })
			if lease == recipe.UntilSuspended {
				var end *zkasync.SessionEndError
				<-held.Done()
				if cause := context.Cause(held.Context()); !errors.As(cause, &end) || end.State != zkasync.StateSuspended {
					t.Errorf("cause %v", cause)
				}
				must(t, must(t, next).Unlock())
				must(t, must(t, m.Lock(t.Context())).Unlock())
				return
			}
			must(t, c.Sync(t.Context(), "/"))
			if held.Context().Err() != nil || next.Ready() {
				t.Error("an outage shorter than the session has ended the lock")
			}
			must(t, held.Multi(t.Context(), zkasync.CreateOp("/a", nil)))
			held.Unlock()
			must(t, must(t, next).Unlock())
		})
	}
}

// A waiter keeps its place in the queue across lost connections.
func TestMutex_WaitsThroughOutages(t *testing.T) {
	t.Parallel()
	c, twin, p := proxied(t)
	held := must(t, recipe.NewMutex(twin, "/lock").Lock(t.Context()))
	waits := recipe.NewMutex(c, "/lock").Lock(t.Context())
	poll(t, "two in the queue", func() bool { return len(names(t, twin, "/lock")) == 2 })
	behind := recipe.NewMutex(twin, "/lock").Lock(t.Context())
	for n := range 3 {
		p.Cut()
		poll(t, "reconnected", func() bool { return p.Accepted() > n+1 && c.State() == zkasync.StateConnected })
	}
	held.Unlock()
	got := must(t, waits)
	if behind.Ready() {
		t.Error("two hold the lock at once")
	}
	got.Unlock()
	must(t, must(t, behind).Unlock())
}

// The session of a holder and a waiter ends. The holder is told before anybody else can get the lock, and the waiter queues again.
func TestMutex_LostSession(t *testing.T) {
	t.Parallel()
	const session = 4 * time.Second
	c, twin, p := proxied(t, zkasync.WithSessionTimeout(session))
	held := must(t, recipe.NewMutex(c, "/lock", recipe.WithLease(recipe.UntilLost)).Lock(t.Context()))
	waits := recipe.NewMutex(c, "/lock").Lock(t.Context())
	poll(t, "two in the queue", func() bool { return len(names(t, twin, "/lock")) == 2 })
	next := recipe.NewMutex(twin, "/lock").Lock(t.Context())
	p.Drop(zkproxy.ToServer, true)
	p.Drop(zkproxy.ToClient, true)
	select {
	case <-held.Done():
	case <-next.Done():
		t.Error("two hold the lock at once")
	}
	got := must(t, next)
	p.Cut()
	p.Heal()
	poll(t, "the waiter is back", func() bool { return len(names(t, twin, "/lock")) == 2 })
	if err := fails(t, held.Multi(t.Context()), recipe.ErrNotHeld); errors.Is(err, zkasync.ErrSessionExpired) || errors.Is(err, zkasync.ErrConnectionLoss) {
		t.Errorf("%v: a caller that repeats requests of lost sessions would repeat this one for ever", err)
	}
	got.Unlock()
	must(t, must(t, waits).Unlock())
}

// A thousand contenders wait. An unlock wakes the next one only, and no other makes a request.
func TestMutex_HandsOverToOne(t *testing.T) {
	t.Parallel()
	srv := check.Run(t)
	c := connect(t, srv.Addr())
	must(t, c.EnsurePath(t.Context(), "/lock"))
	const waiters = 1000
	var locks []*future.Future[*recipe.Held]
	for range waiters {
		locks = append(locks, recipe.NewMutex(c, "/lock").Lock(t.Context()))
	}
	held := must(t, locks[0])
	poll(t, "all in the queue", func() bool { return len(names(t, c, "/lock")) == waiters })
	must(t, c.Sync(t.Context(), "/"))
	time.Sleep(100 * time.Millisecond) // until their first requests have been sent
	before := received(t, srv)
	const handovers = 100
	for i := range handovers {
		held.Unlock()
		held = must(t, locks[i+1])
	}
	if n := received(t, srv) - before; n > 3*handovers { // for each a delete and a list, and some heartbeats
		t.Errorf("%d requests for %d handovers", n, handovers)
	}
}

// received returns how many packets a server has received.
func received(t *testing.T, srv check.Server) (n int) {
	t.Helper()
	stats, err := srv.FourLetter(t.Context(), "mntr")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(stats, "zk_packets_received\t")
	if _, err := fmt.Sscan(rest, &n); err != nil {
		t.Fatal(err)
	}
	return n
}
