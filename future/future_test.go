package future_test

import (
	"runtime"
	"testing"

	"github.com/zkasync/zkasync-go/future"
)

func TestFuture_DoneClosesForAllReaders(t *testing.T) {
	t.Parallel()
	p := future.NewPromise[int](nil)
	f := p.Future()
	before := f.Done()
	select {
	case <-before:
		t.Fatal("Done is closed before the completion")
	default:
	}
	if f.Done() != before {
		t.Error("Done gave two channels before the completion")
	}
	p.Resolve(1)
	for range 3 {
		<-before
	}
	if f.Done() != before {
		t.Error("Done gave another channel after the completion")
	}

	p = future.NewPromise[int](nil)
	p.Resolve(1)
	after := p.Future().Done()
	<-after
	if p.Future().Done() != after {
		t.Error("Done, first asked for after the completion, gave two channels")
	}
}

func TestFuture_CGivesOneResult(t *testing.T) {
	t.Parallel()
	for name, early := range map[string]bool{"asked for before": true, "asked for after": false} {
		p := future.NewPromise[int](nil)
		f := p.Future()
		var c <-chan future.Result[int]
		if early {
			c = f.C()
			select {
			case r := <-c:
				t.Fatalf("%s: C gave %v before the completion", name, r)
			default:
			}
		}
		p.Resolve(5) // must not wait for a reader
		if !early {
			c = f.C()
		}
		if f.C() != c {
			t.Errorf("%s: C gave two channels", name)
		}
		if r, ok := <-c; !ok || r.Value != 5 || r.Err != nil {
			t.Errorf("%s: first receive gave %v, %v", name, r, ok)
		}
		select {
		case r := <-c:
			t.Errorf("%s: second receive gave %v", name, r)
		case r := <-f.C():
			t.Errorf("%s: a later C gave %v", name, r)
		default:
		}
	}
}

func TestFuture_CGivesTheError(t *testing.T) {
	t.Parallel()
	p := future.NewPromise[int](nil)
	c := p.Future().C()
	p.Reject(errTest)
	if r := <-c; r.Err != errTest || r.Value != 0 {
		t.Errorf("C gave %v", r)
	}
}

// The loop that everybody writes: each result is handled once, and a failure is never mistaken for a success afterwards.
func TestFuture_CInALoop(t *testing.T) {
	t.Parallel()
	failing, slow := future.NewPromise[int](nil), future.NewPromise[int](nil)
	failing.Reject(errTest)
	a, b := failing.Future().C(), slow.Future().C()
	var got []future.Result[int]
	for len(got) < 2 {
		select {
		case r := <-a:
			got = append(got, r)
			slow.Resolve(1)
		case r := <-b:
			got = append(got, r)
		}
	}
	if got[0].Err != errTest || got[1] != (future.Result[int]{Value: 1}) {
		t.Errorf("results %v", got)
	}
}

func TestFuture_ResultIsPendingBeforeCompletion(t *testing.T) {
	t.Parallel()
	p := future.NewPromise[int](nil)
	wantPending(t, p.Future())
	p.Resolve(1)
	if !p.Future().Ready() {
		t.Error("Ready is false after the completion")
	}
	wantValue(t, p.Future(), 1)
}

// A completion closes Done before it is over. A goroutine that sees Done closed must
// find the future complete in every other way of looking.
func TestFuture_SignsOfCompletionAgree(t *testing.T) {
	t.Parallel()
	for range 300 {
		p := future.NewPromise[int](nil)
		f := p.Future()
		done, c := f.Done(), f.C()
		go p.Resolve(9)
		<-done
		if v, err := f.Result(); v != 9 || err != nil || !f.Ready() {
			t.Fatalf("Done is closed, Result gives (%v, %v)", v, err)
		}
		if r, ok := <-c; !ok || r.Value != 9 {
			t.Fatalf("C gave %v, %v", r, ok)
		}

		p = future.NewPromise[int](nil)
		f = p.Future()
		done = f.Done()
		go p.Resolve(9)
		for !f.Ready() {
			runtime.Gosched()
		}
		select {
		case <-done:
		default:
			t.Fatal("Ready is true, Done is open")
		}
	}
}

// A callback, even one that runs in place, finds its future complete in every way of
// looking.
func TestFuture_IsCompleteInsideCallbacks(t *testing.T) {
	t.Parallel()
	p := future.NewPromise[int](nil)
	f := p.Future()
	done, c := f.Done(), f.C()
	look := func(where string) {
		select {
		case <-done:
		default:
			t.Errorf("%s: Done is open", where)
		}
		if !f.Ready() || len(c) != 1 {
			t.Errorf("%s: the future is not complete", where)
		}
	}
	f.OnDone(func(int, error) { look("OnDone") })
	future.Then(f, func(v int) (int, error) { look("Then"); return v, nil })
	p.Resolve(1)
}

func TestFuture_ReadInAllWaysAtOnce(t *testing.T) {
	t.Parallel()
	p := future.NewPromise[int](nil)
	f := p.Future()
	sum := make(chan int, 5)
	c := f.C()
	go func() { r := <-c; sum <- r.Value }()
	go func() { v, _ := f.Get(t.Context()); sum <- v }()
	go func() { v, _ := f.Get(t.Context()); sum <- v }()
	go func() { <-f.Done(); v, _ := f.Result(); sum <- v }()
	f.OnDone(func(v int, _ error) { sum <- v })
	p.Resolve(3)
	total := 0
	for range 5 {
		total += <-sum
	}
	if total != 15 {
		t.Errorf("five readers of 3 got %d in all, want 15", total)
	}
}
