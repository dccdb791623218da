package future_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/zkasync/zkasync-go/future"
)

func TestPromise_FirstCompletionWins(t *testing.T) {
	t.Parallel()
	p := future.NewPromise[int](nil)
	if !p.Resolve(1) {
		t.Error("the first Resolve returned false")
	}
	if p.Resolve(2) || p.Reject(errTest) {
		t.Error("a later completion returned true")
	}
	wantValue(t, p.Future(), 1)

	p = future.NewPromise[int](nil)
	if !p.Reject(errTest) {
		t.Error("the first Reject returned false")
	}
	if p.Resolve(2) || p.Reject(errors.New("another")) {
		t.Error("a later completion returned true")
	}
	wantError(t, p.Future(), errTest)
}

func TestPromise_StormCompletesOnce(t *testing.T) {
	t.Parallel()
	const rounds, goroutines = 300, 8
	for range rounds {
		p := future.NewPromise[int](nil)
		var calls, winners, winner atomic.Int64
		p.Future().OnDone(func(v int, err error) { calls.Add(1) })
		var wg sync.WaitGroup
		for i := range goroutines {
			wg.Go(func() {
				if p.Resolve(i + 1) {
					winners.Add(1)
					winner.Store(int64(i + 1))
				}
			})
		}
		wg.Wait()
		if winners.Load() != 1 || calls.Load() != 1 {
			t.Fatalf("%d completions and %d calls, want one each", winners.Load(), calls.Load())
		}
		wantValue(t, p.Future(), int(winner.Load()))
	}
}

func TestPromise_ZeroValueIsReady(t *testing.T) {
	t.Parallel()
	var p future.Promise[string]
	wantPending(t, p.Future())
	p.Resolve("v")
	wantValue(t, p.Future(), "v")
}

func TestPromise_StandsByValueInAStruct(t *testing.T) {
	t.Parallel()
	type operation struct {
		path    string
		promise future.Promise[int]
	}
	var q queue
	op := &operation{path: "/a"}
	op.promise.Init(&q)
	f := op.promise.Future()
	if f != op.promise.Future() {
		t.Error("Future gave two pointers")
	}
	var got int
	f.OnDone(func(v int, _ error) { got = v })
	op.promise.Resolve(7)
	if got != 0 {
		t.Error("the callback did not go through the executor")
	}
	if q.run(); got != 7 {
		t.Errorf("the callback got %d, want 7", got)
	}
}

func TestPromise_NilErrorIsAFailure(t *testing.T) {
	t.Parallel()
	p := future.NewPromise[int](nil)
	p.Reject(nil)
	wantError(t, p.Future(), future.ErrNilError)
	wantError(t, future.Failed[int](nil), future.ErrNilError)
}

func TestResolved_IsComplete(t *testing.T) {
	t.Parallel()
	f := future.Resolved("v")
	wantValue(t, f, "v")
	<-f.Done()
	if r, ok := <-f.C(); !ok || r.Value != "v" || r.Err != nil {
		t.Errorf("C gave %v, %v", r, ok)
	}
	called := false
	f.OnDone(func(v string, err error) { called = v == "v" && err == nil })
	if !called {
		t.Error("the callback did not run inside OnDone")
	}
}

func TestFailed_IsComplete(t *testing.T) {
	t.Parallel()
	f := future.Failed[string](errTest)
	wantError(t, f, errTest)
	<-f.Done()
	if r, ok := <-f.C(); !ok || r.Value != "" || r.Err != errTest {
		t.Errorf("C gave %v, %v", r, ok)
	}
}
