package future_test

import (
	"context"
	"errors"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/zkasync/zkasync-go/future"
)

// exitGoroutine ends the goroutine as testing.T's FailNow does.
func exitGoroutine() { runtime.Goexit() }

func double(v int) (int, error) { return 2 * v, nil }

func TestThen_MapsValueAndPassesFailure(t *testing.T) {
	t.Parallel()
	p := future.NewPromise[int](nil)
	g := future.Then(p.Future(), func(v int) (string, error) { return strconv.Itoa(v), nil })
	wantPending(t, g)
	p.Resolve(12)
	wantValue(t, g, "12")
	wantValue(t, future.Then(p.Future(), double), 24)

	bad := future.Failed[int](errTest)
	wantError(t, future.Then(bad, func(int) (int, error) {
		t.Error("fn was called for a failure")
		return 1, nil
	}), errTest)
	wantError(t, future.Then(future.Resolved(1), func(int) (int, error) { return 1, errTest }), errTest)
}

func TestRecover_MapsFailureAndPassesValue(t *testing.T) {
	t.Parallel()
	p := future.NewPromise[int](nil)
	g := future.Recover(p.Future(), func(err error) (int, error) {
		if err != errTest {
			t.Errorf("fn got %v", err)
		}
		return 7, nil
	})
	wantPending(t, g)
	p.Reject(errTest)
	wantValue(t, g, 7)

	wantValue(t, future.Recover(future.Resolved(1), func(error) (int, error) {
		t.Error("fn was called for a success")
		return 0, nil
	}), 1)
	other := errors.New("other")
	wantError(t, future.Recover(p.Future(), func(error) (int, error) { return 1, other }), other)
}

func TestFlatMap_FollowsTheInnerFuture(t *testing.T) {
	t.Parallel()
	outer, inner := future.NewPromise[int](nil), future.NewPromise[string](nil)
	calls := 0
	g := future.FlatMap(outer.Future(), func(v int) *future.Future[string] {
		calls++
		return inner.Future()
	})
	outer.Resolve(1)
	wantPending(t, g)
	inner.Resolve("v")
	wantValue(t, g, "v")
	if calls != 1 {
		t.Errorf("fn was called %d times", calls)
	}

	give := func(f *future.Future[string]) *future.Future[string] {
		return future.FlatMap(outer.Future(), func(int) *future.Future[string] { return f })
	}
	wantValue(t, give(future.Resolved("w")), "w")
	wantError(t, give(future.Failed[string](errTest)), errTest)
	wantError(t, give(nil), future.ErrNilFuture)
	wantError(t, future.FlatMap(future.Failed[int](errTest), func(int) *future.Future[string] {
		t.Error("fn was called for a failure")
		return nil
	}), errTest)
}

func TestFlatMap_ReturningItselfFails(t *testing.T) {
	t.Parallel()
	p := future.NewPromise[int](nil)
	var g *future.Future[int]
	g = future.FlatMap(p.Future(), func(int) *future.Future[int] { return g })
	p.Resolve(1)
	wantError(t, g, future.ErrCycle)
}

func TestTransform_BothOutcomes(t *testing.T) {
	t.Parallel()
	other := errors.New("another error")
	for name, test := range map[string]struct {
		value, want   int
		err, wantErr  error
		inner         *future.Future[int]
		itself, empty bool
	}{
		"value to value":     {value: 1, inner: future.Resolved(2), want: 2},
		"value to failure":   {value: 1, inner: future.Failed[int](other), wantErr: other},
		"failure to value":   {err: errTest, inner: future.Resolved(2), want: 2},
		"failure to failure": {err: errTest, inner: future.Failed[int](other), wantErr: other},
		"to itself":          {value: 1, itself: true, wantErr: future.ErrCycle},
		"to nothing":         {err: errTest, empty: true, wantErr: future.ErrNilFuture},
	} {
		for _, late := range []bool{false, true} {
			p := future.NewPromise[int](nil)
			complete := func() { p.Resolve(test.value) }
			if test.err != nil {
				complete = func() { p.Reject(test.err) }
			}
			if late {
				complete()
			}
			calls := 0
			var g *future.Future[int]
			itself := func() *future.Future[int] { return g }
			g = future.Transform(p.Future(), func(v int, err error) *future.Future[int] {
				if calls++; v != test.value || err != test.err {
					t.Errorf("%s: given %v, %v", name, v, err)
				}
				if test.itself {
					return itself()
				}
				return test.inner
			})
			if !late {
				complete()
			}
			switch {
			case test.itself && late: // there is no future yet to return
			case test.wantErr != nil:
				wantError(t, g, test.wantErr)
			default:
				wantValue(t, g, test.want)
			}
			if calls != 1 {
				t.Errorf("%s: %d calls", name, calls)
			}
		}
	}
}

// misbehave checks what happens when a function panics or ends its goroutine, for
// every kind of function that users can pass.
func misbehave(bad func(), run func(name string, f *future.Future[int], trigger func())) {
	type P = *future.Promise[int]
	for name, derive := range map[string]func(P) *future.Future[int]{
		"Then": func(p P) *future.Future[int] {
			return future.Then(p.Future(), func(int) (int, error) { bad(); return 1, nil })
		},
		"FlatMap": func(p P) *future.Future[int] {
			return future.FlatMap(p.Future(), func(int) *future.Future[int] { bad(); return nil })
		},
		"Transform": func(p P) *future.Future[int] {
			return future.Transform(p.Future(), func(int, error) *future.Future[int] { bad(); return nil })
		},
		"Recover": func(p P) *future.Future[int] {
			failed := future.Then(p.Future(), func(int) (int, error) { return 0, errTest })
			return future.Recover(failed, func(error) (int, error) { bad(); return 1, nil })
		},
	} {
		p := future.NewPromise[int](nil)
		run(name, derive(p), func() { p.Resolve(1) })
	}
	started := make(chan struct{})
	run("Go", future.Go(context.Background(), func(context.Context) (int, error) {
		<-started
		bad()
		return 1, nil
	}), func() { close(started) })
}

func TestDerived_PanicIsAnError(t *testing.T) {
	t.Parallel()
	misbehave(func() { panic(errTest) }, func(name string, f *future.Future[int], trigger func()) {
		trigger()
		<-f.Done()
		wantError(t, f, errTest) // the panic's value is an error: it is unwrapped
		_, err := f.Result()
		var p *future.PanicError
		if !errors.As(err, &p) {
			t.Fatalf("%s: got %v, want a PanicError", name, err)
		}
		if p.Value != errTest || !strings.Contains(string(p.Stack), "misbehave") {
			t.Errorf("%s: the panic of %v has the stack\n%s", name, p.Value, p.Stack)
		}
		if !strings.Contains(err.Error(), "panicked: test failure") {
			t.Errorf("%s: the error reads %q", name, err)
		}
	})
	if (&future.PanicError{Value: "text"}).Unwrap() != nil {
		t.Error("a panic whose value is no error was unwrapped")
	}
}

func TestDerived_GoexitIsAnErrorAndLosesNothing(t *testing.T) {
	t.Parallel()
	misbehave(exitGoroutine, func(name string, f *future.Future[int], trigger func()) {
		var tr trace
		f.OnDone(tr.on("callback"))
		after := future.Then(f, double)
		ended := make(chan struct{})
		go func() { defer close(ended); trigger() }()
		<-ended
		<-after.Done()
		wantError(t, f, future.ErrGoexit)
		wantError(t, after, future.ErrGoexit)
		if name != "Go" { // there the callbacks run after Done is closed
			tr.want(t, "callback")
		}
	})
}

func TestDerived_NilFutureIsAnError(t *testing.T) {
	t.Parallel()
	var none *future.Future[int]
	wantError(t, future.Then(none, double), future.ErrNilFuture)
	wantError(t, future.FlatMap(none, future.Resolved[int]), future.ErrNilFuture)
	wantValue(t, future.Recover(none, func(error) (int, error) { return 3, nil }), 3)
	wantError(t, future.Transform(none, func(_ int, err error) *future.Future[int] { return future.Failed[int](err) }), future.ErrNilFuture)
	wantError(t, future.First(none), future.ErrNilFuture)
	if _, err := future.All(future.Resolved(1), none).Result(); !errors.Is(err, future.ErrNilFuture) {
		t.Errorf("All gave %v", err)
	}
	if rs, _ := future.Settle(none).Result(); !errors.Is(rs[0].Err, future.ErrNilFuture) {
		t.Errorf("Settle gave %v", rs)
	}
	for i, r := range future.AsCompleted(t.Context(), none) {
		if i != 0 || !errors.Is(r.Err, future.ErrNilFuture) {
			t.Errorf("AsCompleted gave %d, %v", i, r)
		}
	}
}
