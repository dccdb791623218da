package zkasync_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/zkasync"
)

// The tests of this file measure the whole process, so they do not run in parallel with others.

// footprint is how much memory and how many goroutines the process has.
type footprint struct {
	heap       int64
	goroutines int
}

func footprintNow() footprint {
	runtime.GC()
	runtime.GC() // a second one, for what the first has finalized
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return footprint{int64(m.HeapAlloc), runtime.NumGoroutine()}
}

// nothingLeft waits until the process has no more than before, except what its pools and tables keep.
func nothingLeft(t *testing.T, before footprint) {
	t.Helper()
	const slack = 1 << 20
	var after footprint
	defer func() { t.Logf("heap of %d KiB, before %d KiB", after.heap>>10, before.heap>>10) }()
	poll(t, "goroutines end", func() bool { return runtime.NumGoroutine() <= before.goroutines })
	poll(t, "a heap as before", func() bool {
		after = footprintNow()
		return after.heap <= before.heap+slack
	})
}

// growRuntime runs many goroutines at once, so that the runtime already has the memory that it keeps for later ones. (A context that
// ends starts a goroutine for each of its operations, and how many of them run at once is random.)
func growRuntime(goroutines int) {
	var wg sync.WaitGroup
	release := make(chan struct{})
	for range goroutines {
		wg.Go(func() { <-release })
	}
	close(release)
	wg.Wait()
}

// A million operations are pending when the server is killed.
func TestMemory_MillionPending(t *testing.T) {
	const count, most = 1_000_000, 400
	server := check.Process(t, "memory is measured, and one in this process would add its own")
	c := connect(t, server.Addr(), zkasync.WithSessionTimeout(4*wait))
	if err := server.Freeze(); err != nil {
		t.Fatal(err)
	}
	before := footprintNow()
	fs := make([]*future.Future[zkasync.Node], count)
	for i := range fs {
		fs[i] = c.Get(context.Background(), "/zookeeper")
	}
	pending := footprintNow()
	each := (pending.heap - before.heap) / count
	t.Logf("%d B each", each)
	if each > most {
		t.Errorf("%d B for each pending get, want no more than %d", each, most)
	}
	if pending.goroutines > before.goroutines {
		t.Errorf("%d goroutines, before %d", pending.goroutines, before.goroutines)
	}
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	unknown := 0
	for i, f := range fs {
		err := outcome(t, f)
		if !errors.Is(err, zkasync.ErrConnectionLoss) {
			t.Fatalf("get %d: %v", i, err)
		}
		if errors.Is(err, zkasync.ErrOutcomeUnknown) {
			if unknown++; unknown != i+1 {
				t.Fatalf("get %d was sent, one before it was not", i)
			}
		}
	}
	t.Logf("%d were sent", unknown)
	fs = nil
	nothingLeft(t, before)
}

// Many waits end because of their contexts. The futures complete all the same.
func TestMemory_WaitsEndedByTheirContexts(t *testing.T) {
	const rounds, waits, futures = 100, 1000, 50
	c, _, p := proxied(t)
	must(t, c.Exists(t.Context(), "/"))
	p.Hold(zkproxy.ToClient, true)
	var fs []*future.Future[*zk.Stat]
	for range futures {
		fs = append(fs, c.Exists(context.Background(), "/"))
	}
	before := footprintNow()
	for range rounds {
		ctx, cancel := context.WithCancel(context.Background())
		var wg, waiting sync.WaitGroup
		waiting.Add(waits)
		for i := range waits {
			wg.Go(func() {
				waiting.Done()
				if _, err := fs[i%futures].Get(ctx); !errors.Is(err, context.Canceled) {
					t.Errorf("wait: %v", err)
				}
			})
		}
		waiting.Wait()
		cancel()
		wg.Wait()
	}
	nothingLeft(t, before)
	p.Heal()
	for _, f := range fs {
		if must(t, f) == nil {
			t.Fatal("no stat")
		}
	}
}

// Operations whose contexts end during an outage leave nothing behind, however long the outage is.
func TestMemory_OperationsEndedByTheirContexts(t *testing.T) {
	const count, rounds = 5000, 4
	c, _, p := proxied(t, zkasync.WithSessionTimeout(2*wait))
	must(t, c.Exists(t.Context(), "/"))
	suspend(t, c, p)
	stays := c.Exists(context.Background(), "/")
	growRuntime(count)
	var before footprint
	for round := range rounds {
		if round == 1 {
			before = footprintNow()
		}
		ctx, cancel := context.WithCancel(context.Background())
		fs := make([]*future.Future[*zk.Stat], count)
		for i := range fs {
			fs[i] = c.Exists(ctx, "/")
		}
		cancel()
		for _, r := range must(t, future.Settle(fs...)) {
			if !errors.Is(r.Err, zkasync.ErrNotSent) || !errors.Is(r.Err, context.Canceled) {
				t.Fatal(r.Err)
			}
		}
	}
	nothingLeft(t, before)
	resume(t, p)
	must(t, stays)
}
