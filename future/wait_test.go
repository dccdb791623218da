package future_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zkasync/zkasync-go/future"
)

func TestFuture_GetWaitsForCompletion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := future.NewPromise[int](nil)
		time.AfterFunc(time.Minute, func() { p.Resolve(1) })
		start := time.Now()
		if v, err := p.Future().Get(t.Context()); v != 1 || err != nil {
			t.Errorf("Get gave (%v, %v)", v, err)
		}
		if waited := time.Since(start); waited != time.Minute {
			t.Errorf("Get waited %v, want 1m", waited)
		}
	})
}

func TestFuture_GetGivesOutcomeThoughContextEnded(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := future.NewPromise[int](nil)
	p.Future().Done() // so that both ways of select are ready
	p.Resolve(1)
	for range 100 {
		if v, err := p.Future().Get(ctx); v != 1 || err != nil {
			t.Fatalf("Get gave (%v, %v)", v, err)
		}
	}
}

// lateContext is done, and completes p when a wait asks for its channel: select then
// finds both channels ready and takes either.
type lateContext struct {
	context.Context
	p *future.Promise[int]
}

func (c lateContext) Done() <-chan struct{} {
	c.p.Resolve(1)
	return c.Context.Done()
}

func TestFuture_GetPrefersOutcomeToContextEnd(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 {
		p := future.NewPromise[int](nil)
		if v, err := p.Future().Get(lateContext{ended, p}); v != 1 || err != nil {
			t.Fatalf("Get gave (%v, %v), want the outcome", v, err)
		}
	}
}

func TestFuture_GetEndsWithContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := future.NewPromise[int](nil)
		f := p.Future()
		other := make(chan int)
		go func() { v, _ := f.Get(t.Context()); other <- v }()

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		v, err := f.Get(ctx)
		if v != 0 || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Get gave (%v, %v)", v, err)
		}
		if waited := time.Since(start); waited != time.Second {
			t.Errorf("Get waited %v, want 1s", waited)
		}
		wantPending(t, f)

		p.Resolve(4)
		if v := <-other; v != 4 {
			t.Errorf("the other wait gave %d, want 4", v)
		}
		if v, err := f.Get(ctx); v != 4 || err != nil {
			t.Errorf("Get after the completion gave (%v, %v)", v, err)
		}
	})
}

func TestFuture_GetErrorCarriesCause(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errTest)
	_, err := future.NewPromise[int](nil).Future().Get(ctx)
	if !errors.Is(err, context.Canceled) || !errors.Is(err, errTest) {
		t.Errorf("Get gave %v, want an error of the context and its cause", err)
	}
}

// Not parallel: it looks at the heap.
func TestFuture_AbandonedWaitsLeaveNothing(t *testing.T) {
	const waits, goroutines = 100_000, 20
	p := future.NewPromise[int](nil)
	f := p.Future()
	done := f.Done()
	before := heapInUse()
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for range waits / goroutines {
				ctx, cancel := context.WithTimeout(t.Context(), time.Microsecond)
				if _, err := f.Get(ctx); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("Get gave %v", err)
				}
				cancel()
			}
		})
	}
	wg.Wait()
	// One word kept for each wait would be 800 kB.
	if grown := int64(heapInUse()) - int64(before); grown > 400<<10 {
		t.Errorf("the heap has grown by %d bytes after %d waits", grown, waits)
	}
	if f.Done() != done {
		t.Error("a wait made another channel")
	}
	p.Resolve(1)
	wantValue(t, f, 1)
}

func heapInUse() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // the first only queues objects that have finalizers or sit in pools
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
