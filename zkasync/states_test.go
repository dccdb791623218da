package zkasync_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/handler"
	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/zkasync"
)

// flap suspends the connection and lets it come back, times times.
func flap(t *testing.T, c *zkasync.Client, p *zkproxy.Proxy, times int) {
	t.Helper()
	for range times {
		suspend(t, c, p)
		resume(t, p)
		must(t, c.Exists(t.Context(), "/"))
	}
}

func TestStates_OfALife(t *testing.T) {
	t.Parallel()
	p := zkproxyForShared(t)
	c := unstarted(t, p.Addr())
	if c.State() != zkasync.StateClosed || c.Session().ID != 0 || c.Connected() {
		t.Errorf("before the start: %v, session %#x", c.State(), c.Session().ID)
	}
	changes := c.States(t.Context())
	if err := c.Start(testContext(t)); err != nil {
		t.Fatal(err)
	}
	id := c.Session().ID
	flap(t, c, p, 1)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for change := range changes {
		got = append(got, change.State.String())
		if want := change.State != zkasync.StateConnecting; (change.SessionID == id) != want {
			t.Errorf("%v with the session %#x", change.State, change.SessionID)
		}
		if (change.Err != nil) != (change.State == zkasync.StateSuspended) {
			t.Errorf("%v with the error %v", change.State, change.Err)
		}
	}
	if want := []string{"Connecting", "Connected", "Suspended", "Connected", "Closed"}; !slices.Equal(got, want) {
		t.Errorf("states %v, want %v", got, want)
	}
}

// A reader that is slow, or begins only at the end, gets all changes, even more than a channel holds.
func TestStates_SlowReaderLosesNone(t *testing.T) {
	t.Parallel()
	const times = 40
	c, _, p := viaProxy(t)
	slow := c.States(t.Context())
	var want []zkasync.State
	for range times {
		want = append(want, zkasync.StateSuspended, zkasync.StateConnected)
	}
	flap(t, c, p, times)
	for i, state := range want {
		if change := nextChange(t, slow); change.State != state {
			t.Fatalf("change %d is to %v, want %v", i, change.State, state)
		}
	}
}

// nextChange waits for a change.
func nextChange(t *testing.T, changes <-chan zkasync.StateChange) zkasync.StateChange {
	t.Helper()
	select {
	case change, open := <-changes:
		if !open {
			t.Fatal("no more changes")
		}
		return change
	case <-time.After(wait):
		t.Fatal("no change in time")
	}
	panic("unreachable")
}

// Changes that nobody reads do not delay Close. Closed is the last one that can be read.
func TestStates_UnreadChannelEndsWithClosed(t *testing.T) {
	t.Parallel()
	c, _, p := viaProxy(t)
	unread := c.States(t.Context())
	flap(t, c, p, 40)
	within(t, 2*time.Second, "close", func() { _ = c.Close() })
	var last zkasync.StateChange
	n := 0
	for last = range unread {
		n++
	}
	if last.State != zkasync.StateClosed || n < 64 {
		t.Errorf("%d changes, the last to %v, want at least 64 and Closed", n, last.State)
	}
}

func TestStates_ChannelEndsWithItsContext(t *testing.T) {
	t.Parallel()
	c, _, p := proxied(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended, other := c.States(ctx), c.States(t.Context())
	cancel()
	for range ended {
		t.Error("a change before the end")
	}
	suspend(t, c, p)
	if change := nextChange(t, other); change.State != zkasync.StateSuspended {
		t.Errorf("change to %v", change.State)
	}
	resume(t, p)
	done, cancel := context.WithCancel(t.Context())
	cancel()
	for range c.States(done) {
		t.Error("a change of a channel whose context has ended")
	}
}

func TestStates_Listeners(t *testing.T) {
	t.Parallel()
	c, _, p := proxied(t)
	var j journal
	c.OnState(func(change zkasync.StateChange) { j.add("first " + change.State.String()) })
	var removeItself func()
	removeItself = c.OnState(func(change zkasync.StateChange) {
		j.add("once " + change.State.String())
		removeItself()
	})
	remove := c.OnState(func(zkasync.StateChange) { j.add("removed") })
	c.OnState(nil)
	c.OnState(func(change zkasync.StateChange) { j.add("last " + change.State.String()) })
	remove()
	remove()
	flap(t, c, p, 1)
	j.wants(t, "first Suspended", "once Suspended", "last Suspended", "first Connected", "last Connected")
}

// A removed listener is not called, even for a change that was queued before it was removed.
func TestStates_RemovedWhileQueued(t *testing.T) {
	t.Parallel()
	c, _, p := proxied(t)
	var j journal
	blocked, release := make(chan struct{}), make(chan struct{})
	c.Exists(t.Context(), "/").OnDone(func(*zk.Stat, error) { close(blocked); <-release })
	<-blocked
	remove := c.OnState(func(zkasync.StateChange) { j.add("removed") })
	c.OnState(func(change zkasync.StateChange) { j.add(change.State.String()) })
	suspend(t, c, p)
	remove()
	close(release)
	j.wants(t, "Suspended")
	resume(t, p)
	j.wants(t, "Suspended", "Connected")
}

// With an inline handler, the callback of Connecting runs on the goroutine that starts the client, and may block. Closed is reported
// all the same.
func TestStates_ClosedIsReportedWhileACallbackBlocks(t *testing.T) {
	t.Parallel()
	c := unstarted(t, nowhere, zkasync.WithHandler(handler.NewInline()))
	changes := c.States(t.Context())
	var got []string
	c.OnState(func(change zkasync.StateChange) {
		if change.State != zkasync.StateConnecting {
			return
		}
		c.StopAsync()
		for change := range changes {
			got = append(got, change.State.String())
		}
	})
	var wg sync.WaitGroup
	wg.Go(func() { c.StartAsync() })
	within(t, wait, "start", wg.Wait)
	if want := "Connecting, Closed"; strings.Join(got, ", ") != want {
		t.Errorf("states %v, want %s", got, want)
	}
}

func TestStates_Names(t *testing.T) {
	t.Parallel()
	for state, want := range map[zkasync.State]string{
		zkasync.StateClosed: "Closed", zkasync.StateConnecting: "Connecting", zkasync.StateConnected: "Connected",
		zkasync.StateSuspended: "Suspended", zkasync.StateLost: "Lost", zkasync.StateAuthFailed: "AuthFailed", 99: "State(invalid)",
	} {
		if got := fmt.Sprint(state); got != want {
			t.Errorf("state %d is called %q, want %q", int32(state), got, want)
		}
	}
}
