package zktest_test

import (
	"fmt"
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
	flight(b, b.N, ask)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
}

func fill(tb testing.TB, srv *zktest.Server, znodes int) {
	for i := range znodes {
		must(tb, srv.Put(fmt.Sprintf("/tree/%07d", i), make([]byte, 100)))
	}
}
