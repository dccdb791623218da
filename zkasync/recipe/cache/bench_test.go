package cache_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/cache"
)

const (
	benchParents = 100
	benchZnodes  = 100_000
)

func benchPath(i int) string { return fmt.Sprintf("/bench/%d/node-%d", i%benchParents, i) }

// benchTree starts a server with 100,000 znodes of 100 bytes, and returns a client of it.
func benchTree(b *testing.B) *zkasync.Client {
	srv := zkserver.Run(b, zkserver.WithHeap("1g"))
	c := connect(b, srv.Addr())
	must(b, c.EnsurePath(b.Context(), "/bench"))
	for i := range benchParents {
		must(b, c.Create(b.Context(), fmt.Sprintf("/bench/%d", i), nil))
	}
	data := make([]byte, 100)
	var made []*future.Future[zkasync.Created]
	for i := range benchZnodes {
		made = append(made, c.Create(b.Context(), benchPath(i), data))
		if len(made) == 1000 {
			must(b, future.All(made...))
			made = made[:0]
		}
	}
	must(b, future.All(made...))
	return c
}

// BenchmarkLoad compares loading a cache of 100,000 znodes with just getting the same znodes. The two take turns in one run.
func BenchmarkLoad(b *testing.B) {
	c := benchTree(b)
	var bare, load time.Duration
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		gets := make([]*future.Future[zkasync.Node], benchZnodes)
		for i := range gets {
			gets[i] = c.Get(b.Context(), benchPath(i))
		}
		must(b, future.All(gets...))
		bare += time.Since(start)

		start = time.Now()
		k := cache.Open(c, "/bench")
		must(b, k.Ready())
		load += time.Since(start)
		if k.Len() != benchZnodes+benchParents+1 {
			b.Fatalf("%d znodes", k.Len())
		}
		k.Close()
	}
	b.ReportMetric(float64(load)/float64(bare), "load/gets")
	b.ReportMetric(float64(load.Milliseconds())/float64(b.N), "ms/load")
	b.ReportMetric(float64(bare.Milliseconds())/float64(b.N), "ms/gets")
}

// BenchmarkFollow measures how fast a cache of 100,000 znodes follows changes of any of them and reports each to a reader.
func BenchmarkFollow(b *testing.B) {
	c := benchTree(b)
	k := open(b, c, "/bench")
	s := k.Subscribe()
	defer s.Close()
	for e := range s.All(b.Context()) {
		if e.Kind == cache.Synced {
			break
		}
	}
	data := make([]byte, 100)
	b.ReportAllocs()
	b.ResetTimer()
	start := time.Now()
	go func() {
		for i := range b.N {
			f := c.Set(b.Context(), benchPath(i*7919%benchZnodes), data, zkasync.AnyVersion)
			if i%500 == 499 {
				_, _ = get(f)
			}
		}
	}()
	changes := 0
	for range s.All(b.Context()) {
		if changes++; changes == b.N {
			break
		}
	}
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "changes/s")
}
