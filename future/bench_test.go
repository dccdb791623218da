package future_test

import (
	"context"
	"testing"

	"github.com/zkasync/zkasync-go/future"
)

// inPlace is the simplest possible executor.
type inPlace struct{}

func (inPlace) Execute(task future.Task) { task.Run() }

func ignore(int, error) {}

func BenchmarkPromise_OnDoneResolve(b *testing.B) {
	var ex future.Executor = inPlace{}
	b.ReportAllocs()
	for b.Loop() {
		p := future.NewPromise[int](ex)
		p.Future().OnDone(ignore)
		p.Resolve(1)
	}
}

func BenchmarkPromise_Resolve(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		p := future.NewPromise[int](nil)
		p.Resolve(1)
	}
}

func BenchmarkPromise_TwoCallbacks(b *testing.B) {
	var ex future.Executor = inPlace{}
	b.ReportAllocs()
	for b.Loop() {
		p := future.NewPromise[int](ex)
		p.Future().OnDone(ignore)
		p.Future().OnDone(ignore)
		p.Resolve(1)
	}
}

func BenchmarkFuture_GetComplete(b *testing.B) {
	f := future.Resolved(1)
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		if v, err := f.Get(ctx); v != 1 || err != nil {
			b.Fatal(v, err)
		}
	}
}

func BenchmarkFuture_DoneThenResolve(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		p := future.NewPromise[int](nil)
		done := p.Future().Done()
		p.Resolve(1)
		<-done
	}
}

func BenchmarkFuture_C(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		p := future.NewPromise[int](nil)
		c := p.Future().C()
		p.Resolve(1)
		<-c
	}
}

var sink *future.Future[int]

func BenchmarkResolved(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		sink = future.Resolved(1)
	}
}

func BenchmarkThen(b *testing.B) {
	b.ReportAllocs()
	double := func(v int) (int, error) { return 2 * v, nil }
	for b.Loop() {
		p := future.NewPromise[int](nil)
		sink = future.Then(p.Future(), double)
		p.Resolve(1)
	}
}

func BenchmarkAll_100(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		ps := make([]*future.Promise[int], 100)
		fs := make([]*future.Future[int], 100)
		for i := range ps {
			ps[i] = future.NewPromise[int](nil)
			fs[i] = ps[i].Future()
		}
		all := future.All(fs...)
		for i, p := range ps {
			p.Resolve(i)
		}
		if !all.Ready() {
			b.Fatal("All is pending")
		}
	}
}

func BenchmarkAsCompleted_100(b *testing.B) {
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		ps := make([]*future.Promise[int], 100)
		fs := make([]*future.Future[int], 100)
		for i := range ps {
			ps[i] = future.NewPromise[int](nil)
			fs[i] = ps[i].Future()
		}
		ps[0].Resolve(0)
		for i := range future.AsCompleted(ctx, fs...) {
			if i+1 < len(ps) {
				ps[i+1].Resolve(i + 1)
			}
		}
	}
}
