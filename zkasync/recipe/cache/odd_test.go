package cache_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/cache"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// comesTo waits until a cache has exactly this tree.
func comesTo(t testing.TB, k *cache.Cache, tree string) {
	t.Helper()
	poll(t, "the cache has "+tree, func() bool { return shown(k) == tree })
}

func TestCache_MissingRoot(t *testing.T) {
	t.Parallel()
	c, other := place(t)
	k := open(t, c, "/far/away")
	if k.Len() != 0 || !k.Current() {
		t.Errorf("%d znodes, current %v", k.Len(), k.Current())
	}
	create(t, other, "/far/away/is/a/place", "1")
	want(t, k, "/far/away=\n/far/away/is=\n/far/away/is/a=\n/far/away/is/a/place=1")
	must(t, other.DeleteAll(t.Context(), "/far"))
	want(t, k, "")
	if k.Size() != 0 {
		t.Errorf("an empty cache has %d bytes", k.Size())
	}
	create(t, other, "/far/away", "2")
	create(t, other, "/far/awaybeside", "3")
	want(t, k, "/far/away=2")
	for _, path := range []string{"/far", "/far/awaybeside", "", "/", "/far/away/", "/far/away//", "/far/away/none", "away"} {
		if e, ok := k.Get(path); ok || len(k.Children(path)) > 0 {
			t.Errorf("%q is in the cache: %v", path, e)
		}
	}
}

// A znode that may not be read is present with an error, and the rest is cached. When it may be read, it is cached too, with
// everything below it.
func TestCache_HiddenZnodes(t *testing.T) {
	t.Parallel()
	c, other := place(t)
	must(t, other.AddAuth(t.Context(), "digest", []byte("u:p")))
	secret := zk.DigestACL(zk.PermAll, "u", "p")
	create(t, other, "/tree/open", "1")
	create(t, other, "/tree/secret/below", "2")
	must(t, other.SetACL(t.Context(), "/tree/secret", secret, zkasync.AnyVersion))
	must(t, other.Create(t.Context(), "/tree/own", []byte("3"), zkasync.WithACL(secret)))
	k := open(t, c, "/tree")
	e, ok := k.Get("/tree/secret")
	if !ok || !errors.Is(e.Err, zk.ErrNoAuth) || e.Data != nil {
		t.Errorf("a hidden znode is %+v, %v", e, ok)
	}
	hidden := "/tree/%s ! not authenticated"
	want(t, k, "/tree=\n/tree/open=1\n"+fmt.Sprintf(hidden, "own")+"\n"+fmt.Sprintf(hidden, "secret"))
	must(t, other.SetACL(t.Context(), "/tree/secret", zk.WorldACL(zk.PermAll), zkasync.AnyVersion))
	k.Refresh()
	want(t, k, "/tree=\n/tree/open=1\n"+fmt.Sprintf(hidden, "own")+"\n/tree/secret=\n/tree/secret/below=2")
	must(t, other.SetACL(t.Context(), "/tree/own", zk.WorldACL(zk.PermAll), zkasync.AnyVersion))
	comesTo(t, k, "/tree=\n/tree/open=1\n/tree/own=3\n/tree/secret=\n/tree/secret/below=2") // without a Refresh, after a pause
	must(t, other.SetACL(t.Context(), "/tree", secret, zkasync.AnyVersion))
	k.Refresh()
	want(t, k, "/tree ! not authenticated\n/tree/open=1\n/tree/own=3\n/tree/secret=\n/tree/secret/below=2")
	must(t, other.Delete(t.Context(), "/tree/own", zkasync.AnyVersion))
	must(t, other.Set(t.Context(), "/tree/open", []byte("4"), zkasync.AnyVersion))
	k.Refresh()
	want(t, k, "/tree ! not authenticated\n/tree/open=4\n/tree/secret=\n/tree/secret/below=2")
}

// A znode that is too large for the client's limit is hidden as well.
func TestCache_TooLargeZnode(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t)
	c := connect(t, srv.Addr(), append(srv.Options(), zkasync.WithMaxReplySize(2000))...)
	_ = srv.Load(map[string]string{"/a/large": strings.Repeat("x", 5000), "/a/small": "1"})
	k := open(t, c, "/a")
	e, _ := k.Get("/a/large")
	var size *zkasync.ReplySizeError
	if small, ok := k.Get("/a/small"); !errors.As(e.Err, &size) || !ok || string(small.Data) != "1" {
		t.Errorf("large: %v, small: %q", e.Err, small.Data)
	}
	_ = srv.Put("/a/large", []byte("2"))
	want(t, k, "/a=\n/a/large=2\n/a/small=1")
}

func TestCache_Bounds(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		opt  cache.Option
		what string
		max  int64
	}{
		"znodes": {cache.WithMaxEntries(3), "znodes", 3},
		"bytes":  {cache.WithMaxBytes(12), "bytes", 12},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv, c := inMemory(t)
			_ = srv.Load(map[string]string{"/a/1": "x", "/a/2": "y"}) // 3 znodes, 12 bytes
			k := open(t, c, "/a", x.opt)
			events := k.Subscribe()
			syncing := k.Sync(t.Context())
			_ = srv.Put("/a/3", []byte("z"))
			<-k.Done()
			var limit *cache.LimitError
			if !errors.As(k.Err(), &limit) || limit.What != x.what || limit.Limit != x.max {
				t.Errorf("the cache ends with %v", k.Err())
			}
			var last error
			for _, last = range events.All(t.Context()) {
			}
			if !errors.As(events.Err(), &limit) || last != events.Err() || k.Current() {
				t.Errorf("a subscription ends with %v, current %v", events.Err(), k.Current())
			}
			_, _ = get(syncing) // it completes
			if _, err := get(k.Sync(t.Context())); !errors.As(err, &limit) {
				t.Errorf("Sync of a cache that has ended: %v", err)
			}
			late := cache.Open(c, "/a", x.opt)
			defer late.Close()
			if _, err := get(late.Ready()); !errors.As(err, &limit) {
				t.Errorf("a load above the limit ends with %v", err)
			}
		})
	}
}

func TestOpen_RefusesBadInput(t *testing.T) {
	t.Parallel()
	_, c := inMemory(t)
	for name, x := range map[string]struct {
		path string
		opt  cache.Option
		want string
	}{
		"path":    {"no/slash", cache.Option{}, "cache: keep no/slash: invalid path: must begin with \"/\""},
		"entries": {"/a", cache.WithMaxEntries(0), "cache: keep /a: bound of 0 znodes is not positive"},
		"bytes":   {"/a", cache.WithMaxBytes(-1), "cache: keep /a: bound of -1 bytes is not positive"},
		"depth":   {"/a", cache.WithDepth(-2), "cache: keep /a: depth of -2 levels is negative"},
		"filter":  {"/a", cache.WithFilter(nil), "cache: keep /a: filter is nil"},
	} {
		k := cache.Open(c, x.path, x.opt)
		_, err := get(k.Ready())
		if err == nil || err.Error() != x.want {
			t.Errorf("%s: %v, want %s", name, err, x.want)
		}
		<-k.Done()
		for e, err := range k.Events(t.Context()) {
			if err == nil {
				t.Errorf("%s: an event of an invalid cache: %v", name, e)
			}
		}
		k.Close()
	}
}

// A filter that panics ends the cache and nothing else.
func TestCache_FilterPanics(t *testing.T) {
	t.Parallel()
	srv, c := inMemory(t)
	_ = srv.Load(map[string]string{"/a/1": "x"})
	k := cache.Open(c, "/a", cache.WithFilter(func(string) bool { panic("no") }))
	defer k.Close()
	var p *future.PanicError
	if _, err := get(k.Ready()); !errors.As(err, &p) || p.Value != "no" {
		t.Errorf("it ends with %v", err)
	}
}

// A znode that is left out, and everything below it, is neither read nor reported.
func TestCache_FilterAndDepth(t *testing.T) {
	t.Parallel()
	srv, c := inMemory(t)
	_ = srv.Load(map[string]string{"/a/b/c/d": "", "/a/tmp/x": "", "/a/e": ""})
	k := open(t, c, "/a", cache.WithDepth(2), cache.WithFilter(func(path string) bool { return !strings.HasSuffix(path, "tmp") }))
	want(t, k, "/a=\n/a/b=\n/a/b/c=\n/a/e=")
	_ = srv.Load(map[string]string{"/a/b/c/d": "1", "/a/tmp/x": "1", "/a/e": "1", "/a/e/tmp/y": "1", "/a/e/f/g": "1"})
	want(t, k, "/a=\n/a/b=\n/a/b/c=\n/a/e=1\n/a/e/f=")
	for _, r := range srv.Requests() {
		if r.Op == zktest.OpGetData && strings.Contains(r.Path, "tmp") || strings.HasPrefix(r.Path, "/a/b/c/") && r.Session != 0 {
			t.Errorf("a znode that is left out was read: %v", r)
		}
	}
}

// oldServer starts a server that, like releases before 3.6, does not implement persistent watches, and returns two clients.
func oldServer(t *testing.T) (*zktest.Server, *zkasync.Client, *zkasync.Client) {
	srv := zktest.Run(t)
	srv.Fault(zktest.Fault{Op: zktest.OpAddWatch, When: zktest.Before, Do: zktest.Fail(zkasync.ErrUnimplemented)})
	c := connect(t, srv.Addr(), srv.Options()...)
	return srv, c, connect(t, srv.Addr(), srv.Options()...)
}

func TestCache_OldServers(t *testing.T) {
	t.Parallel()
	srv, c, other := oldServer(t)
	k := open(t, c, "/a")
	create(t, other, "/a/b/c", "1")
	comesTo(t, k, "/a=\n/a/b=\n/a/b/c=1")
	must(t, other.Set(t.Context(), "/a/b/c", []byte("2"), zkasync.AnyVersion))
	create(t, other, "/a/d", "3")
	comesTo(t, k, "/a=\n/a/b=\n/a/b/c=2\n/a/d=3")
	if !k.Current() {
		t.Error("it is not current")
	}
	before := c.Session().ID
	if err := srv.Expire(before); err != nil {
		t.Fatal(err)
	}
	must(t, other.Delete(t.Context(), "/a/b/c", zkasync.AnyVersion))
	create(t, other, "/a/b/e", "4")
	comesTo(t, k, "/a=\n/a/b=\n/a/b/e=4\n/a/d=3")
	must(t, other.DeleteAll(t.Context(), "/a"))
	comesTo(t, k, "")
	create(t, other, "/a", "5")
	comesTo(t, k, "/a=5")
	must(t, k.Sync(t.Context()))
}

func TestCache_OldServersConverge(t *testing.T) {
	t.Parallel()
	srv, c, other := oldServer(t)
	convergence(t, c, other, 5, 40, faultsInMemory(srv, c))
}

// If somebody removes the cache's watch, the cache sets it again and reads everything again.
func TestCache_WatchIsRemoved(t *testing.T) {
	t.Parallel()
	srv, c := inMemory(t)
	_ = srv.Load(map[string]string{"/a/b": "1"})
	k := open(t, c, "/a")
	_, _ = get(c.RemoveWatches(t.Context(), "/a", zkasync.WatcherAny))
	_ = srv.Put("/a/b", []byte("2"))
	comesTo(t, k, "/a=\n/a/b=2")
	poll(t, "it is current", k.Current)
}

// The cache accepts an older state only if a read after a Sync returns it too: then the servers were set back.
func TestCache_OlderStateIsConfirmed(t *testing.T) {
	t.Parallel()
	for lies, shows := range map[int64]string{1: "3", 2: "1"} {
		srv, c := inMemory(t)
		_ = srv.Load(map[string]string{"/a/b": "1"})
		k := open(t, c, "/a")
		data, st, err := srv.Get("/a/b")
		if err != nil {
			t.Fatal(err)
		}
		_ = srv.Put("/a/b", []byte("2"))
		want(t, k, "/a=\n/a/b=2")
		var left atomic.Int64
		left.Store(lies)
		srv.Intercept(func(r zktest.Request) zktest.Action {
			if r.Op == zktest.OpGetData && r.Path == "/a/b" && left.Add(-1) >= 0 {
				return zktest.Answer(wire.AppendStat(wire.AppendBuffer(nil, data), &st))
			}
			return zktest.Action{}
		})
		_ = srv.Put("/a/b", []byte("3"))
		want(t, k, "/a=\n/a/b="+shows)
		if n := left.Load(); n > 0 {
			t.Errorf("%d of the old answers were not asked for", n)
		}
	}
}

// A slow reader finds the newest state of each znode, and nothing of znodes that were created and deleted meanwhile.
func TestSubscription_SlowReader(t *testing.T) {
	t.Parallel()
	srv, c := inMemory(t)
	_ = srv.Load(map[string]string{"/a/b": "0", "/a/gone": "0"})
	k := open(t, c, "/a")
	s := k.Subscribe()
	defer s.Close()
	next := func() string {
		for e, err := range s.All(t.Context()) {
			if err != nil {
				return err.Error()
			}
			return fmt.Sprintf("%v %v %s→%s", e.Kind, e.Path, e.Old.Data, e.New.Data)
		}
		return "nothing"
	}
	for _, want := range []string{"Created /a →", "Created /a/b →0", "Created /a/gone →0", "Synced  →"} {
		if got := next(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for i := range 5000 {
		_ = srv.Put("/a/b", fmt.Append(nil, i+1))
		_ = srv.Put("/a/brief", nil)
		_ = srv.Delete("/a/brief")
		must(t, k.Sync(t.Context()))
		if i == 100 {
			break
		}
	}
	_ = srv.Delete("/a/gone")
	must(t, k.Sync(t.Context()))
	_ = srv.Put("/a/gone", []byte("again"))
	must(t, k.Sync(t.Context()))
	for _, want := range []string{"Changed /a/b 0→101", "Deleted /a/gone 0→", "Created /a/gone →again"} {
		if got := next(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	for e, err := range s.All(ctx) {
		if err != context.DeadlineExceeded {
			t.Errorf("one more event: %v, %v", e, err)
		}
	}
}

// A closed client ends its caches.
func TestCache_ClientCloses(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t)
	for name, fault := range map[string]bool{"new": false, "old": true} {
		t.Run(name, func(t *testing.T) {
			if fault {
				srv.Fault(zktest.Fault{Op: zktest.OpAddWatch, Do: zktest.Fail(zkasync.ErrUnimplemented)})
			}
			c, err := zkasync.Connect(t.Context(), srv.Addr(), srv.Options()...)
			if err != nil {
				t.Fatal(err)
			}
			k := cache.Open(c, "/a")
			must(t, k.Ready())
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
			<-k.Done()
			if !errors.Is(k.Err(), zkasync.ErrClosed) {
				t.Errorf("it ends with %v", k.Err())
			}
			k.Close()
		})
	}
}

// Callbacks that block do not delay a cache.
func TestCache_IsNotHeldUp(t *testing.T) {
	t.Parallel()
	c, other := place(t)
	k := open(t, c, "/a")
	release := make(chan struct{})
	defer close(release)
	c.Exists(t.Context(), "/").OnDone(func(*zk.Stat, error) { <-release })
	create(t, other, "/a/b", "1")
	comesTo(t, k, "/a=\n/a/b=1")
}

// However often the first load is interrupted, when it is ready the cache is complete.
func TestCache_ReadyMeansComplete(t *testing.T) {
	t.Parallel()
	srv, c := inMemory(t)
	const branches, leaves = 20, 50
	for i := range branches {
		for j := range leaves {
			_ = srv.Put(fmt.Sprintf("/a/%d/%d", i, j), nil)
		}
	}
	for skip := range 20 {
		lost := srv.Fault(zktest.Fault{Path: "/a/**", Skip: skip, Count: 1, When: zktest.When(skip % 2), Do: zktest.Drop()})
		k := cache.Open(c, "/a")
		s := k.Subscribe()
		must(t, k.Ready())
		if n := k.Len(); n != 1+branches+branches*leaves {
			t.Errorf("lost after %d requests: %d znodes", skip, n)
		}
		n := 0
		for e := range s.All(t.Context()) {
			if e.Kind == cache.Synced {
				break
			}
			n++
		}
		if n != k.Len() {
			t.Errorf("lost after %d requests: %d are reported", skip, n)
		}
		k.Close()
		lost.Remove()
	}
}

// Changes that were made while there was no connection are reported in the order in which they were made.
func TestCache_ReportsAGapInOrder(t *testing.T) {
	t.Parallel()
	srv, c := inMemory(t)
	_ = srv.Load(map[string]string{"/a/z": "", "/a/gone/below": "", "/a/again": "", "/a/again/below": "", "/b": "", "/a/y/x": "", "/a/y/w": ""})
	k := open(t, c, "/a")
	s := k.Subscribe()
	defer s.Close()
	next := func() (all []string) {
		for e := range s.All(t.Context()) {
			if e.Kind == cache.Synced {
				return all
			}
			all = append(all, fmt.Sprint(e.Kind, " ", e.Path))
		}
		return all
	}
	next()
	srv.Refuse(true)
	srv.Drop(c.Session().ID)
	_ = srv.Put("/a/z", []byte("1"))
	_ = srv.Put("/a/b", nil)
	_ = srv.Delete("/a/y/w")
	_ = srv.Put("/a/b/c", nil)
	_ = srv.Put("/a/y/x", []byte("1"))
	_ = srv.Delete("/a/again")
	_ = srv.Put("/a/again", nil)
	_ = srv.Put("/a/brief", nil)
	_ = srv.Delete("/a/brief")
	_ = srv.Put("/b", []byte("1"))
	_ = srv.Put("/a/b", []byte("1"))
	_ = srv.Delete("/a/gone")
	_ = srv.Put("/a", []byte("1"))
	srv.Refuse(false)
	want := []string{"Changed /a/z", "Deleted /a/y/w", "Created /a/b/c", "Changed /a/y/x", "Deleted /a/again/below", "Deleted /a/again",
		"Created /a/again", "Created /a/b", "Deleted /a/gone/below", "Deleted /a/gone", "Changed /a"}
	if got := next(); !slices.Equal(got, want) {
		t.Errorf("reported\n%q, want\n%q", got, want)
	}
}
