package zkasync_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

func TestHooks_ConnectionsAndStates(t *testing.T) {
	t.Parallel()
	srv, w := zktest.Run(t), new(witness)
	c := hooked(t, srv, zkasync.WithHooks(w))
	srv.Refuse(true)
	srv.Drop()
	poll(t, "an attempt that fails", func() bool {
		return slices.ContainsFunc(told(w, &w.attempts), func(a zkasync.Attempt) bool { return a.Err != nil })
	})
	srv.Refuse(false)
	poll(t, "the second connection", func() bool { return len(told(w, &w.connects)) == 2 })
	id := c.Session().ID
	closeNow(t, c)

	first, second := w.connects[0], w.connects[1]
	if first.Reconnect || !second.Reconnect || first.SessionID != id || second.SessionID != id || first.Server == "" || first.Timeout <= 0 {
		t.Errorf("connections: %+v", w.connects)
	}
	if len(w.disconnects) != 2 || w.disconnects[0].Connection != first || w.disconnects[1].Connection != second {
		t.Fatalf("ends of connections: %+v", w.disconnects)
	}
	if w.disconnects[0].Err == nil || errors.Is(w.disconnects[0].Err, zkasync.ErrClosed) || !errors.Is(w.disconnects[1].Err, zkasync.ErrClosed) {
		t.Errorf("reasons: %v; %v", w.disconnects[0].Err, w.disconnects[1].Err)
	}
	var states []zkasync.State
	for _, s := range w.states {
		states = append(states, s.State)
	}
	if want := []zkasync.State{zkasync.StateConnecting, zkasync.StateConnected, zkasync.StateSuspended, zkasync.StateConnected, zkasync.StateClosed}; !slices.Equal(states, want) {
		t.Errorf("states: %v, want %v", states, want)
	}
	if reached := slices.ContainsFunc(w.attempts, func(a zkasync.Attempt) bool { return a.Err == nil && a.Server != "" }); !reached {
		t.Errorf("attempts: %+v", w.attempts)
	}
}

func TestHooks_Watches(t *testing.T) {
	t.Parallel()
	srv, w := zktest.Run(t), new(witness)
	c := hooked(t, srv, zkasync.WithHooks(w))
	ctx := testContext(t)
	must(t, c.Create(ctx, "/a", nil))
	fired := must(t, c.GetW(ctx, "/a"))
	given := must(t, c.ChildrenW(ctx, "/a"))
	must(t, c.ExistsW(ctx, "/none"))
	sub := must(t, c.AddWatch(ctx, "/s", zkasync.PersistentRecursive))
	must(t, c.Set(ctx, "/a", nil, zkasync.AnyVersion))
	must(t, fired.Event)
	c.Unwatch(given.Event)
	must(t, c.Create(ctx, "/s", nil))
	sub.Close()
	sub.Close()
	closeNow(t, c)
	var got []string
	for _, e := range w.watches {
		got = append(got, fmt.Sprintf("%s %s %s %v %v", e.Path, e.Kind, e.Step, e.Event.Type, e.Err))
	}
	want := []string{
		"/a data set Unknown <nil>", "/a children set Unknown <nil>", "/none exists set Unknown <nil>", "/s persistent recursive set Unknown <nil>",
		"/a data fired EventNodeDataChanged <nil>",
	}
	if len(got) != 9 || !slices.Equal(got[:5], want) {
		t.Fatalf("watches:\n%s", strings.Join(got, "\n"))
	}
	for i, want := range []struct {
		path string
		step zkasync.WatchStep
		err  error
	}{{"/a", zkasync.WatchLost, zkasync.ErrWatchRemoved}, {"/s", zkasync.WatchFired, nil}, {"/s", zkasync.WatchLost, zkasync.ErrWatchRemoved},
		{"/none", zkasync.WatchLost, zkasync.ErrClosed}} {
		if e := w.watches[5+i]; e.Path != want.path || e.Step != want.step || !errors.Is(e.Err, want.err) {
			t.Errorf("watch event %d: %+v", 5+i, e)
		}
	}
}

// A one-shot watch that has not fired when the client stops is lost, and a subscription whose connection is lost gets a resync.
func TestHooks_WatchesThatEndWithTheClient(t *testing.T) {
	t.Parallel()
	srv, w := zktest.Run(t), new(witness)
	c := hooked(t, srv, zkasync.WithHooks(w))
	ctx := testContext(t)
	must(t, c.ExistsW(ctx, "/none"))
	sub := must(t, c.AddWatch(ctx, "/", zkasync.Persistent))
	srv.Drop()
	if e := <-sub.C(); !e.Resync {
		t.Fatal(e)
	}
	closeNow(t, c)
	var steps []string
	for _, e := range w.watches {
		steps = append(steps, e.Kind+" "+e.Step.String())
	}
	if want := []string{"exists set", "persistent set", "persistent resync", "exists lost", "persistent lost"}; !slices.Equal(steps, want) {
		t.Errorf("%v, want %v", steps, want)
	}
	if last := w.watches[len(w.watches)-1]; !errors.Is(last.Err, zkasync.ErrClosed) {
		t.Errorf("lost with %v", last.Err)
	}
}

func TestHooks_PathsAreTheChroots(t *testing.T) {
	t.Parallel()
	srv, w := zktest.Run(t), new(witness)
	c := connect(t, srv.Addr()+"/app", append(srv.Options(), zkasync.WithHooks(w))...)
	ctx := testContext(t)
	must(t, c.EnsurePath(ctx, "/x"))
	must(t, c.GetW(ctx, "/x"))
	closeNow(t, c)
	for _, r := range w.requests {
		if strings.HasPrefix(r.Path, "/app/") {
			t.Errorf("%s %s", r.Name, r.Path)
		}
	}
	if len(w.watches) == 0 || w.watches[0].Path != "/x" {
		t.Errorf("watches: %+v", w.watches)
	}
}

// slowHook tells the callback when the hook has been called, so that neither depends on the clock.
type slowHook struct {
	late  chan struct{}
	calls []zkasync.SlowCallback
}

func (h *slowHook) OnSlowCallback(s zkasync.SlowCallback) {
	h.calls = append(h.calls, s)
	if !s.Returned {
		close(h.late)
	}
}

func TestHooks_SlowCallbacks(t *testing.T) {
	t.Parallel()
	srv, h := zktest.Run(t), &slowHook{late: make(chan struct{})}
	c := hooked(t, srv, zkasync.WithHooks(h), zkasync.WithSlowCallback(50*time.Millisecond))
	c.Exists(testContext(t), "/").OnDone(func(*zk.Stat, error) { <-h.late })
	<-h.late
	closeNow(t, c)
	if len(h.calls) < 2 {
		t.Fatalf("%+v", h.calls)
	}
	if first, second := h.calls[0], h.calls[1]; first.Returned || !second.Returned || first.Name != second.Name ||
		!strings.Contains(first.Name, "hookevents_test.go") || second.Took < first.Took {
		t.Errorf("%+v", h.calls)
	}
}
