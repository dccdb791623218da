package future_test

import (
	"context"
	"testing"
	"unsafe"

	"github.com/zkasync/zkasync-go/future"
)

// A future is part of every operation: one more word costs 8 MB for a million of
// them.
func TestFuture_Size(t *testing.T) {
	t.Parallel()
	const overhead = 72
	type node [104]byte // as many as the data and the Stat of a znode
	for name, sizes := range map[string][2]uintptr{
		"Void":   {unsafe.Sizeof(future.Future[future.Void]{}), 0},
		"int":    {unsafe.Sizeof(future.Future[int]{}), 8},
		"string": {unsafe.Sizeof(future.Future[string]{}), 16},
		"node":   {unsafe.Sizeof(future.Future[node]{}), unsafe.Sizeof(node{})},
	} {
		if got, value := sizes[0], sizes[1]; got > value+overhead {
			t.Errorf("a future of %s takes %d bytes, want at most %d", name, got, value+overhead)
		}
	}
	if f, p := unsafe.Sizeof(future.Future[int]{}), unsafe.Sizeof(future.Promise[int]{}); p != f {
		t.Errorf("a promise takes %d bytes, its future %d", p, f)
	}
	if l := unsafe.Sizeof(future.Link{}); l > 16 {
		t.Errorf("a Link takes %d bytes", l)
	}
}

// Not parallel: AllocsPerRun counts for the whole process.
func TestAllocations(t *testing.T) {
	if raceEnabled {
		return
	}
	var ex future.Executor = inPlace{}
	ctx := context.Background()
	complete := future.Resolved(1)
	for _, c := range []struct {
		what string
		want float64
		run  func()
	}{
		{"a promise with one callback, completed", 1, func() {
			p := future.NewPromise[int](ex)
			p.Future().OnDone(ignore)
			p.Resolve(1)
		}},
		{"a promise unlinked from its callback", 1, func() {
			p := future.NewPromise[int](ex)
			p.Future().OnDone(ignore).Unlink()
			p.Resolve(1)
		}},
		{"a promise with one late callback", 1, func() {
			p := future.NewPromise[int](ex)
			p.Resolve(1)
			p.Future().OnDone(ignore)
		}},
		{"a promise with two callbacks", 2, func() {
			p := future.NewPromise[int](ex)
			p.Future().OnDone(ignore)
			p.Future().OnDone(ignore)
			p.Resolve(1)
		}},
		{"a promise with Done", 2, func() {
			p := future.NewPromise[int](ex)
			p.Future().Done()
			p.Resolve(1)
		}},
		{"Resolved", 1, func() { sink = future.Resolved(1) }},
		{"Failed", 1, func() { sink = future.Failed[int](errTest) }},
		{"Resolved with a callback", 1, func() { future.Resolved(1).OnDone(ignore) }},
		{"reading a complete future", 0, func() {
			if v, err := complete.Get(ctx); v != 1 || err != nil || !complete.Ready() {
				t.Error("not complete")
			}
			if v, err := complete.Result(); v != 1 || err != nil {
				t.Error("not complete")
			}
			<-complete.Done()
		}},
		{"Then of a promise, completed", 5, func() {
			p := future.NewPromise[int](ex)
			sink = future.Then(p.Future(), double)
			p.Resolve(1)
		}},
		{"Then of a complete future", 2, func() { sink = future.Then(complete, double) }},
	} {
		if got := testing.AllocsPerRun(200, c.run); got > c.want {
			t.Errorf("%s: %v allocations, want at most %v", c.what, got, c.want)
		}
	}
}
