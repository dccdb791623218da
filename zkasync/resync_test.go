package zkasync_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// endSession suspends the client and lets another one end its session. The client learns that after resume.
func endSession(t testing.TB, c *zkasync.Client, p *zkproxy.Proxy) {
	t.Helper()
	suspend(t, c, p)
	session := c.Session()
	thief, err := zkasync.Connect(testContext(t), zkserver.Shared(t).Addr(), zkasync.WithSession(session))
	if err != nil {
		t.Fatal(err)
	}
	if err := thief.Close(); err != nil {
		t.Fatal(err)
	}
}

// wantResync receives a resync and checks its reason.
func wantResync(t testing.TB, s *zkasync.Subscription, path string, why error) {
	t.Helper()
	isResync(t, nextEvents(t, s, 1)[0], path, why)
}

func isResync(t testing.TB, e zkasync.Event, path string, why error) {
	t.Helper()
	if !e.Resync || e.Path != path {
		t.Errorf("event %q, want a resync of %s", eventLine(e), path)
	}
	wantErr(t, e.Err, why)
}

// Subscriptions are set again on the new connection before anything that has waited, and get a resync.
func TestSubscription_ResyncsBeforeWaitingOperations(t *testing.T) {
	t.Parallel()
	needsAddWatch(t)
	c, twin, p := proxied(t)
	var j journal
	note := zkasync.OnEvent(func(e zkasync.Event) { j.add(eventLine(e)) })
	must(t, c.AddWatch(t.Context(), "/a", zkasync.PersistentRecursive, note))
	must(t, c.AddWatch(t.Context(), "/b", zkasync.Persistent, note))
	suspend(t, c, p)
	must(t, twin.Create(t.Context(), "/a", nil))
	noted(&j, "create", c.Create(t.Context(), "/b", nil))
	noted(&j, "get", c.Get(t.Context(), "/a"))
	c.OnState(func(change zkasync.StateChange) { j.add(change.State.String()) })
	frames := tap(p)
	resume(t, p)
	must(t, c.Set(t.Context(), "/a", nil, 0))
	j.wants(t, "resync /b", "resync /a", "Connected", "created /b", "create", "get", "changed /a")
	seen := frames.requests()
	if len(seen) != 4 || seen[0].op != opSetWatches2 || seen[1].op != opCreate2 {
		t.Errorf("requests %+v, want set watches, create, get and set", seen)
	}
}

func TestSubscription_GoesOverToTheNextSession(t *testing.T) {
	t.Parallel()
	needsAddWatch(t)
	c, twin, p := proxied(t)
	s := must(t, c.AddWatch(t.Context(), "/a", zkasync.Persistent))
	tree := must(t, c.AddWatch(t.Context(), "/", zkasync.PersistentRecursive))
	event := must(t, c.ExistsW(t.Context(), "/a")).Event
	before := c.Session().ID
	endSession(t, c, p)
	must(t, twin.Create(t.Context(), "/a", nil))
	resume(t, p)
	wantResync(t, s, "/a", zkasync.ErrSessionExpired)
	wantResync(t, tree, "/", zkasync.ErrSessionExpired)
	fails(t, event, zkasync.ErrSessionExpired)
	must(t, twin.Set(t.Context(), "/a", nil, 0))
	must(t, c.Set(t.Context(), "/a", nil, 1))
	wantEvents(t, s, "changed /a", "changed /a")
	wantEvents(t, tree, "changed /a", "changed /a")
	noMoreEvents(t, c, s, tree)
	if c.Session().ID == before {
		t.Error("the session is the same")
	}
}

// A subscription that is closed while there is no connection is not set again, and nothing is removed.
func TestSubscription_ClosedWhileSuspended(t *testing.T) {
	t.Parallel()
	needsAddWatch(t)
	c, twin, p := proxied(t)
	s := must(t, c.AddWatch(t.Context(), "/a", zkasync.Persistent))
	suspend(t, c, p)
	s.Close()
	wantErr(t, s.Err(), zkasync.ErrWatchRemoved)
	event := c.ExistsW(t.Context(), "/a")
	frames := tap(p)
	resume(t, p)
	must(t, event)
	must(t, c.Sync(t.Context(), "/"))
	for _, r := range frames.requests() {
		if r.op == opSetWatches2 || r.op == opSetWatches || r.op == opRemoveWatches {
			t.Errorf("request %+v", r)
		}
	}
	must(t, twin.Create(t.Context(), "/a", nil))
	must(t, must(t, event).Event)
}

// A read of a path with a subscription sets no watch of its own. It still gets its event, after reconnects and after the subscription
// is closed.
func TestSubscription_StandsInForOneShots(t *testing.T) {
	t.Parallel()
	needsAddWatch(t)
	c, twin, p := proxied(t)
	must(t, twin.Create(t.Context(), "/a", nil))
	s := must(t, c.AddWatch(t.Context(), "/a", zkasync.PersistentRecursive))
	missed := must(t, c.GetW(t.Context(), "/a")).Event
	suspend(t, c, p)
	must(t, twin.Set(t.Context(), "/a", nil, 0))
	resume(t, p)
	if e := must(t, missed); e.Type != zk.EventNodeDataChanged {
		t.Errorf("event %q", eventLine(e))
	}
	data := must(t, c.GetW(t.Context(), "/a")).Event
	children := must(t, c.ChildrenW(t.Context(), "/a")).Event
	suspend(t, c, p)
	s.Close()
	resume(t, p)
	must(t, c.Sync(t.Context(), "/"))
	if data.Ready() || children.Ready() {
		t.Error("a watch has fired without a change")
	}
	must(t, twin.Set(t.Context(), "/a", nil, 1))
	must(t, twin.Create(t.Context(), "/a/x", nil))
	must(t, data)
	must(t, children)
}

// Ten thousand watches of all kinds do not fit into one request.
func TestSubscription_ManyAreRestoredInPortions(t *testing.T) {
	t.Parallel()
	needsAddWatch(t)
	const each, most = 3500, 128 << 10
	c, twin, p := proxied(t)
	long := strings.Repeat("x", 150)
	path := func(kind string, i int) string { return fmt.Sprintf("/%s%s%d", kind, long, i) }
	modes := map[string]zkasync.AddWatchMode{"p": zkasync.Persistent, "r": zkasync.PersistentRecursive}
	var adding []*future.Future[*zkasync.Subscription]
	var reading []*future.Future[zkasync.Watched[*zk.Stat]]
	for i := range each {
		for kind, mode := range modes {
			adding = append(adding, c.AddWatch(t.Context(), path(kind, i), mode))
		}
		reading = append(reading, c.ExistsW(t.Context(), path("e", i)))
	}
	subs := must(t, future.All(adding...))
	once := must(t, future.All(reading...))
	suspend(t, c, p)
	frames := tap(p)
	resume(t, p)
	for _, s := range subs {
		wantResync(t, s, s.Path(), zkasync.ErrConnectionLoss)
	}
	portions, bytes := 0, 0
	for _, r := range frames.requests() {
		if r.op == opSetWatches || r.op == opSetWatches2 {
			portions++
			bytes += r.size
		}
		if r.size > most {
			t.Errorf("a request of %d bytes, want no more than %d", r.size, most)
		}
	}
	if want := (bytes + most - 1) / most; portions < want || portions > want+1 {
		t.Errorf("%d portions of %d bytes in all, want %d", portions, bytes, want)
	}
	i := each - 1
	for _, kind := range []string{"p", "r", "e"} {
		must(t, twin.Create(t.Context(), path(kind, i), nil))
	}
	for _, s := range subs[len(subs)-2:] {
		wantEvents(t, s, "created "+s.Path())
	}
	must(t, once[i].Event)
}

// With WithRetry, an AddWatch is repeated on the next connection, and is set once there.
func TestSubscription_RepeatedOnTheNextConnection(t *testing.T) {
	t.Parallel()
	needsAddWatch(t)
	c, twin, p := proxied(t, zkasync.WithRetry(zkasync.RetryPolicy{}))
	must(t, c.AddWatch(t.Context(), "/known", zkasync.Persistent)) // the first one is alone in flight
	frames := tap(p)
	p.Drop(zkproxy.ToClient, true)
	added := c.AddWatch(t.Context(), "/a", zkasync.Persistent)
	removed := c.RemoveWatches(t.Context(), "/b", zkasync.WatcherAny)
	poll(t, "the requests on their way", func() bool { return len(frames.requests()) == 2 })
	p.Cut()
	p.Heal()
	s := must(t, added)
	fails(t, removed, zkasync.ErrNoWatcher)
	must(t, twin.Create(t.Context(), "/a", nil))
	wantEvents(t, s, "created /a")
	s.Close()
	fails(t, c.RemoveWatches(t.Context(), "/a", zkasync.WatcherAny), zkasync.ErrNoWatcher)
}
