package zkasync_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

func TestWatchRestore_ChangesDuringAnOutageFire(t *testing.T) {
	t.Parallel()
	c, twin, p := proxied(t)
	for _, path := range []string{"/set", "/deleted", "/parent", "/same", "/same/child"} {
		must(t, twin.Create(t.Context(), path, nil))
	}
	must(t, c.Set(t.Context(), "/same", nil, 0))
	events := []struct {
		event *future.Future[zkasync.Event]
		typ   zk.EventType
		path  string
	}{
		{must(t, c.GetW(t.Context(), "/set")).Event, zk.EventNodeDataChanged, "/set"},
		{must(t, c.ExistsW(t.Context(), "/set")).Event, zk.EventNodeDataChanged, "/set"},
		{must(t, c.GetW(t.Context(), "/deleted")).Event, zk.EventNodeDeleted, "/deleted"},
		{must(t, c.ChildrenW(t.Context(), "/deleted")).Event, zk.EventNodeDeleted, "/deleted"},
		{must(t, c.ExistsW(t.Context(), "/created")).Event, zk.EventNodeCreated, "/created"},
		{must(t, c.ChildrenW(t.Context(), "/parent")).Event, zk.EventNodeChildrenChanged, "/parent"},
	}
	unchanged := watchAll(t, c, "/same")
	unchanged["nothing"] = must(t, c.ExistsW(t.Context(), "/nothing")).Event

	suspend(t, c, p)
	must(t, twin.Set(t.Context(), "/set", nil, 0))
	must(t, twin.Delete(t.Context(), "/deleted", 0))
	must(t, twin.Create(t.Context(), "/created", nil))
	must(t, twin.Create(t.Context(), "/parent/child", nil))
	resume(t, p)
	for _, want := range events {
		if e := must(t, want.event); e.Type != want.typ || e.Path != want.path {
			t.Errorf("event %v of %s, want %v of %s", e.Type, e.Path, want.typ, want.path)
		}
	}
	must(t, c.Sync(t.Context(), "/"))
	for kind, event := range unchanged {
		if event.Ready() {
			t.Errorf("watch of %s fired though nothing has changed", kind)
		}
	}
	must(t, twin.Delete(t.Context(), "/same/child", 0))
	must(t, twin.Delete(t.Context(), "/same", 1))
	must(t, twin.Create(t.Context(), "/nothing", nil))
	must(t, future.All(unchanged["get"], unchanged["exists"], unchanged["children"], unchanged["nothing"]))
}

// Watches are restored before waiting operations are sent, so that a waiting write fires them and no change is missed.
func TestWatchRestore_ComesBeforeWaitingOperations(t *testing.T) {
	t.Parallel()
	c, _, p := proxied(t)
	must(t, c.Create(t.Context(), "/a", nil))
	var j journal
	noted(&j, "event", must(t, c.GetW(t.Context(), "/a")).Event)
	suspend(t, c, p)
	noted(&j, "get", c.Get(t.Context(), "/a"))
	noted(&j, "set", c.Set(t.Context(), "/a", nil, 0))
	c.OnState(func(change zkasync.StateChange) { j.add(change.State.String()) })
	frames := tap(p)
	resume(t, p)
	j.wants(t, "Connected", "get", "event", "set")
	seen := frames.requests()
	if len(seen) != 3 || seen[0].op != opSetWatches || seen[1].op != opGetData || seen[2].op != opSetData {
		t.Errorf("requests %+v, want set watches, get and set", seen)
	}
}

func TestWatchRestore_SeveralReconnectsFireOnce(t *testing.T) {
	t.Parallel()
	c, twin, p := proxied(t)
	must(t, twin.Create(t.Context(), "/a", nil))
	var j journal
	noted(&j, "event", must(t, c.GetW(t.Context(), "/a")).Event)
	for range 3 {
		suspend(t, c, p)
		resume(t, p)
		must(t, c.Sync(t.Context(), "/"))
	}
	if len(j.all()) > 0 {
		t.Errorf("fired before the change: %q", j.all())
	}
	must(t, twin.Set(t.Context(), "/a", nil, 0))
	must(t, twin.Set(t.Context(), "/a", nil, 1))
	j.wants(t, "event")
	must(t, c.Sync(t.Context(), "/"))
	j.wants(t, "event")
}

// There are more watches than fit into one request: servers may limit requests to far less than one with all of them would need.
func TestWatchRestore_ManyInPortions(t *testing.T) {
	t.Parallel()
	const count, most = 2000, 128 << 10
	c, twin, p := proxied(t)
	long := strings.Repeat("x", 200)
	var made []*future.Future[zkasync.Created]
	var watches []*future.Future[zkasync.Watched[*zk.Stat]]
	for i := range count {
		watches = append(watches, c.ExistsW(t.Context(), fmt.Sprintf("/%s%d", long, i)))
	}
	events := make([]*future.Future[zkasync.Event], count)
	for i, w := range must(t, future.All(watches...)) {
		events[i] = w.Event
	}
	suspend(t, c, p)
	for i := range count {
		made = append(made, twin.Create(t.Context(), fmt.Sprintf("/%s%d", long, i), nil))
	}
	must(t, future.All(made...))
	frames := tap(p)
	resume(t, p)
	must(t, future.All(events...))
	portions := 0
	for _, r := range frames.requests() {
		if r.op == opSetWatches {
			portions++
		}
		if r.size > most {
			t.Errorf("a request of %d bytes, want no more than %d", r.size, most)
		}
	}
	if portions < 2 {
		t.Errorf("%d requests to set watches, want several", portions)
	}
}
