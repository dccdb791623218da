package future_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/future"
)

// place is a deliverer with a goroutine of its own.
type place struct {
	*lane
	order
	working atomic.Bool // a delivered function may wait: the test's functions are the only ones that do
}

func newPlace(t *testing.T) *place { return &place{lane: newLane(t)} }

type delivery struct {
	p    *place
	work future.Task
}

func (d delivery) Run() {
	d.p.working.Store(true)
	defer d.p.working.Store(false)
	d.work.Run()
}

// order is what a deliverer holds.
type order struct{ mu sync.Mutex }

func (o *order) Hold()         { o.mu.Lock() }
func (o *order) TryHold() bool { return o.mu.TryLock() }
func (o *order) Release()      { o.mu.Unlock() }

func (p *place) Queue(task future.Task) bool {
	p.Execute(task)
	return true
}

func (p *place) QueueWork(work future.Task) bool {
	p.Deliver(work)
	return true
}

func (p *place) Deliver(work future.Task) { p.Execute(delivery{p, work}) }
func (p *place) DeliverLate(work future.Task) bool {
	if !p.working.Load() {
		return false
	}
	p.Deliver(work)
	return true
}
func (p *place) Forward(task future.Task)     { task.Run() }
func (p *place) ExecuteHere(task future.Task) { task.Run() }
func (p *place) Place() any                   { return p }
func (p *place) Delivering() string {
	if p.working.Load() {
		return "the function"
	}
	return ""
}

// What needs no user function completes inside the completion, the rest at the deliverer's place, in order.
func TestDeliverer_FunctionsRunAtItsPlace(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	var tr trace
	ps, fs := pending(2, p)
	hold := make(chan struct{})
	derived := future.Then(fs[0], func(v int) (int, error) { <-hold; tr.add("function"); return 2 * v, nil })
	all := future.All(fs...)
	both := future.First(fs[0], fs[1])
	for _, x := range []struct {
		f    *future.Future[int]
		note string
	}{{derived, "derived"}, {fs[1], "next"}, {fs[0], "source"}} {
		x.f.OnDone(tr.on(x.note))
	}
	ps[0].Resolve(1)
	ps[1].Resolve(2)
	if !all.Ready() || !both.Ready() || !fs[0].Ready() {
		t.Error("what needs no function waits for one")
	}
	if derived.Ready() {
		t.Error("the function ran inside the completion")
	}
	close(hold)
	wantNode(t, derived, 2)
	p.drain()
	tr.want(t, "function", "source", "derived", "next")
}

// A function that is linked to a complete future takes its turn behind those of futures that completed before it.
func TestDeliverer_LateFunctionsTakeTheirTurn(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	var tr trace
	ps, fs := pending(3, p)
	hold, entered := make(chan struct{}), make(chan struct{})
	first := future.Then(fs[0], func(v int) (int, error) { close(entered); <-hold; tr.add("first"); return v, nil })
	second := future.Then(fs[1], func(v int) (int, error) { tr.add("second"); return v, nil })
	for i, p := range ps {
		p.Resolve(i)
	}
	<-entered
	late := future.Then(fs[2], func(v int) (int, error) { tr.add("late"); return 10 * v, nil })
	later := future.Then(late, func(v int) (int, error) { tr.add("later"); return 10 * v, nil })
	later.OnDone(tr.on("callback"))
	if late.Ready() {
		t.Error("the late function has overtaken others")
	}
	close(hold)
	<-later.Done()
	wantNode(t, first, 0)
	wantNode(t, second, 1)
	wantNode(t, later, 200)
	p.drain()
	tr.want(t, "first", "second", "late", "later", "callback")
}

func wantNode(t *testing.T, f *future.Future[int], want int) {
	t.Helper()
	if v, err := f.Get(t.Context()); v != want || err != nil {
		t.Errorf("got (%v, %v), want %v", v, err, want)
	}
}

// A wait in a function is refused if it could never end, and only then.
func TestDeliverer_RefusesWaitsThatCouldNeverEnd(t *testing.T) {
	t.Parallel()
	p, other := newPlace(t), newPlace(t)
	ps, fs := pending(3, p)
	os, ofs := pending(1, other)
	id := func(v int) (int, error) { return v, nil }
	bound := future.Then(fs[1], id)
	own := future.NewPromise[int](nil)
	followed := future.FlatMap(fs[2], func(int) *future.Future[int] { return own.Future() })
	type verdict struct {
		name    string
		refused bool
		err     error
	}
	verdicts := make(chan verdict, 20)
	soon, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	asked := make(chan struct{})
	future.Then(fs[0], func(int) (int, error) {
		for _, x := range []struct {
			name    string
			f       *future.Future[int]
			refused bool
		}{
			{"a derived future", bound, true},
			{"a chain", future.Then(future.Recover(bound, func(error) (int, error) { return 0, nil }), id), true},
			{"an aggregate", future.Then(future.All(fs[1], bound), func(v []int) (int, error) { return v[0], nil }), true},
			{"the first of some that need a function", future.First(bound, bound), true},
		} {
			_, err := x.f.Get(soon)
			verdicts <- verdict{x.name, x.refused, err}
		}
		_, err := future.All(fs[1], bound).Get(soon)
		verdicts <- verdict{"all", true, err}
		_, err = future.Settle(bound).Get(soon)
		verdicts <- verdict{"settle", true, err}
		for _, r := range future.AsCompleted(soon, bound) {
			verdicts <- verdict{"as completed", true, r.Err}
		}
		close(asked)
		_, err = future.Then(ofs[0], id).Get(soon)
		verdicts <- verdict{"another place's", false, err}
		_, err = fs[1].Get(soon)
		verdicts <- verdict{"a plain future", false, err}
		_, err = future.First(bound, fs[1]).Get(soon)
		verdicts <- verdict{"the first of some", false, err}
		close(verdicts)
		return 0, nil
	})
	ps[0].Resolve(1)
	<-asked
	os[0].Resolve(1)
	ps[1].Resolve(1)
	for v := range verdicts {
		if got := errors.Is(v.err, future.ErrWouldDeadlock); got != v.refused || !v.refused && v.err != nil {
			t.Errorf("%s: %v, want it refused: %v", v.name, v.err, v.refused)
		}
		if v.refused && !strings.Contains(v.err.Error(), "the function") {
			t.Errorf("%s: %v does not name the function", v.name, v.err)
		}
	}

	// Once a function has run, the future it returned decides.
	ps[2].Resolve(1)
	p.drain()
	last := future.NewPromise[int](p)
	got := make(chan error, 1)
	future.Then(last.Future(), func(int) (int, error) { _, err := followed.Get(soon); got <- err; return 0, nil })
	last.Resolve(1)
	own.Resolve(1)
	if err := <-got; err != nil {
		t.Errorf("a wait for a future whose function has run: %v", err)
	}
}

func TestDeliverer_WaitsElsewhereAreNotRefused(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	ps, fs := pending(1, p)
	derived := future.Then(fs[0], double)
	go ps[0].Resolve(4)
	wantNode(t, derived, 8)
}

// A function that ends its goroutine takes nothing else along.
func TestDeliverer_GoexitLosesNothing(t *testing.T) {
	t.Parallel()
	p := &exitPlace{}
	src := future.NewPromise[int](p)
	bad := future.Then(src.Future(), func(int) (int, error) { exitGoroutine(); return 0, nil })
	good := future.Then(src.Future(), double)
	var tr trace
	good.OnDone(tr.on("callback"))
	src.Resolve(1)
	if _, err := bad.Get(t.Context()); !errors.Is(err, future.ErrGoexit) {
		t.Errorf("got %v", err)
	}
	wantNode(t, good, 2)
	<-p.done
	tr.want(t, "callback")
}

// exitPlace runs each delivery on a goroutine, and tasks in place.
type exitPlace struct {
	order
	done chan struct{}
}

func (p *exitPlace) Queue(future.Task) bool     { return false }
func (p *exitPlace) QueueWork(future.Task) bool { return false }

func (p *exitPlace) Execute(task future.Task) { task.Run() }
func (p *exitPlace) Deliver(work future.Task) {
	p.done = make(chan struct{})
	go func() {
		defer close(p.done)
		work.Run()
	}()
}
func (p *exitPlace) DeliverLate(future.Task) bool { return false }
func (p *exitPlace) Forward(task future.Task)     { task.Run() }
func (p *exitPlace) ExecuteHere(task future.Task) { task.Run() }
func (p *exitPlace) Place() any                   { return p }
func (p *exitPlace) Delivering() string           { return "" }

// holdPlace calls a function while a completer waits for the order.
type holdPlace struct {
	*place
	meanwhile func()
}

func (p *holdPlace) TryHold() bool { return false }
func (p *holdPlace) Place() any    { return p }
func (p *holdPlace) Hold() {
	p.place.Hold()
	p.meanwhile()
}

// The only callback is unlinked while its future's completer waits for the order: nobody must hold the order afterwards.
func TestDeliverer_CallbackTakenBackMeanwhile(t *testing.T) {
	t.Parallel()
	p := &holdPlace{place: newPlace(t)}
	src := future.NewPromise[int](p)
	l := src.Future().OnDone(func(int, error) { t.Error("it was taken back") })
	p.meanwhile = func() { l.Unlink() }
	src.Resolve(1)
	if !p.place.TryHold() {
		t.Fatal("the order is held for ever")
	}
	p.place.Release()
}

// The futures complete at another deliverer's place: callbacks of the first deliverer keep their order.
func TestDeliverer_OrderAcrossPlaces(t *testing.T) {
	t.Parallel()
	a, b := newPlace(t), newPlace(t)
	var tr trace
	first, second, other := future.NewPromise[int](a), future.NewPromise[int](a), future.NewPromise[int](b)
	release := make(chan struct{})
	last := future.Then(future.All(other.Future(), first.Future()), func([]int) (int, error) { <-release; return 0, nil })
	first.Future().OnDone(tr.on("first"))
	ran := make(chan struct{})
	second.Future().OnDone(func(int, error) { tr.add("second"); close(ran) })
	other.Resolve(9)
	first.Resolve(1)
	second.Resolve(2)
	<-ran
	close(release)
	<-last.Done()
	tr.want(t, "first", "second")
}
