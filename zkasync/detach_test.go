package zkasync_test

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
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
