package zkasync_test

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/handler"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// envPredecessor makes the test binary a process that creates an ephemeral znode and detaches: its value is the connection
// string and the znode's path.
const envPredecessor = "ZKASYNC_TEST_PREDECESSOR"

// init turns this process into the predecessor if the variable is set.
func init() {
	servers, path, ok := strings.Cut(os.Getenv(envPredecessor), " ")
	if !ok {
		return
	}
	if err := predecessor(servers, path); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// predecessor is that process. It prints the session that it leaves behind.
func predecessor(servers, path string) error {
	c, err := zkasync.Connect(context.Background(), servers, zkasync.WithSessionTimeout(patientSession))
	if err != nil {
		return err
	}
	if _, err := c.Create(context.Background(), path, []byte("of the first process"), zkasync.Ephemeral()).Get(context.Background()); err != nil {
		return err
	}
	left, err := c.Detach()
	fmt.Printf("SESSION %d %x %d\n", left.Session.ID, left.Session.Password, left.Stays)
	return err
}

// A process leaves its session to another one: its ephemeral znode is there all the time and belongs to the successor.
func TestDetach_BetweenProcesses(t *testing.T) {
	t.Parallel()
	servers, root := zkserver.Shared(t).Addr(), zkserver.Root(t)
	witness := connect(t, servers)
	created := must(t, witness.ExistsW(t.Context(), root)).Event
	process := exec.CommandContext(testContext(t), os.Args[0])
	process.Env = append(os.Environ(), envPredecessor+"="+servers+" "+root)
	out, err := process.CombinedOutput()
	if err != nil {
		t.Fatalf("the first process: %v\n%s", err, out)
	}
	must(t, created)
	gone := must(t, witness.ExistsW(t.Context(), root)).Event
	var session zkasync.Session
	var stays time.Duration
	for lines := bufio.NewScanner(strings.NewReader(string(out))); lines.Scan(); {
		if f := strings.Fields(lines.Text()); len(f) == 4 && f[0] == "SESSION" {
			session.ID, _ = strconv.ParseInt(f[1], 10, 64)
			session.Password, _ = hex.DecodeString(f[2])
			n, _ := strconv.ParseInt(f[3], 10, 64)
			stays = time.Duration(n)
		}
	}
	if session.ID == 0 || stays <= 0 || stays > patientSession {
		t.Fatalf("the first process left session %#x for %v:\n%s", session.ID, stays, out)
	}
	c := connect(t, servers, zkasync.WithSession(session))
	if c.Session().ID != session.ID {
		t.Fatalf("session %#x, want %#x", c.Session().ID, session.ID)
	}
	if st := must(t, c.Exists(t.Context(), root)); st == nil || st.EphemeralOwner != session.ID {
		t.Errorf("the znode has %+v", st)
	}
	if gone.Ready() {
		t.Error("the znode was changed or deleted meanwhile")
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if e := must(t, gone); e.Type != zk.EventNodeDeleted {
		t.Errorf("after the successor's Close: %v", e)
	}
}

// In virtual time: the session lives as long as Detach says, and no longer.
func TestDetach_StaysForTheTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := zktest.Run(t)
		witness := connect(t, srv.Addr(), srv.Options()...)
		c := connect(t, srv.Addr(), srv.Options()...)
		must(t, c.Create(t.Context(), "/x", nil, zkasync.Ephemeral()))
		var last zkasync.StateChange
		c.OnState(func(s zkasync.StateChange) { last = s })
		left, err := c.Detach()
		if err != nil || left.Session.ID == 0 || left.Stays <= 0 || left.Stays > left.Session.Timeout {
			t.Fatalf("left %+v, %v", left, err)
		}
		if last.State != zkasync.StateClosed || last.Err != zkasync.ErrDetached || last.SessionID != left.Session.ID {
			t.Errorf("the last state is %+v", last)
		}
		time.Sleep(left.Stays * 9 / 10)
		if must(t, witness.Exists(t.Context(), "/x")) == nil {
			t.Error("the znode has gone before its time")
		}
		next := connect(t, srv.Addr(), append(srv.Options(), zkasync.WithSession(left.Session))...)
		if next.Session().ID != left.Session.ID {
			t.Errorf("session %#x, want %#x", next.Session().ID, left.Session.ID)
		}
		again, err := next.Detach()
		if err != nil || again.Session.ID != left.Session.ID {
			t.Fatalf("left %+v, %v", again, err)
		}
		time.Sleep(3 * again.Session.Timeout)
		if must(t, witness.Exists(t.Context(), "/x")) != nil {
			t.Error("the znode has outlived its session")
		}
	})
}

func TestDetach_WithoutASession(t *testing.T) {
	t.Parallel()
	never, err := zkasync.New("localhost:1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := never.Detach(); !errors.Is(err, zkasync.ErrClosed) || !errors.Is(err, zkasync.ErrNotSent) {
		t.Errorf("not started: %v", err)
	}
	synctest.Test(t, func(t *testing.T) {
		srv := zktest.Run(t)
		srv.Stop()
		c, err := zkasync.New(srv.Addr(), srv.Options()...)
		if err != nil {
			t.Fatal(err)
		}
		started := c.StartAsync()
		waiting := c.Get(t.Context(), "/x")
		synctest.Wait()
		if left, err := c.Detach(); !errors.Is(err, zkasync.ErrNoSession) || left.Session.ID != 0 {
			t.Errorf("before the first connection: %+v, %v", left, err)
		}
		fails(t, waiting, zkasync.ErrClosed, zkasync.ErrNotSent)
		fails(t, started, zkasync.ErrClosed)
		if _, err := c.Detach(); !errors.Is(err, zkasync.ErrClosed) {
			t.Errorf("the second time: %v", err)
		}
		if c.State() != zkasync.StateClosed {
			t.Errorf("state %v", c.State())
		}
	})
}

// While there is no connection, the session is left as it is; what is left of it shrinks to nothing.
func TestDetach_WhileSuspendedAndLost(t *testing.T) {
	t.Parallel()
	for name, outage := range map[string]struct {
		lasts time.Duration
		state zkasync.State
	}{"suspended": {4 * time.Second, zkasync.StateSuspended}, "lost": {time.Minute, zkasync.StateLost}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				srv := zktest.Run(t)
				c := connect(t, srv.Addr(), append(srv.Options(), zkasync.WithSessionTimeout(10*time.Second))...)
				session := c.Session()
				srv.Stop()
				time.Sleep(outage.lasts)
				if c.State() != outage.state {
					t.Fatalf("state %v", c.State())
				}
				waiting := c.Get(t.Context(), "/x")
				left, err := c.Detach()
				if err != nil || left.Session.ID != session.ID || left.Stays != max(0, left.Stays) {
					t.Errorf("left %+v, %v", left, err)
				}
				if most := max(0, session.Timeout-outage.lasts); left.Stays > most || (left.Stays == 0) != (most == 0) {
					t.Errorf("the session is said to stay %v, want at most %v", left.Stays, most)
				}
				fails(t, waiting, zkasync.ErrClosed, zkasync.ErrNotSent)
			})
		})
	}
}

// What was queued is sent and answered, callbacks run in order, and nothing is left, as with Close.
func TestDetach_KeepsWhatClosePromises(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	sub := must(t, c.AddWatch(t.Context(), "/", zkasync.Persistent))
	watched := must(t, c.ExistsW(t.Context(), "/none")).Event
	alive, cancel := c.SessionContext(t.Context())
	defer cancel()
	const n = 500
	var order []int
	var all []*future.Future[zkasync.Created]
	for i := range n {
		f := c.Create(t.Context(), fmt.Sprintf("/%04d", i), nil, zkasync.Ephemeral())
		f.OnDone(func(zkasync.Created, error) { order = append(order, i) })
		all = append(all, f)
	}
	first, second := c.DetachAsync(), c.DetachAsync()
	closed := make(chan error, 1)
	go func() { closed <- c.Close() }() // waits for the same stop
	left := must(t, first)
	if got := must(t, second); got.Session.ID != left.Session.ID {
		t.Errorf("the second Detach left session %#x", got.Session.ID)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if len(order) != n {
		t.Errorf("%d callbacks ran", len(order))
	}
	for i, f := range all {
		if made, err := f.Result(); err != nil || made.Stat.EphemeralOwner != left.Session.ID {
			t.Fatalf("create %d: %+v, %v", i, made, err)
		}
		if order[i] != i {
			t.Fatalf("callback %d ran as number %d", order[i], i)
		}
	}
	fails(t, watched, zkasync.ErrClosed)
	if !errors.Is(sub.Err(), zkasync.ErrClosed) || !errors.Is(context.Cause(alive), zkasync.ErrDetached) && context.Cause(alive) == nil {
		t.Errorf("the subscription ended by %v, the context by %v", sub.Err(), context.Cause(alive))
	}
	fails(t, c.Get(t.Context(), "/"), zkasync.ErrClosed, zkasync.ErrNotSent)
	next := connect(t, zkserver.Shared(t).Addr(), zkasync.WithSession(left.Session))
	if next.Session().ID != left.Session.ID {
		t.Errorf("session %#x, want %#x", next.Session().ID, left.Session.ID)
	}
}

// Not parallel: it looks at all goroutines.
func TestDetach_LeavesNoGoroutine(t *testing.T) {
	c := rooted(t)
	ignore := goleak.IgnoreCurrent()
	other := rooted(t)
	if _, _, err := other.Conn().Get("/"); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Detach(); err != nil {
		t.Fatal(err)
	}
	goleak.VerifyNone(t, ignore)
	must(t, c.Get(t.Context(), "/"))
}

// Requests of a library on Conn() are answered or fail, and the session outlives go-zookeeper's own close.
func TestDetach_WithUsersOfConn(t *testing.T) {
	t.Parallel()
	c := connect(t, zkserver.Shared(t).Addr())
	root := zkserver.Root(t)
	conn := c.Conn()
	if _, err := conn.Create(root, nil, zk.FlagEphemeral, zk.WorldACL(zk.PermAll)); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		for {
			if _, _, err := conn.Get(root); err != nil {
				done <- err
				return
			}
		}
	}()
	left, err := c.Detach()
	if err != nil {
		t.Fatal(err)
	}
	<-done
	next := connect(t, zkserver.Shared(t).Addr(), zkasync.WithSession(left.Session))
	if st := must(t, next.Exists(t.Context(), root)); st == nil || st.EphemeralOwner != left.Session.ID {
		t.Errorf("the znode has %+v", st)
	}
}

func TestDetach_InACallback(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	refused := make(chan error, 1)
	c.Get(t.Context(), "/").OnDone(func(zkasync.Node, error) {
		_, err := c.Detach()
		refused <- err
	})
	if err := <-refused; !errors.Is(err, handler.ErrInCallback) {
		t.Errorf("in a callback: %v", err)
	}
	must(t, c.StopAsync())
	if c.State() != zkasync.StateClosed {
		t.Errorf("state %v", c.State())
	}
}

// A Detach that comes too late for a Close says so.
func TestDetach_DuringAClose(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	stopped := c.StopAsync()
	if _, err := c.Detach(); !errors.Is(err, zkasync.ErrClosed) {
		t.Errorf("during a Close: %v", err)
	}
	must(t, stopped)
}

// In virtual time, at each moment of the first handshake: either there is no session, or the one that was left can be taken up.
func TestDetach_InTheFirstHandshake(t *testing.T) {
	t.Parallel()
	const answer = 100 * time.Millisecond
	counts := make(map[bool]int)
	for _, retried := range []bool{false, true} {
		for after := time.Duration(0); after <= 2*answer; after += answer / 4 {
			synctest.Test(t, func(t *testing.T) {
				srv := zktest.Run(t)
				srv.SlowDown(answer)
				if retried { // the first attempt has failed, and the next one is under way
					srv.Refuse(true)
					time.AfterFunc(time.Second, func() { srv.Refuse(false) })
				}
				c, err := zkasync.New(srv.Addr(), srv.Options()...)
				if err != nil {
					t.Fatal(err)
				}
				started := c.StartAsync()
				waiting := c.Get(t.Context(), "/")
				if retried {
					for len(srv.Sessions()) == 0 {
						time.Sleep(answer / 10)
					}
				}
				time.Sleep(after)
				left, err := c.Detach()
				counts[err == nil]++
				if err != nil && (!errors.Is(err, zkasync.ErrNoSession) || left.Session.ID != 0 || !errors.Is(outcome(t, started), zkasync.ErrClosed)) {
					t.Errorf("after %v: %+v, %v, start %v", after, left, err, outcome(t, started))
				}
				if !waiting.Ready() {
					t.Errorf("after %v: an operation is pending", after)
				}
				if err == nil {
					next := connect(t, srv.Addr(), append(srv.Options(), zkasync.WithSession(left.Session))...)
					if next.Session().ID != left.Session.ID {
						t.Errorf("after %v: session %#x, want %#x", after, next.Session().ID, left.Session.ID)
					}
				}
			})
		}
	}
	if counts[true] == 0 || counts[false] == 0 {
		t.Errorf("with a session %d, without %d", counts[true], counts[false])
	}
}

// A callback that never returns holds up neither form of Detach beyond the close timeout, and the session is left.
func TestDetach_CallbackThatDoesNotReturn(t *testing.T) {
	t.Parallel()
	for _, async := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			const limit = 3 * time.Second
			srv := zktest.Run(t)
			c, err := zkasync.New(srv.Addr(), append(srv.Options(), zkasync.WithCloseTimeout(limit))...)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			session := c.Session()
			release := make(chan struct{})
			c.Exists(t.Context(), "/").OnDone(func(*zk.Stat, error) { <-release })
			synctest.Wait()
			begun := time.Now()
			if async {
				_, err = c.DetachAsync().Get(t.Context())
			} else {
				var left zkasync.Detached
				if left, err = c.Detach(); left.Session.ID != session.ID || left.Stays <= 0 {
					t.Errorf("left %+v", left)
				}
			}
			var stuck *handler.StuckError
			if !errors.As(err, &stuck) || !strings.Contains(stuck.Callback, "TestDetach_CallbackThatDoesNotReturn") {
				t.Errorf("async %v: %v, want a StuckError that names the callback", async, err)
			}
			if took := time.Since(begun); took < limit || took > limit+time.Second {
				t.Errorf("async %v: it took %v", async, took)
			}
			if c.State() != zkasync.StateClosed {
				t.Errorf("async %v: state %v", async, c.State())
			}
			next := connect(t, srv.Addr(), append(srv.Options(), zkasync.WithSession(session))...)
			if next.Session().ID != session.ID {
				t.Errorf("async %v: session %#x, want %#x", async, next.Session().ID, session.ID)
			}
			close(release)
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// hangingConn is a connection whose Close waits for release.
type hangingConn struct {
	net.Conn
	release chan struct{}
}

func (c hangingConn) Close() error {
	<-c.release
	return c.Conn.Close()
}

// A dialer that hangs is left behind. A connection of its making that does not end cannot be: what becomes of the session is not
// known then. In real time, because the stop holds a lock while it waits for the connection.
func TestDetach_WhatTheDialerHoldsUp(t *testing.T) {
	t.Parallel()
	for _, connection := range []bool{false, true} {
		srv := zktest.Run(t)
		release := make(chan struct{})
		var hangs, hanging atomic.Bool
		dial := func(ctx context.Context, network, address string) (net.Conn, error) {
			if hangs.Load() {
				hanging.Store(true)
				<-release
			}
			conn, err := srv.DialContext(ctx, network, address)
			if connection && err == nil {
				conn = hangingConn{conn, release}
			}
			return conn, err
		}
		c, err := zkasync.New(srv.Addr(), zkasync.WithDialer(dial), zkasync.WithCloseTimeout(200*time.Millisecond), zkasync.WithSessionTimeout(patientSession))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(testContext(t)); err != nil {
			t.Fatal(err)
		}
		session := c.Session()
		if !connection {
			hangs.Store(true)
			srv.Drop()
			poll(t, "the dialer", hanging.Load)
		}
		again := c.DetachAsync()
		left, err := c.Detach()
		if err == nil || !strings.Contains(err.Error(), "TestDetach_WhatTheDialerHoldsUp") {
			t.Errorf("%v, want an error that names the dialer", err)
		}
		if known := left.Session.ID == session.ID; known == connection || connection && left.Session.ID != 0 {
			t.Errorf("connection %v: left %+v", connection, left)
		}
		fails(t, again)
		close(release)
		poll(t, "the end", func() bool { return c.Close() == nil })
		if next := connect(t, srv.Addr(), append(srv.Options(), zkasync.WithSession(session))...); next.Session().ID != session.ID {
			t.Errorf("session %#x, want %#x", next.Session().ID, session.ID)
		}
	}
}
