package future

import (
	"context"
	"runtime"
	"testing"
)

// wantNothingLinked checks that nothing is tied to a pending future any more.
func wantNothingLinked(t *testing.T, what string, f *Future[int]) {
	t.Helper()
	if f.first != nil {
		t.Errorf("%s left the first callback behind", what)
	}
	if m := f.more; m != nil && (m.hooks != list[int]{} || m.callbacks != list[int]{} || m.spare.fn != nil || m.spare.hook != nil) {
		t.Errorf("%s left something behind: %+v", what, m)
	}
}

func TestLink_UnlinkLeavesNothing(t *testing.T) {
	t.Parallel()
	var p Promise[int]
	var links []Link
	for range 5 {
		links = append(links, p.Future().OnDone(func(int, error) {}))
	}
	for _, i := range []int{2, 0, 4, 1, 3} {
		links[i].Unlink()
	}
	wantNothingLinked(t, "Unlink", p.Future())
}

func TestLink_RunLeavesNothing(t *testing.T) {
	t.Parallel()
	var hook, callbacks Promise[int]
	Then(hook.Future(), func(v int) (int, error) { return v, nil })
	for range 3 {
		hook.Future().OnDone(func(int, error) {})
		callbacks.Future().OnDone(func(int, error) {})
	}
	hook.Resolve(1)
	callbacks.Resolve(1)
	wantNothingLinked(t, "a completion with a hook", hook.Future())
	wantNothingLinked(t, "a completion", callbacks.Future())
}

// One future completes First while First still links the others: it has to unlink
// itself what it links from then on. The window is small: the storm hits it
// sometimes, the plain case always.
func TestGathering_TakesBackWhatIsLinkedAfterStop(t *testing.T) {
	t.Parallel()
	var long Promise[int]
	var g gathering[int]
	g.stop()
	if g.add(long.Future().OnDone(func(int, error) {})) {
		t.Error("add returned true after stop")
	}
	wantNothingLinked(t, "add", long.Future())
}

func TestFirst_CompletedWhileLinkingLeavesNothing(t *testing.T) {
	t.Parallel()
	var long Promise[int]
	f := long.Future()
	for range 500 {
		var p Promise[int]
		resolved := make(chan struct{})
		go func() {
			defer close(resolved)
			p.Resolve(1)
		}()
		First(p.Future(), f, f, f, f, f, f, f, f)
		<-resolved
		wantNothingLinked(t, "First", f)
	}
}

// A completion first closes Done and only at the end says that it is complete. A
// goroutine that looks in between has to wait for the end.
func TestFuture_ReadyWaitsForACompletionUnderWay(t *testing.T) {
	t.Parallel()
	for range 100 {
		var p Promise[int]
		f := p.Future()
		done, ready := f.Done(), make(chan bool)
		go func() {
			<-done
			ready <- f.Ready()
		}()
		f.mu.Lock()
		close(f.done)
		for range 20 {
			runtime.Gosched() // the other goroutine may look now
		}
		f.completed.Store(true)
		f.mu.Unlock()
		if !<-ready {
			t.Fatal("Done is closed, Ready is false")
		}
	}
}

// A long-lived future, such as one for the end of a session, is passed to many
// combinators that end early.
func TestCombinators_EndedEarlyLeaveNothing(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	var long Promise[int]
	f := long.Future()
	for range 10 {
		var p Promise[int]
		First(f, p.Future(), f)
		p.Resolve(1)
		wantNothingLinked(t, "First", f)
		First(f, Resolved(1), f)
		wantNothingLinked(t, "First of a complete future", f)

		var bad Promise[int]
		All(f, bad.Future(), f)
		bad.Reject(ErrNilFuture)
		wantNothingLinked(t, "All", f)

		for range AsCompleted(t.Context(), f, Resolved(1), f) {
			break
		}
		wantNothingLinked(t, "break", f)
		for range AsCompleted(ended, f, Resolved(1), f) {
		}
		wantNothingLinked(t, "the end of the context", f)
		func() {
			defer func() { _ = recover() }()
			for range AsCompleted(t.Context(), f, Resolved(1)) {
				panic("in the loop")
			}
		}()
		wantNothingLinked(t, "a panic in the loop", f)
	}
}

func TestFuture_GetLinksNothing(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	var p Promise[int]
	for range 1000 {
		if _, err := p.Future().Get(ended); err == nil {
			t.Fatal("Get of a pending future gave no error")
		}
	}
	if p.f.more != nil {
		t.Errorf("Get linked %+v", p.f.more)
	}
	wantNothingLinked(t, "Get", p.Future())
}
