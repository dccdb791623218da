package zkasync_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/handler"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

func TestView_InvalidPathsAreRefused(t *testing.T) {
	t.Parallel()
	c, err := zkasync.New("localhost")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"", "app", "/app/", "//", "/a/../b", "/a\x00"} {
		v, err := c.Chroot(path)
		if v != nil || !errors.Is(err, zk.ErrInvalidPath) {
			t.Errorf("Chroot(%q): %v, %v", path, v, err)
			continue
		}
		isAbout(t, err, "chroot", path)
	}
}

// isAbout checks the operation and the path of an error.
func isAbout(t *testing.T, err error, op, path string) {
	t.Helper()
	var e *zkasync.OpError
	if !errors.As(err, &e) || e.Op != op || e.Path != path {
		t.Errorf("%v, want an error of %s %s", err, op, path)
	}
}

func second[T any](_ T, err error) error { return err }

// A view cannot start, stop or move the session, whatever the state of the client.
func TestView_LeavesTheSessionAlone(t *testing.T) {
	t.Parallel()
	c := connect(t, zkserver.Shared(t).Addr())
	v := view(t, view(t, c, "/a"), "/b")
	ctx := t.Context()
	for _, state := range []zkasync.State{zkasync.StateConnected, zkasync.StateClosed} {
		id := c.Session().ID
		for name, err := range map[string]error{
			"Start":         v.Start(ctx),
			"StartAsync":    errOf(t, v.StartAsync()),
			"Restart":       v.Restart(ctx),
			"StopAsync":     errOf(t, v.StopAsync()),
			"Close":         v.Close(),
			"Detach":        second(v.Detach()),
			"DetachAsync":   errOf(t, v.DetachAsync()),
			"UpdateServers": v.UpdateServers("localhost"),
		} {
			if !errors.Is(err, zkasync.ErrView) || !errors.Is(err, zkasync.ErrNotSent) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if got, want := v.Close().Error(), "zkasync: close: not sent: this is a view of a client, below /a/b"; got != want {
			t.Errorf("error %q, want %q", got, want)
		}
		if c.State() != state || v.State() != state || c.Session().ID != id || v.Session().ID != id {
			t.Errorf("state %v and session %#x, want %v and %#x", v.State(), v.Session().ID, state, id)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A view of the root is like any other: it cannot close the client.
func TestView_OfTheRoot(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	v := view(t, view(t, c, "/"), "/")
	made := must(t, v.Create(t.Context(), "/a", nil)).Path
	if made != "/a" || must(t, c.Exists(t.Context(), "/a")) == nil {
		t.Errorf("created %q", made)
	}
	if err := v.Close(); !errors.Is(err, zkasync.ErrView) {
		t.Errorf("close: %v", err)
	}
	fails(t, v.Get(t.Context(), "/b"), zk.ErrNoNode)
}

// A view works whenever its client is started, in each of its sessions.
func TestView_OfAClientThatStopsAndStarts(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	v := view(t, c, "/app")
	ctx := t.Context()
	must(t, v.EnsurePath(ctx, "/"))
	gone := must(t, v.ExistsW(ctx, "/x")).Event
	live := v.WatchData(ctx, "/x")
	sub := must(t, v.AddWatch(ctx, "/x", zkasync.Persistent))
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	isOp(t, fails(t, gone, zkasync.ErrClosed), "watch", "/x", zkasync.OutcomeNone, "zkasync: watch /x: client closed")
	isOp(t, live.Err(), "watch data", "/x", zkasync.OutcomeNone, "zkasync: watch data /x: client closed")
	isOp(t, sub.Err(), "watch", "/x", zkasync.OutcomeNone, "zkasync: watch /x: client closed")
	isAbout(t, fails(t, v.Create(ctx, "/x", nil), zkasync.ErrClosed), "create", "/x")
	if err := c.Start(testContext(t)); err != nil {
		t.Fatal(err)
	}
	must(t, v.Create(ctx, "/x", nil))
	late := view(t, c, "/app")
	if must(t, late.Exists(ctx, "/x")) == nil {
		t.Error("a second view of the same path sees something else")
	}
}

// All kinds of watches report the view's own paths, however many views see the same znode.
func TestView_Watches(t *testing.T) {
	needsAddWatch(t)
	t.Parallel()
	c := rooted(t)
	ctx := t.Context()
	app := view(t, c, "/app")
	deep := view(t, app, "/deep")
	must(t, deep.EnsurePath(ctx, "/"))
	type place struct {
		c    *zkasync.Client
		path string // of the znode
		root string // of "/app/deep"
	}
	places := []place{{c, "/app/deep/x", "/app/deep"}, {app, "/deep/x", "/deep"}, {deep, "/x", "/"}}
	var events []*future.Future[zkasync.Event]
	var exact, below []*zkasync.Subscription
	var lives []*zkasync.Live[zkasync.Node]
	for _, p := range places {
		events = append(events, must(t, p.c.ExistsW(ctx, p.path)).Event)
		below = append(below, must(t, p.c.AddWatch(ctx, p.root, zkasync.PersistentRecursive)))
		exact = append(exact, must(t, p.c.AddWatch(ctx, p.path, zkasync.Persistent)))
		lives = append(lives, p.c.WatchData(ctx, p.path))
	}
	must(t, app.Create(ctx, "/deep/x", []byte("1")))
	for i, p := range places {
		if e := must(t, events[i]); e.Path != p.path || e.Type != zk.EventNodeCreated {
			t.Errorf("one-shot watch %d: %v", i, e)
		}
		for _, s := range []*zkasync.Subscription{below[i], exact[i]} {
			if e := nextEvents(t, s, 1)[0]; e.Path != p.path || e.Type != zk.EventNodeCreated {
				t.Errorf("%v subscription %d: %v", s.Mode(), i, e)
			}
		}
		poll(t, "the live value", func() bool {
			r, _ := lives[i].Latest()
			return string(r.Value.Data) == "1"
		})
	}
	given := must(t, deep.GetW(ctx, "/x")).Event
	if !c.Unwatch(given) {
		t.Error("the client does not know a watch of its view")
	}
	isOp(t, fails(t, given, zkasync.ErrWatchRemoved), "watch", "/x", zkasync.OutcomeNone, "zkasync: watch /x: watch removed")
	removed := must(t, c.GetW(ctx, "/app/deep/x")).Event
	must(t, deep.RemoveWatches(ctx, "/x", zkasync.WatcherAny))
	isAbout(t, fails(t, removed, zkasync.ErrWatchRemoved), "watch", "/app/deep/x")
	for i, s := range exact {
		<-s.Done()
		isAbout(t, s.Err(), "watch", places[i].path)
	}
}

// The watches of views survive a reconnect, and report it under their own paths.
func TestView_WatchesAreRestored(t *testing.T) {
	needsAddWatch(t)
	t.Parallel()
	c, twin, p := proxied(t)
	ctx := t.Context()
	app := view(t, c, "/app")
	must(t, app.EnsurePath(ctx, "/"))
	event := must(t, app.ExistsW(ctx, "/x")).Event
	sub := must(t, app.AddWatch(ctx, "/", zkasync.PersistentRecursive))
	suspend(t, c, p)
	must(t, twin.Create(ctx, "/app/x", nil))
	resume(t, p)
	if e := must(t, event); e.Path != "/x" || e.Type != zk.EventNodeCreated {
		t.Errorf("one-shot watch: %v", e)
	}
	// The one-shot watch of that path makes the server report the creation, which it does not do for a persistent one.
	if e := nextEvents(t, sub, 2); e[0].Path != "/x" || !e[1].Resync || e[1].Path != "/" {
		t.Errorf("subscription: %v", e)
	}
}

// All views submit to one queue, and their callbacks are one sequence.
func TestView_OrderIsShared(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	app := view(t, c, "/app")
	must(t, app.EnsurePath(t.Context(), "/"))
	const n = 200
	var order []int // appended to on the handler only
	var all []*future.Future[zkasync.Created]
	for i := range n {
		from, path := c, "/app/s-"
		if i%2 == 1 {
			from, path = app, "/s-"
		}
		f := from.Create(t.Context(), path, nil, zkasync.Sequential())
		f.OnDone(func(zkasync.Created, error) { order = append(order, i) })
		all = append(all, f)
	}
	for i, f := range all {
		want := fmt.Sprintf("/app/s-%010d", i)
		if i%2 == 1 {
			want = want[len("/app"):]
		}
		if got := must(t, f).Path; got != want {
			t.Errorf("create %d made %q, want %q", i, got, want)
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if len(order) != n || !slices.IsSorted(order) {
		t.Errorf("callbacks ran as %v", order)
	}
}

// Callbacks about one znode share a lane, whichever view they come from.
func TestView_OneLanePerZnode(t *testing.T) {
	t.Parallel()
	c := rooted(t, zkasync.WithHandler(handler.NewPool(64)))
	app := view(t, c, "/app")
	must(t, app.EnsurePath(t.Context(), "/"))
	const n = 50
	lists := make([][]int, n) // each appended to on the lane of one znode
	for i := range 20 {
		for k := range n {
			from, path := c, fmt.Sprintf("/app/%d", k)
			if i%2 == 1 {
				from, path = app, path[len("/app"):]
			}
			from.Exists(t.Context(), path).OnDone(func(*zk.Stat, error) { lists[k] = append(lists[k], i) })
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for k, list := range lists {
		if len(list) != 20 || !slices.IsSorted(list) {
			t.Errorf("callbacks about znode %d ran as %v", k, list)
		}
	}
}

func TestView_OperationsOfSeveralSteps(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	app := view(t, c, "/app")
	ctx := t.Context()
	if path := must(t, app.EnsurePath(ctx, "/a/b")); path != "/a/b" {
		t.Errorf("ensured %q", path)
	}
	made := must(t, app.Create(ctx, "/q/x-", nil, zkasync.MakeParents(), zkasync.Protected(), zkasync.Sequential(), zkasync.Ephemeral()))
	if must(t, c.Exists(ctx, "/app"+made.Path)) == nil {
		t.Errorf("created %q", made.Path)
	}
	if got := must(t, app.Ephemerals(ctx, "/")); !slices.Equal(got, []string{made.Path}) {
		t.Errorf("ephemerals %q", got)
	}
	bulk := app.Bulk(ctx)
	for i := range 100 {
		bulk.Create(fmt.Sprintf("/a/%02d", i), []byte{byte(i)})
	}
	last := bulk.Set("/a", []byte("all"), 0)
	must(t, last)
	if got := must(t, app.ChildrenData(ctx, "/a")); len(got) != 101 || got[7].Name != "07" || got[7].Data[0] != 7 {
		t.Errorf("%d children, %+v", len(got), got)
	}
	reads := must(t, app.MultiRead(ctx, zkasync.GetOp("/a"), zkasync.ChildrenOp("/"), zkasync.GetOp("/none")))
	if string(reads[0].Node.Data) != "all" || len(reads[1].Names) != 2 {
		t.Errorf("reads %+v", reads)
	}
	isAbout(t, reads[2].Err, "get", "/none")
	if n := must(t, app.DescendantCount(ctx, "/")); n != 104 {
		t.Errorf("%d descendants, want 104", n)
	}
	if n := must(t, app.DeleteAll(ctx, "/a")); n != 102 {
		t.Errorf("deleted %d, want 102", n)
	}
	err := fails(t, app.Multi(ctx, zkasync.CreateOp("/b", nil), zkasync.DeleteOp("/q", -1)), zk.ErrNotEmpty)
	isOp(t, err, "multi", "", zkasync.OutcomeRejected, "zkasync: multi: operation 1, delete /q: node has children (so not applied: create /b)")
	retried := zkasync.Retry(ctx, app, zkasync.RetryPolicy{}, func(ctx context.Context) *future.Future[zk.Stat] {
		return app.Set(ctx, "/q", nil, zkasync.AnyVersion)
	})
	must(t, retried)
}

// A request of a view costs no more than one of its client.
func TestView_AllocatesNoMore(t *testing.T) {
	c, err := zkasync.New("localhost")
	if err != nil {
		t.Fatal(err)
	}
	count := func(c *zkasync.Client) float64 {
		return testing.AllocsPerRun(100, func() { c.Get(context.Background(), "/x") })
	}
	if plain, deep := count(c), count(view(t, c, "/app")); deep != plain {
		t.Errorf("a get of a view allocates %v times, one of its client %v times", deep, plain)
	}
}
