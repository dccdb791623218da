package zkasync_test

import (
	"errors"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

func TestClient_ResumesSession(t *testing.T) {
	t.Parallel()
	s := zkserver.Shared(t)
	root := zkserver.Root(t)
	p := zkproxyForShared(t)
	first := connect(t, p.Addr())
	must(t, first.Create(t.Context(), root, nil, zkasync.Ephemeral()))
	changes := first.States(testContext(t))
	session := first.Session()

	p.SetTarget(nowhere) // the first client knows the password as well, and must not come back meanwhile
	second := connect(t, s.Addr(), zkasync.WithSession(session))
	if second.Session().ID != session.ID {
		t.Errorf("session %#x, want %#x", second.Session().ID, session.ID)
	}
	nextState(t, changes, zkasync.StateSuspended)
	if st := must(t, second.Exists(t.Context(), root)); st == nil || st.EphemeralOwner != session.ID {
		t.Errorf("ephemeral znode: %+v, want it owned by %#x", st, session.ID)
	}
	resume(t, p)
	if err := first.Close(); err != nil { // it may or may not come back before that
		t.Error(err)
	}
}

func TestClient_ResumesSessionThatIsGone(t *testing.T) {
	t.Parallel()
	s := zkserver.Shared(t)
	first := connect(t, s.Addr())
	session := first.Session()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := connect(t, s.Addr(), zkasync.WithSession(session))
	if second.Session().ID == session.ID || second.Session().ID == 0 {
		t.Errorf("session %#x, want a new one", second.Session().ID)
	}
}

func TestClient_UpdateServersMovesWithoutLoss(t *testing.T) {
	t.Parallel()
	e := check.Ensemble(t, whyElections)
	ctx := testContext(t)
	from, to := e.Servers()[0], e.Servers()[1]
	root := zkserver.Root(t)
	c := connect(t, from.Addr())
	must(t, c.EnsurePath(ctx, root))
	id := c.Session().ID
	changes := c.States(ctx)
	moved := make(chan zkasync.StateChange, 1)
	go func() {
		defer close(moved)
		for change := range changes {
			if change.State == zkasync.StateConnected {
				moved <- change
				return
			}
		}
	}()
	if err := c.UpdateServers(to.Addr() + "/other"); err == nil {
		t.Error("another chroot was accepted")
	}
	if err := c.UpdateServers(to.Addr()); err != nil {
		t.Fatal(err)
	}
	for n, over := 0, false; !over; n++ {
		select {
		case change := <-moved:
			over = true
			if change.SessionID != id {
				t.Errorf("session %#x, want %#x", change.SessionID, id)
			}
		default:
			st := must(t, c.Set(ctx, root, nil, int32(n)))
			if st.Version != int32(n+1) {
				t.Fatalf("version %d, want %d", st.Version, n+1)
			}
		}
	}
	if err := from.Kill(); err != nil {
		t.Fatal(err)
	}
	must(t, c.Get(ctx, root))
	if c.Session().ID != id || !c.Connected() {
		t.Error("the client did not move")
	}
}

func TestClient_ReadOnlyServer(t *testing.T) {
	t.Parallel()
	// A server in read-only mode can begin local sessions only (ReadOnlyRequestProcessor).
	e := check.Ensemble(t, whyElections, zkserver.WithReadOnly(),
		zkserver.WithConfig("localSessionsEnabled", "true"), zkserver.WithConfig("localSessionsUpgradingEnabled", "true"))
	ctx := testContext(t)
	c := connect(t, e.ConnectString(), zkasync.WithReadOnly(true), zkasync.WithSessionTimeout(4*time.Second))
	root := zkserver.Root(t)
	must(t, c.Create(ctx, root, []byte("x")))
	changes := c.States(ctx)
	for _, s := range e.Servers()[1:] {
		if err := s.Kill(); err != nil {
			t.Fatal(err)
		}
	}
	readOnly := nextReadOnly(t, changes, true)
	if readOnly.SessionID == 0 {
		t.Error("no session id")
	}
	if n := must(t, c.Get(ctx, root)); string(n.Data) != "x" {
		t.Errorf("read %q", n.Data)
	}
	err := fails(t, c.Set(ctx, root, nil, zkasync.AnyVersion))
	var op *zkasync.OpError
	if !errors.As(err, &op) || op.Outcome != zkasync.OutcomeRejected {
		t.Errorf("write: %v, want a rejection", err)
	}
	for _, s := range e.Servers()[1:] {
		if err := s.Restart(ctx); err != nil {
			t.Fatal(err)
		}
	}
	nextReadOnly(t, changes, false)
	must(t, c.Set(ctx, root, nil, zkasync.AnyVersion))
}

// nextReadOnly waits for a connection that is read-only, or is not.
func nextReadOnly(t *testing.T, changes <-chan zkasync.StateChange, want bool) zkasync.StateChange {
	t.Helper()
	for {
		if change := nextState(t, changes, zkasync.StateConnected); change.ReadOnly == want {
			return change
		}
	}
}
