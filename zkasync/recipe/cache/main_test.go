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

// place is a folder of the test's own on the shared server, and two clients of it: the cache's, and somebody else. What is tested there
// holds where servers know watches of trees.
func place(t *testing.T) (c, other *zkasync.Client) {
	t.Helper()
	zkserver.Needs(t, "3.6", "watches of trees")
	servers := check.Place(t)
	return connect(t, servers), connect(t, servers)
}

func connect(t testing.TB, servers string, opts ...zkasync.Option) *zkasync.Client {
	t.Helper()
	return check.Connect(t, servers, opts...)
}

// inMemory is a server inside the test, and a client of it.
func inMemory(t *testing.T, opts ...zktest.Option) (*zktest.Server, *zkasync.Client) {
	t.Helper()
	srv := zktest.Run(t, opts...)
	return srv, connect(t, srv.Addr(), srv.Options()...)
}

// open has a cache that is loaded.
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

// shown is what a cache has, a znode with its data in each line.
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

// told folds events into what a cache has that has told them, and checks that each follows the one before.
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
			r.t.Errorf("%v is there: %v", e.Path, e)
		}
		r.entries[e.Path] = e.New
	case cache.Changed, cache.Deleted:
		if !there || line(was) != line(e.Old) || was.Stat != e.Old.Stat {
			r.t.Errorf("%v: was %q, and the event says %q", e.Path, line(was), line(e.Old))
		}
		delete(r.entries, e.Path)
		if e.Kind == cache.Changed {
			r.entries[e.Path] = e.New
		}
	}
	r.last = e
}

// ordered checks that the event is not of an earlier transaction than the one before.
func (r *told) ordered(e cache.Event) {
	r.t.Helper()
	zxid := int64(0)
	if e.Kind == cache.Created || e.Kind == cache.Changed {
		zxid = e.New.Stat.Mzxid
	}
	if zxid != 0 && zxid < r.zxid {
		r.t.Errorf("%v %v of zxid %#x comes behind %#x, %v", e.Kind, line(e.New), zxid, r.zxid, r.last.Path)
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

// byStep orders paths as a cache does: parents first, neighbours by name.
func byStep(a, b string) int {
	return slices.Compare(strings.Split(strings.TrimSuffix(a, "/"), "/"), strings.Split(strings.TrimSuffix(b, "/"), "/"))
}
