package future_test

import (
	"testing"
	"testing/synctest"

	"github.com/zkasync/zkasync-go/future"
)

func TestDerived_FnRunsInsideTheCompletion(t *testing.T) {
	t.Parallel()
	var q queue
	p := future.NewPromise[int](&q)
	inside := false
	g := future.Then(p.Future(), func(v int) (int, error) { return v, nil })
	h := future.Then(g, func(v int) (int, error) { inside = true; return v, nil })
	p.Resolve(1)
	if !inside || !h.Ready() {
		t.Error("the derived future did not complete inside Resolve")
	}
	if n := q.run(); n != 0 {
		t.Errorf("the executor was given %d tasks, want none", n)
	}
}

// One completion posts the callbacks of the future first, then those of what is
// derived from it, in order of derivation, and all of them before those of the
// next completion.
func TestDerived_CompletesAtItsSourcesPlaceInTheOrder(t *testing.T) {
	t.Parallel()
	var q queue
	var tr trace
	ps, fs := pending(2, &q)
	a := future.Then(fs[0], double)
	aa := future.Then(a, double)
	b := future.Recover(fs[0], func(err error) (int, error) { return 0, err })
	next := future.Then(fs[1], double)
	for _, x := range []struct {
		f    *future.Future[int]
		note string
	}{
		{next, "next derived"}, {aa, "aa"}, {b, "b"}, {a, "a"},
		{fs[1], "next"}, {fs[0], "source"}, {fs[0], "source again"},
	} {
		x.f.OnDone(tr.on(x.note))
	}
	ps[0].Resolve(1)
	ps[1].Resolve(1)
	q.run()
	tr.want(t, "source", "source again", "a", "b", "aa", "next", "next derived")
}

// The callback is linked before the derived future exists, and runs in place: the
// hardest case for waiting inside a callback.
func TestDerived_CallbackMayWaitForIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := future.NewPromise[int](nil)
		f := p.Future()
		var early, deep, late *future.Future[int]
		sum := 0
		f.OnDone(func(int, error) {
			v, _ := early.Get(t.Context())
			sum += v
			v, _ = deep.Get(t.Context())
			sum += v
			late = future.Then(f, double) // f is still posting this very callback
			w, _ := late.Get(t.Context())
			all, _ := future.All(f, early, late).Get(t.Context())
			sum += w + len(all)
		})
		early = future.Then(f, double)
		deep = future.Then(early, double)
		p.Resolve(1)
		if sum != 11 {
			t.Errorf("got %d, want 11", sum)
		}
	})
}

func TestDerived_InheritsTheExecutor(t *testing.T) {
	t.Parallel()
	var q, other queue
	p := future.NewPromise[int](&q)
	f := p.Future()
	inner := future.NewPromise[int](&other)
	none := future.NewPromise[int](nil).Future()
	for name, g := range map[string]*future.Future[int]{
		"Then":      future.Then(f, double),
		"Recover":   future.Recover(f, func(error) (int, error) { return 0, nil }),
		"FlatMap":   future.FlatMap(f, func(int) *future.Future[int] { return inner.Future() }),
		"Transform": future.Transform(f, func(int, error) *future.Future[int] { return inner.Future() }),
		"First":     future.First(none, f),
		"All":       future.Then(future.All(future.Resolved(1), f), func(v []int) (int, error) { return v[0], nil }),
		"Settle":    future.Then(future.Settle(future.Resolved(1), f), func([]future.Result[int]) (int, error) { return 0, nil }),
	} {
		p.Resolve(1)
		inner.Resolve(1)
		q.run()
		called := false
		g.OnDone(func(int, error) { called = true })
		if called || q.run() != 1 || !called {
			t.Errorf("%s: the callback did not run on the source's executor", name)
		}
	}
}

func TestDerived_InheritsTheExecutorOfACompleteSource(t *testing.T) {
	t.Parallel()
	var q queue
	p := future.NewPromise[int](&q)
	p.Resolve(1)
	f := p.Future()
	for name, g := range map[string]*future.Future[int]{
		"Then":      future.Then(f, double),
		"Recover":   future.Recover(f, func(error) (int, error) { return 0, nil }),
		"FlatMap":   future.FlatMap(f, future.Resolved[int]),
		"Transform": future.Transform(f, func(v int, _ error) *future.Future[int] { return future.Resolved(v) }),
		"First":     future.First(future.Failed[int](errTest), f),
	} {
		called := false
		g.OnDone(func(int, error) { called = true })
		if called || q.run() != 1 || !called {
			t.Errorf("%s: the callback did not run on the source's executor", name)
		}
	}
}

// The source that completes the aggregate has no executor, but another has.
func TestDerived_AggregateTakesTheFirstExecutorThereIs(t *testing.T) {
	t.Parallel()
	var q, other queue
	none := future.NewPromise[int](nil)
	g := future.First(none.Future(), future.NewPromise[int](&q).Future(), future.NewPromise[int](&other).Future())
	called := false
	g.OnDone(func(int, error) { called = true })
	none.Resolve(1)
	if called || q.run() != 1 || !called {
		t.Error("the callback did not run on the first executor")
	}
}

// Go's future has no executor, the operation that follows it has. The callbacks
// must not run inside the operation's completion, where they may not block.
func TestDerived_WithoutExecutorTakesTheCompletersOne(t *testing.T) {
	t.Parallel()
	var q queue
	operation := future.NewPromise[int](&q)
	start := future.Resolved(1)
	g := future.FlatMap(start, func(int) *future.Future[int] { return operation.Future() })
	h := future.Then(g, double)
	calls := 0
	g.OnDone(func(int, error) { calls++ })
	h.OnDone(func(int, error) { calls++ })
	operation.Resolve(1)
	if calls != 0 || q.run() != 2 || calls != 2 {
		t.Errorf("%d callbacks ran, want 2 on the executor", calls)
	}
}

func TestDerived_LongChainsComplete(t *testing.T) {
	t.Parallel()
	const length = 100_000
	p := future.NewPromise[int](nil)
	f := p.Future()
	for range length {
		f = future.Then(f, func(v int) (int, error) { return v + 1, nil })
	}
	g := future.FlatMap(f, future.Resolved[int])
	p.Resolve(0)
	wantValue(t, g, length)
}

func TestDerived_PanicInACallbackLosesNoOther(t *testing.T) {
	t.Parallel()
	var tr trace
	p := future.NewPromise[int](nil)
	f := p.Future()
	g := future.Then(f, double)
	h := future.Then(f, double)
	f.OnDone(func(int, error) { panic("f") })
	f.OnDone(tr.on("f"))
	g.OnDone(func(int, error) { panic("g") })
	h.OnDone(tr.on("h"))
	func() {
		defer func() {
			if recover() == nil {
				t.Error("Resolve swallowed the panic")
			}
		}()
		p.Resolve(1)
	}()
	tr.want(t, "f", "h")
	wantValue(t, g, 2)
}
