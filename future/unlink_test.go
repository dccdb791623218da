package future_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/zkasync/zkasync-go/future"
)

func TestLink_ZeroIsTiedToNothing(t *testing.T) {
	t.Parallel()
	if (future.Link{}).Unlink() {
		t.Error("the zero Link kept something from running")
	}
}

func TestLink_UnlinkBeforeCompletion(t *testing.T) {
	t.Parallel()
	for unlinked, want := range map[int][]string{
		0: {"b", "c", "d", "e"}, 1: {"a", "c", "d", "e"}, 2: {"a", "b", "d", "e"}, 3: {"a", "b", "c", "e"},
	} {
		var q queue
		var tr trace
		p := future.NewPromise[int](&q)
		var links []future.Link
		for _, note := range []string{"a", "b", "c", "d"} {
			links = append(links, p.Future().OnDone(tr.on(note)))
		}
		if !links[unlinked].Unlink() {
			t.Errorf("Unlink of callback %d returned false", unlinked)
		}
		if links[unlinked].Unlink() {
			t.Errorf("second Unlink of callback %d returned true", unlinked)
		}
		p.Future().OnDone(tr.on("e"))
		p.Resolve(1)
		q.run()
		tr.want(t, want...)
		for i, l := range links {
			if l.Unlink() {
				t.Errorf("Unlink of callback %d returned true after the run", i)
			}
		}
	}
}

func TestLink_UnlinkAfterPostingKeepsFromRunning(t *testing.T) {
	t.Parallel()
	var q queue
	var tr trace
	p := future.NewPromise[int](&q)
	a := p.Future().OnDone(tr.on("a"))
	p.Future().OnDone(tr.on("b"))
	c := p.Future().OnDone(tr.on("c"))
	p.Resolve(1)
	d := p.Future().OnDone(tr.on("d"))
	for _, l := range []future.Link{a, c, d} {
		if !l.Unlink() {
			t.Error("Unlink of a posted callback returned false")
		}
	}
	q.run()
	tr.want(t, "b")
}

// The field of the first callback is not reused: a Link kept by mistake must not
// unlink somebody else's callback.
func TestLink_StaleUnlinkHitsNobodyElse(t *testing.T) {
	t.Parallel()
	var tr trace
	p := future.NewPromise[int](nil)
	a := p.Future().OnDone(tr.on("a"))
	a.Unlink()
	p.Future().OnDone(tr.on("b"))
	if a.Unlink() {
		t.Error("a stale Unlink returned true")
	}
	p.Resolve(1)
	tr.want(t, "b")
}

func TestLink_UnlinkFromInsideACallback(t *testing.T) {
	t.Parallel()
	var tr trace
	var self, next future.Link
	p := future.NewPromise[int](nil)
	self = p.Future().OnDone(func(int, error) {
		if self.Unlink() {
			t.Error("a running callback was unlinked")
		}
		if !next.Unlink() {
			t.Error("the next callback was not unlinked")
		}
	})
	next = p.Future().OnDone(tr.on("next"))
	p.Resolve(1)
	tr.want(t)
}

func TestLink_UnlinkRacesRun(t *testing.T) {
	t.Parallel()
	const rounds, callbacks = 500, 3
	l := newLane(t)
	for range rounds {
		p := future.NewPromise[int](l)
		var ran, kept atomic.Int64
		var links [callbacks]future.Link
		for i := range links {
			links[i] = p.Future().OnDone(func(int, error) { ran.Add(1) })
		}
		var wg sync.WaitGroup
		wg.Go(func() { p.Resolve(1) })
		for range 2 {
			wg.Go(func() {
				for _, link := range links {
					if link.Unlink() {
						kept.Add(1)
					}
				}
			})
		}
		wg.Wait()
		l.drain()
		if ran.Load()+kept.Load() != callbacks {
			t.Fatalf("%d callbacks ran, %d were unlinked, want %d in all", ran.Load(), kept.Load(), callbacks)
		}
	}
}
