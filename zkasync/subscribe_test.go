package zkasync_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// eventNames are short names for events.
var eventNames = map[zk.EventType]string{
	zk.EventNodeCreated:         "created",
	zk.EventNodeDeleted:         "deleted",
	zk.EventNodeDataChanged:     "changed",
	zk.EventNodeChildrenChanged: "children",
}

func eventLine(e zkasync.Event) string {
	if e.Resync {
		return "resync " + e.Path
	}
	return eventNames[e.Type] + " " + e.Path
}

// needsAddWatch skips a test of subscriptions on servers that have none.
func needsAddWatch(t *testing.T) {
	t.Helper()
	zkserver.Needs(t, "3.6", "persistent watches (AddWatch)")
}

// nextEvents receives n events of a subscription.
func nextEvents(t testing.TB, s *zkasync.Subscription, n int) []zkasync.Event {
	t.Helper()
	var got []zkasync.Event
	deadline := time.After(wait)
	for len(got) < n {
		select {
		case e, ok := <-s.C():
			if !ok {
				t.Fatalf("no more events after %d of %d: %v", len(got), n, s.Err())
			}
			got = append(got, e)
		case <-deadline:
			t.Fatalf("%d events in time, want %d", len(got), n)
		}
	}
	return got
}

// wantEvents receives as many events as there are lines and compares.
func wantEvents(t testing.TB, s *zkasync.Subscription, want ...string) {
	t.Helper()
	var got []string
	for _, e := range nextEvents(t, s, len(want)) {
		got = append(got, eventLine(e))
	}
	if !slices.Equal(got, want) {
		t.Errorf("events\n%q, want\n%q", got, want)
	}
}

// noMoreEvents waits for a round trip, after which all events of earlier changes have come, and checks that there are none.
func noMoreEvents(t testing.TB, c *zkasync.Client, subs ...*zkasync.Subscription) {
	t.Helper()
	must(t, c.Sync(t.Context(), "/"))
	for _, s := range subs {
		select {
		case e, ok := <-s.C():
			t.Errorf("one more event: %q %v", eventLine(e), ok)
		default:
		}
	}
}

// changeEverything makes one change of each kind to path and to a child of it, with another client, and returns when c has got the
// events.
func changeEverything(t testing.TB, by, c *zkasync.Client, path string) {
	t.Helper()
	child := path + "/x"
	must(t, by.Create(t.Context(), path, nil))
	must(t, by.Set(t.Context(), path, []byte("1"), zkasync.AnyVersion))
	must(t, by.Create(t.Context(), child, nil))
	must(t, by.Set(t.Context(), child, []byte("2"), zkasync.AnyVersion))
	must(t, by.Delete(t.Context(), child, zkasync.AnyVersion))
	must(t, by.Delete(t.Context(), path, zkasync.AnyVersion))
	must(t, c.Sync(t.Context(), "/"))
}

var persistentEvents = []string{"created /a", "changed /a", "children /a", "children /a", "deleted /a"}

func TestAddWatch_PersistentSeesEveryChangeOfOneZnode(t *testing.T) {
	t.Parallel()
	needsAddWatch(t)
	c := rooted(t)
	s := must(t, c.AddWatch(t.Context(), "/a", zkasync.Persistent))
	changeEverything(t, c, c, "/a")
	changeEverything(t, c, c, "/a")
	wantEvents(t, s, append(persistentEvents, persistentEvents...)...)
	noMoreEvents(t, c, s)
	if s.Path() != "/a" || s.Mode() != zkasync.Persistent || s.Err() != nil {
		t.Errorf("path %q, mode %v, error %v", s.Path(), s.Mode(), s.Err())
	}
}

var recursiveEvents = []string{"created /a", "changed /a", "created /a/x", "changed /a/x", "deleted /a/x", "deleted /a"}

func TestAddWatch_RecursiveSeesDescendants(t *testing.T) {
	t.Parallel()
	needsAddWatch(t)
	c := rooted(t)
	s := must(t, c.AddWatch(t.Context(), "/a", zkasync.PersistentRecursive))
	all := must(t, c.AddWatch(t.Context(), "/", zkasync.PersistentRecursive))
	changeEverything(t, c, c, "/a")
	must(t, c.EnsurePath(t.Context(), "/a/b/c/d"))
	must(t, c.Create(t.Context(), "/ab", nil))
	want := append(slices.Clone(recursiveEvents), "created /a", "created /a/b", "created /a/b/c", "created /a/b/c/d")
	wantEvents(t, s, want...)
	wantEvents(t, all, append(want, "created /ab")...)
	noMoreEvents(t, c, s, all)
}

// Without a chroot, the path "/" has no parent.
func TestAddWatch_Root(t *testing.T) {
	t.Parallel()
	needsAddWatch(t)
	s := check.Run(t)
	c := connect(t, s.Addr())
	all := must(t, c.AddWatch(t.Context(), "/", zkasync.PersistentRecursive))
	root := must(t, c.AddWatch(t.Context(), "/", zkasync.Persistent))
	must(t, c.Create(t.Context(), "/a", nil))
	must(t, c.Create(t.Context(), "/a/b", nil))
	wantEvents(t, all, "created /a", "created /a/b")
	wantEvents(t, root, "children /")
	noMoreEvents(t, c, all, root)
}

func TestAddWatch_LastOneClosedRemovesTheServersWatch(t *testing.T) {
	t.Parallel()
	needsAddWatch(t)
	c, twin, p := proxied(t)
	w := tap(p)
	removals := func() (n int) {
		for _, s := range w.requests() {
			if s.op == opRemoveWatches {
				n++
			}
		}
		return n
	}
	first := must(t, c.AddWatch(t.Context(), "/a", zkasync.Persistent))
	second := must(t, c.AddWatch(t.Context(), "/a", zkasync.PersistentRecursive))
	first.Close()
	first.Close()
	must(t, c.Sync(t.Context(), "/"))
	if n := removals(); n != 0 {
		t.Errorf("%d removals while one is left", n)
	}
	must(t, twin.Create(t.Context(), "/a", nil))
	wantEvents(t, second, "created /a")
	kept := must(t, c.GetW(t.Context(), "/a")).Event
	children := must(t, c.ChildrenW(t.Context(), "/a")).Event
	second.Close()
	must(t, c.Sync(t.Context(), "/"))
	if n := removals(); n != 1 {
		t.Errorf("%d removals, want 1", n)
	}
	fails(t, c.RemoveWatches(t.Context(), "/b", zkasync.WatcherAny), zkasync.ErrNoWatcher)
	must(t, twin.Set(t.Context(), "/a", nil, 0))
	must(t, twin.Create(t.Context(), "/a/x", nil))
	if e := must(t, kept); e.Type != zk.EventNodeDataChanged {
		t.Errorf("event %q of the one-shot watch that stayed", eventLine(e))
	}
	if e := must(t, children); e.Type != zk.EventNodeChildrenChanged {
		t.Errorf("event %q of the one-shot watch that stayed", eventLine(e))
	}
	later := must(t, c.GetW(t.Context(), "/a")).Event // leaves a watch of its own again
	must(t, twin.Set(t.Context(), "/a", nil, 1))
	must(t, later)
	for _, s := range []*zkasync.Subscription{first, second} {
		<-s.Done()
		if _, open := <-s.C(); open {
			t.Error("the channel of a closed subscription is open")
		}
		wantErr(t, s.Err(), zkasync.ErrWatchRemoved)
	}
	fails(t, c.RemoveWatches(t.Context(), "/a", zkasync.WatcherAny), zkasync.ErrNoWatcher)
}

// The last subscription of a path is closed while the request for the next one is on its way.
func TestAddWatch_NextOneBeforeTheLastIsClosed(t *testing.T) {
	t.Parallel()
	needsAddWatch(t)
	c := rooted(t)
	must(t, c.Create(t.Context(), "/a", nil))
	s := must(t, c.AddWatch(t.Context(), "/a", zkasync.Persistent))
	for range 200 {
		next := c.AddWatch(t.Context(), "/a", zkasync.Persistent)
		s.Close()
		s = must(t, next)
		must(t, c.Set(t.Context(), "/a", nil, zkasync.AnyVersion))
		wantEvents(t, s, "changed /a")
	}
}

func TestAddWatch_CallbackInItsPlaceAmongCompletions(t *testing.T) {
	t.Parallel()
	needsAddWatch(t)
	c := rooted(t)
	var j journal
	release := make(chan struct{})
	must(t, c.Create(t.Context(), "/a", nil))
	c.Exists(t.Context(), "/").OnDone(func(*zk.Stat, error) { <-release })
	added := c.AddWatch(t.Context(), "/a", zkasync.Persistent, zkasync.OnEvent(func(e zkasync.Event) { j.add(eventLine(e)) }))
	noted(&j, "added", added)
	want := []string{"added"}
	for i := range 5 {
		noted(&j, fmt.Sprintf("set %d", i), c.Set(t.Context(), "/a", nil, zkasync.AnyVersion))
		noted(&j, fmt.Sprintf("got %d", i), c.Get(t.Context(), "/a"))
		want = append(want, "changed /a", fmt.Sprintf("set %d", i), fmt.Sprintf("got %d", i))
	}
	s := must(t, added)
	must(t, c.Sync(t.Context(), "/"))
	close(release)
	j.wants(t, want...)
	s.Close()
	must(t, c.Set(t.Context(), "/a", nil, zkasync.AnyVersion))
	noted(&j, "end", c.Sync(t.Context(), "/"))
	j.wants(t, append(want, "end")...)
}

func TestAddWatch_RefusesBadArguments(t *testing.T) {
	t.Parallel()
	needsAddWatch(t)
	c := rooted(t)
	fails(t, c.AddWatch(t.Context(), "a", zkasync.Persistent), zk.ErrInvalidPath, zkasync.ErrNotSent)
	fails(t, c.AddWatch(t.Context(), "/a", 7), zkasync.ErrNotSent)
	fails(t, c.AddWatch(t.Context(), "/a", zkasync.Persistent, zkasync.BufferEvents(0)), zkasync.ErrNotSent)
	fails(t, c.AddWatch(t.Context(), "/a", zkasync.Persistent, zkasync.CoalesceEvents(0)), zkasync.ErrNotSent)
	fails(t, c.AddWatch(t.Context(), "/a", zkasync.Persistent, zkasync.OnEvent(nil)), zkasync.ErrNotSent)
	must(t, c.AddWatch(t.Context(), "/a", zkasync.Persistent, zkasync.SubscribeOption{})).Close()
}

func TestAddWatch_EndsWithTheClient(t *testing.T) {
	t.Parallel()
	needsAddWatch(t)
	c, err := zkasync.Connect(testContext(t), sharedRoot(t))
	if err != nil {
		t.Fatal(err)
	}
	read := must(t, c.AddWatch(t.Context(), "/a", zkasync.Persistent))
	unread := must(t, c.AddWatch(t.Context(), "/a", zkasync.PersistentRecursive))
	events := read.C()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if _, open := <-events; open {
		t.Error("the channel is open")
	}
	wantErr(t, read.Err(), zkasync.ErrClosed)
	wantErr(t, unread.Err(), zkasync.ErrClosed)
	read.Close()
	fails(t, c.AddWatch(t.Context(), "/a", zkasync.Persistent), zkasync.ErrClosed, zkasync.ErrNotSent)
}
