package zktest_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// crowd is what a server has while its cost is looked at.
type crowd struct{ znodes, sessions int }

func (w crowd) String() string { return fmt.Sprintf("znodes=%d/sessions=%d", w.znodes, w.sessions) }

// crowded is a server with a crowd, and one of its clients.
type crowded struct {
	crowd
	c    *zkasync.Client
	made int // znodes that create has made, and deleted
}

// start starts a server. Its time stands still, so that sessions need not be kept alive.
func (w crowd) start(tb testing.TB) *crowded {
	srv := zktest.Run(tb, zktest.WithClock(zktest.NewClock(time.Unix(0, 0))))
	fill(tb, srv, w.znodes)
	for range w.sessions - 1 {
		openRaw(tb, srv)
	}
	return &crowded{crowd: w, c: connect(tb, srv)}
}

// path is that of one znode after another, from all over the tree.
func (w *crowded) path(i int) string { return fmt.Sprintf("/tree/%07d", i*7919%w.znodes) }

func (w *crowded) get(tb testing.TB, n int) {
	flight(tb, n, func(i int) *future.Future[zkasync.Node] { return w.c.Get(tb.Context(), w.path(i)) })
}

func (w *crowded) set(tb testing.TB, n int) {
	data := make([]byte, 100)
	flight(tb, n, func(i int) *future.Future[zk.Stat] { return w.c.Set(tb.Context(), w.path(i), data, zkasync.AnyVersion) })
}

// create makes znodes among the others and deletes them again; each of the two is half of n.
func (w *crowded) create(tb testing.TB, n int) {
	flight(tb, n/2, func(int) *future.Future[future.Void] {
		path := fmt.Sprintf("/tree/made-%d", w.made)
		w.made++
		w.c.Create(tb.Context(), path, nil)
		return w.c.Delete(tb.Context(), path, zkasync.AnyVersion)
	})
}

// works are what is measured, by name.
var works = []struct {
	name string
	run  func(w *crowded, tb testing.TB, n int)
}{
	{"get", (*crowded).get}, {"set", (*crowded).set}, {"create", (*crowded).create},
}

// flight keeps requests under way and waits for the oldest.
func flight[T any](tb testing.TB, n int, ask func(i int) *future.Future[T]) {
	tb.Helper()
	ring := make([]*future.Future[T], inFlight)
	take := func(f *future.Future[T]) {
		if f == nil {
			return
		}
		if _, err := f.Get(context.Background()); err != nil {
			tb.Fatal(err)
		}
	}
	for i := range n {
		take(ring[i%inFlight])
		ring[i%inFlight] = ask(i)
	}
	for i := range ring {
		take(ring[(n+i)%inFlight])
	}
}

// The cost of a request does not depend on how many znodes or sessions there are. The servers are measured in turns, and the best
// turn of each counts; to look through all that there is would cost the large ones a thousand times as much and more.
func TestServer_CostIsFlat(t *testing.T) {
	const turns, requests, most = 5, 500, 30
	least := crowd{znodes: 10, sessions: 1}.start(t)
	large := []*crowded{crowd{znodes: 50_000, sessions: 1}.start(t), crowd{znodes: 10, sessions: 2_000}.start(t)}
	for _, work := range works {
		best := make(map[*crowded]time.Duration)
		for range turns {
			for _, w := range append(large, least) {
				began := time.Now()
				work.run(w, t, requests)
				took := time.Since(began)
				if before, measured := best[w]; !measured || took < before {
					best[w] = took
				}
			}
		}
		for _, w := range large {
			ratio := float64(best[w]) / float64(best[least])
			t.Logf("%s, %v: %.1f times %v", work.name, w.crowd, ratio, least.crowd)
			if ratio > most {
				t.Errorf("%s costs %.0f times as much with %v as with %v", work.name, ratio, w.crowd, least.crowd)
			}
		}
	}
}

// The same at full size.
func BenchmarkAmong(b *testing.B) {
	for _, w := range []crowd{{10, 1}, {1_000_000, 1}, {10, 10_000}} {
		b.Run(w.String(), func(group *testing.B) {
			among := w.start(group)
			for _, work := range works {
				group.Run("op="+work.name, func(b *testing.B) {
					b.ReportAllocs()
					work.run(among, b, b.N)
				})
			}
		})
	}
}

// BenchmarkMillion fills a server with a million znodes of 100 bytes, and shows the memory that they take.
func BenchmarkMillion(b *testing.B) {
	const znodes = 1_000_000
	for range b.N {
		before := heap()
		srv := zktest.Run(b)
		fill(b, srv, znodes)
		used := heap() - before
		b.ReportMetric(float64(used)/znodes, "B/znode")
		b.ReportMetric(float64(used)/(1<<20), "MB")
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/znodes, "ns/znode")
		must(b, srv.Close())
	}
}

// BenchmarkStart starts servers and closes them.
func BenchmarkStart(b *testing.B) {
	b.ReportAllocs()
	for range b.N {
		srv, err := zktest.New()
		must(b, err)
		must(b, srv.Close())
	}
}

// heap is how much memory is in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// A server that nobody is connected to is some dozens of allocations and no goroutine, so that it starts at once and hundreds of them cost
// nothing.
func TestServer_StartsWithNextToNothing(t *testing.T) {
	const servers, mostAllocs, mostBytes = 300, 200, 16 << 10
	goroutines := runtime.NumGoroutine()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var all []*zktest.Server
	for range servers {
		all = append(all, zktest.Run(t))
	}
	runtime.ReadMemStats(&after)
	if now := runtime.NumGoroutine(); now > goroutines {
		t.Errorf("%d goroutines for %d servers", now-goroutines, len(all))
	}
	allocs, bytes := (after.Mallocs-before.Mallocs)/servers, (after.TotalAlloc-before.TotalAlloc)/servers
	t.Logf("%d allocations, %d bytes", allocs, bytes)
	if allocs > mostAllocs || bytes > mostBytes {
		t.Errorf("%d allocations and %d bytes for a server, want no more than %d and %d", allocs, bytes, mostAllocs, mostBytes)
	}
}

// A million znodes of 100 bytes take less than 700 MB. The test uses a tenth of that.
func TestServer_MemoryOfZnodes(t *testing.T) {
	const znodes, most = 100_000, 70 << 20
	before := heap()
	srv := zktest.Run(t)
	fill(t, srv, znodes)
	used := heap() - before
	t.Logf("%d bytes for a znode", used/znodes)
	if used > most {
		t.Errorf("%d MB for %d znodes", used>>20, znodes)
	}
	runtime.KeepAlive(srv)
}
