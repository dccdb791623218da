package handler

import (
	"runtime"
	"testing"
)

const burst = 1_000_000

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// Not parallel: it measures the heap.
func TestSequential_HeapReturnsAfterABurst(t *testing.T) {
	h := NewSequential()
	start(t, h)
	lane := h.Lane(Completion, "")
	ran := 0
	task := fn(func() { ran++ })
	before := heap()
	release := hold(t, lane, "first")
	for range burst {
		lane.Execute(task)
	}
	// A func in an interface is a pointer: a queued task costs its 16 bytes.
	if each := float64(heap()-before) / burst; each > 17 {
		t.Errorf("a queued task takes %.1f B, want its own 16", each)
	}
	release()
	done := make(chan struct{})
	lane.Execute(fn(func() { close(done) }))
	await(t, done, "the last task")
	if ran != burst {
		t.Errorf("%d tasks ran, want %d", ran, burst)
	}
	// Idle, not stopped: what remains is the free list, 128 KiB.
	if left := heap() - before; left > 256<<10 {
		t.Errorf("%d B are left after the burst", left)
	}
	stop(t, h)
}
