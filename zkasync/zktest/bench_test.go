package zktest_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// inFlight is how many requests a benchmark keeps in flight.
const inFlight = 1000

func BenchmarkGet(b *testing.B) {
	onBoth(b, func(b *testing.B, c *zkasync.Client, path string) {
		pipelined(b, func(int) *future.Future[zkasync.Node] { return c.Get(b.Context(), path) })
	})
}

func BenchmarkSet(b *testing.B) {
	data := make([]byte, 100)
	onBoth(b, func(b *testing.B, c *zkasync.Client, path string) {
		pipelined(b, func(int) *future.Future[zk.Stat] { return c.Set(b.Context(), path, data, zkasync.AnyVersion) })
	})
}

// onBoth measures with a server in memory and with a real one.
func onBoth(b *testing.B, run func(b *testing.B, c *zkasync.Client, path string)) {
	b.Run("server=zktest", func(b *testing.B) {
		srv := zktest.Run(b)
		must(b, srv.Put("/bench", make([]byte, 100)))
		run(b, connect(b, srv), "/bench")
	})
	b.Run("server=real", func(b *testing.B) {
		root := zkserver.Root(b)
		c, err := zkasync.Connect(b.Context(), zkserver.Shared(b).Addr())
		must(b, err)
		defer c.Close()
		_, err = c.Create(b.Context(), root, make([]byte, 100)).Get(b.Context())
		must(b, err)
		run(b, c, root)
	})
}

// pipelined keeps requests in flight, and always waits for the oldest one.
func pipelined[T any](b *testing.B, ask func(i int) *future.Future[T]) {
	b.ReportAllocs()
	ring := make([]*future.Future[T], inFlight)
	for i := range b.N {
		if f := ring[i%inFlight]; f != nil {
			if _, err := f.Get(context.Background()); err != nil {
				b.Fatal(err)
			}
		}
		ring[i%inFlight] = ask(i)
	}
	for _, f := range ring {
		if f != nil {
			if _, err := f.Get(context.Background()); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
}

// The cost of a get does not depend on how many znodes or sessions there are.
func BenchmarkGetAmong(b *testing.B) {
	for _, znodes := range []int{10, 1_000_000} {
		b.Run(fmt.Sprintf("znodes=%d", znodes), func(b *testing.B) {
			srv := zktest.Run(b)
			fill(b, srv, znodes)
			c := connect(b, srv)
			b.ResetTimer()
			pipelined(b, func(i int) *future.Future[zkasync.Node] {
				return c.Get(b.Context(), fmt.Sprintf("/tree/%07d", i*7919%znodes))
			})
		})
	}
	for _, sessions := range []int{1, 10_000} {
		b.Run(fmt.Sprintf("sessions=%d", sessions), func(b *testing.B) {
			srv := zktest.Run(b)
			fill(b, srv, 1)
			for range sessions - 1 {
				openRaw(b, srv)
			}
			c := connect(b, srv)
			b.ResetTimer()
			pipelined(b, func(int) *future.Future[zkasync.Node] { return c.Get(b.Context(), "/tree/0000000") })
		})
	}
}

func fill(tb testing.TB, srv *zktest.Server, znodes int) {
	for i := range znodes {
		must(tb, srv.Put(fmt.Sprintf("/tree/%07d", i), make([]byte, 100)))
	}
}

// A million znodes of 100 bytes take less than 700 MB. The test uses a tenth of that.
func TestServer_MemoryOfZnodes(t *testing.T) {
	const znodes, most = 100_000, 70 << 20
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
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
