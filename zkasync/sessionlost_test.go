package zkasync_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/zkasync"
)

// The client is started before the server.
func TestSession_ServerBootsLater(t *testing.T) {
	t.Parallel()
	s := check.Run(t)
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	c, err := zkasync.New(s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	started := c.StartAsync()
	early := c.Exists(t.Context(), "/")
	if started.Ready() || early.Ready() {
		t.Error("complete without a server")
	}
	if err := s.Restart(testContext(t)); err != nil {
		t.Fatal(err)
	}
	must(t, started)
	if st := must(t, early); st == nil {
		t.Error("the root does not exist")
	}
}

// Another client takes over the session and closes it, while operations flow.
func TestSession_SessionClosedByAnotherClient(t *testing.T) {
	t.Parallel()
	const flowing, watches = 3000, 50
	s := check.Run(t)
	c := connect(t, s.Addr())
	var order []string // of callbacks, which run one at a time
	note := func(what string) {
		if len(order) == 0 || order[len(order)-1] != what {
			order = append(order, what)
		}
	}
	c.OnState(func(change zkasync.StateChange) { note(change.State.String()) })
	fired := 0
	for i := range watches {
		event := must(t, c.ExistsW(t.Context(), fmt.Sprintf("/%d", i))).Event
		event.OnDone(func(_ zkEvent, err error) {
			if !errors.Is(err, zkasync.ErrSessionExpired) {
				t.Errorf("watch: %v, want %v", err, zkasync.ErrSessionExpired)
			}
			fired++
			note("watch")
		})
	}
	changes := c.States(testContext(t))
	before := c.Session().ID
	session := c.Session()
	var fs []*future.Future[zkasync.Node]
	for range flowing {
		fs = append(fs, c.Get(t.Context(), "/"))
	}
	for c.Session().ID == before { // the client takes the session back at once, so try until the close is faster
		thief, err := zkasync.Connect(testContext(t), s.Addr(), zkasync.WithSession(session))
		if err != nil {
			t.Fatal(err)
		}
		if err := thief.Close(); err != nil {
			t.Fatal(err)
		}
	}
	nextState(t, changes, zkasync.StateLost)
	if after := nextState(t, changes, zkasync.StateConnected).SessionID; after == before {
		t.Errorf("session %#x again", after)
	}
	for _, r := range must(t, future.Settle(fs...)) {
		if r.Err != nil && !errors.Is(r.Err, zkasync.ErrConnectionLoss) && !errors.Is(r.Err, zkasync.ErrSessionExpired) {
			t.Fatalf("operation: %v", r.Err)
		}
	}
	done := make(chan struct{})
	c.Get(t.Context(), "/").OnDone(func(zkasync.Node, error) { close(done) }) // behind all callbacks so far
	<-done
	if fired != watches {
		t.Errorf("%d watches failed, want %d", fired, watches)
	}
	want := []string{"Lost", "watch", "Connected"}
	if len(order) < len(want) || fmt.Sprint(order[len(order)-len(want):]) != fmt.Sprint(want) {
		t.Errorf("callbacks in the order %v, want them to end in %v", order, want)
	}
}
