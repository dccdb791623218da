package zkasync_test

import (
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/zkasync"
)

// nextState waits for a state among the changes.
func nextState(t testing.TB, changes <-chan zkasync.StateChange, want zkasync.State) zkasync.StateChange {
	t.Helper()
	deadline := time.After(wait)
	for {
		select {
		case change, ok := <-changes:
			if !ok {
				t.Fatalf("no more changes, want %v", want)
			}
			if change.State == want {
				return change
			}
		case <-deadline:
			t.Fatalf("no change to %v in time", want)
		}
	}
}

// A server that was wiped refuses a client that has seen later states, without an answer.
func TestServer_Wiped(t *testing.T) {
	t.Parallel()
	s := check.Run(t)
	c := connect(t, s.Addr(), zkasync.WithSessionTimeout(2*time.Second))
	ctx := testContext(t)
	for range 100 {
		must(t, c.EnsurePath(ctx, "/a"))
		must(t, c.DeleteAll(ctx, "/a"))
	}
	changes := c.States(ctx)
	before := c.Session().ID
	watch := must(t, c.ExistsW(ctx, "/a")).Event
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	nextState(t, changes, zkasync.StateSuspended)
	waiting := c.Get(ctx, "/")
	if err := s.Wipe(); err != nil {
		t.Fatal(err)
	}
	if err := s.Restart(ctx); err != nil {
		t.Fatal(err)
	}
	nextState(t, changes, zkasync.StateLost)
	fails(t, waiting, zkasync.ErrSessionExpired, zkasync.ErrNotSent)
	fails(t, watch, zkasync.ErrSessionExpired)
	if after := nextState(t, changes, zkasync.StateConnected).SessionID; after == before {
		t.Errorf("session %#x, want another than before", after)
	}
	must(t, c.EnsurePath(ctx, "/b"))
}
