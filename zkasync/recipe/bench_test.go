package recipe_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

// benchPlace returns a client of the shared server, and the path of a folder that belongs to the benchmark alone.
func benchPlace(b *testing.B) (c *zkasync.Client, root string) {
	b.Helper()
	c, err := zkasync.Connect(b.Context(), zkserver.Shared(b).Addr())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = c.Close() })
	return c, zkserver.Root(b)
}

func done[T any](b *testing.B, f *future.Future[T]) T {
	b.Helper()
	v, err := get(f)
	if err != nil {
		b.Fatal(err)
	}
	return v
}

// BenchmarkLock locks and unlocks without contention, and compares that with go-zookeeper's Lock on the same server.
func BenchmarkLock(b *testing.B) {
	b.Run("zkasync", func(b *testing.B) {
		c, root := benchPlace(b)
		m := recipe.NewMutex(c, root+"/lock")
		b.ReportAllocs()
		for b.Loop() {
			done(b, done(b, m.Lock(b.Context())).Unlock())
		}
	})
	b.Run("go-zookeeper", func(b *testing.B) {
		conn, _, err := zk.Connect([]string{zkserver.Shared(b).Addr()}, 10*time.Second, zk.WithLogger(log.New(io.Discard, "", 0)))
		if err != nil {
			b.Fatal(err)
		}
		defer conn.Close()
		lock := zk.NewLock(conn, zkserver.Root(b)+"/lock", zk.WorldACL(zk.PermAll))
		b.ReportAllocs()
		for b.Loop() {
			if err := lock.Lock(); err != nil {
				b.Fatal(err)
			}
			if err := lock.Unlock(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkLock_ManyAtOnce locks and unlocks a thousand locks at once, with one client.
func BenchmarkLock_ManyAtOnce(b *testing.B) {
	const many = 1000
	c, root := benchPlace(b)
	b.ReportAllocs()
	for b.Loop() {
		var held []*future.Future[*recipe.Held]
		for i := range many {
			held = append(held, recipe.NewMutex(c, fmt.Sprint(root, "/lock", i)).Lock(b.Context()))
		}
		var gone []*future.Future[future.Void]
		for _, h := range held {
			gone = append(gone, done(b, h).Unlock())
		}
		done(b, future.All(gone...))
	}
	b.ReportMetric(float64(many)*float64(b.N)/b.Elapsed().Seconds(), "locks/s")
}

// BenchmarkQueue puts, takes and consumes items with many workers, while other items wait in the queue.
func BenchmarkQueue(b *testing.B) {
	for _, waiting := range []int{0, 1000, 10000} {
		for _, workers := range []int{1, 64} {
			b.Run(fmt.Sprintf("waiting=%d/workers=%d", waiting, workers), func(b *testing.B) {
				c, root := benchPlace(b)
				q := recipe.NewQueue(c, root+"/queue", recipe.KazooLockingQueue())
				for left := waiting; left > 0; left -= 1000 {
					done(b, q.PutPriority(b.Context(), 200, make([][]byte, 1000)...))
				}
				b.ReportAllocs()
				for b.Loop() {
					work(b, q, workers)
				}
				b.ReportMetric(float64(workers)*float64(b.N)/b.Elapsed().Seconds(), "items/s")
				done(b, c.DeleteAll(context.Background(), root+"/queue"))
			})
		}
	}
}

// work puts, takes and consumes an item for each worker, all at once.
func work(b *testing.B, q *recipe.Queue, workers int) {
	var took []*future.Future[future.Void]
	for range workers {
		item := future.FlatMap(q.Put(b.Context(), []byte("job")), func([]string) *future.Future[*recipe.Item] { return q.Take(b.Context()) })
		took = append(took, future.FlatMap(item, func(i *recipe.Item) *future.Future[future.Void] { return i.Consume(b.Context()) }))
	}
	done(b, future.All(took...))
}
