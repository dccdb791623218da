package cache_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/cache"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(check.Main(m)) }

// place returns two clients, one for the cache and one for somebody else, with the same chroot, which belongs to the test alone.
// It skips the test if the server has no recursive watches.
func place(t *testing.T) (c, other *zkasync.Client) {
	t.Helper()
	zkserver.Needs(t, "3.6", "recursive watches")
	servers := check.Place(t)
	return connect(t, servers), connect(t, servers)
}

func connect(t testing.TB, servers string, opts ...zkasync.Option) *zkasync.Client {
	t.Helper()
	return check.Connect(t, servers, opts...)
}

// inMemory starts a server inside the test, and returns it with a client of it.
func inMemory(t *testing.T, opts ...zktest.Option) (*zktest.Server, *zkasync.Client) {
	t.Helper()
	srv := zktest.Run(t, opts...)
	return srv, connect(t, srv.Addr(), srv.Options()...)
}

// open opens a cache and waits until it is loaded.
func open(t testing.TB, c *zkasync.Client, path string, opts ...cache.Option) *cache.Cache {
	t.Helper()
	k := cache.Open(c, path, opts...)
	t.Cleanup(k.Close)
	must(t, k.Ready())
	return k
}

func must[T any](t testing.TB, f *future.Future[T]) T {
	t.Helper()
	return check.Value(t, f)
}

func get[T any](f *future.Future[T]) (T, error) { return check.Get(f) }

// poll waits until a condition holds.
func poll(t testing.TB, what string, ok func() bool) {
	t.Helper()
	check.Until(t, what, ok)
}

// shown returns the contents of a cache, a line with path and data for each znode.
func shown(k *cache.Cache) string {
	var lines []string
	for e := range k.All(k.Path()) {
		lines = append(lines, line(e))
	}
	return strings.Join(lines, "\n")
}

func line(e cache.Entry) string {
	if e.Err != nil {
		return e.Path + " ! " + e.Err.Error()
	}
	return fmt.Sprintf("%s=%s", e.Path, e.Data)
}

// told applies events to a tree, and checks that each event fits the state before it.
type told struct {
	t       testing.TB
	entries map[string]cache.Entry
	zxid    int64
	last    cache.Event
}

func (r *told) add(e cache.Event) {
	r.t.Helper()
	if r.entries == nil {
		r.entries = make(map[string]cache.Entry)
	}
	was, there := r.entries[e.Path]
	switch e.Kind {
	case cache.Created:
		if there {
			r.t.Errorf("%v was created, although it exists: %v", e.Path, e)
		}
		r.entries[e.Path] = e.New
	case cache.Changed, cache.Deleted:
		if !there || line(was) != line(e.Old) || was.Stat != e.Old.Stat {
			r.t.Errorf("%v: the state before was %q, but the event says %q", e.Path, line(was), line(e.Old))
		}
		delete(r.entries, e.Path)
		if e.Kind == cache.Changed {
			r.entries[e.Path] = e.New
		}
	}
	r.last = e
}

// ordered checks that the event's transaction is not older than those before.
func (r *told) ordered(e cache.Event) {
	r.t.Helper()
	zxid := int64(0)
	if e.Kind == cache.Created || e.Kind == cache.Changed {
		zxid = e.New.Stat.Mzxid
	}
	if zxid != 0 && zxid < r.zxid {
		r.t.Errorf("%v %v with zxid %#x comes after zxid %#x of %v", e.Kind, line(e.New), zxid, r.zxid, r.last.Path)
	}
	r.zxid = max(r.zxid, zxid)
}

func (r *told) String() string {
	var lines []string
	for _, path := range slices.SortedFunc(maps.Keys(r.entries), byStep) {
		lines = append(lines, line(r.entries[path]))
	}
	return strings.Join(lines, "\n")
}

// byStep orders paths as a cache does: parents first, siblings by name.
func byStep(a, b string) int {
	return slices.Compare(strings.Split(strings.TrimSuffix(a, "/"), "/"), strings.Split(strings.TrimSuffix(b, "/"), "/"))
}
