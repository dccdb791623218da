package future

import (
	"reflect"
	"sync"
	"sync/atomic"
)

// batch is the work of one completion: the future completed, and all futures
// derived from it that complete with it. All of them complete first, then their
// callbacks are posted, in the order of completion. So no callback can wait in
// vain for a derived future, and a long chain of derived futures is processed in a
// loop rather than by recursion. A batch belongs to one goroutine at a time.
//
// If the futures have a [deliverer], the goroutine that completes the first one
// does only this package's own work; from the first user function on, the deliverer
// runs the rest.
type batch struct {
	ex      Executor     // of the future completed first
	home    deliverer    // the first deliverer among the executors of futures
	at      deliverer    // the deliverer at whose place it runs; nil: at none
	held    deliverer    // the deliverer whose order is held; nil: none
	futures []completed  // all of them
	hooked  int          // how many of futures have run their hooks
	swept   int          // how many of futures have run this package's own hooks
	posted  int          // how many of futures have posted their callbacks
	few     [4]completed // room for the usual number of futures

	running atomic.Uintptr // the code of the user function that is running; 0: none
}

// batches keeps those that were run by the goroutine that made them: there is one for each future of an aggregate.
var batches = sync.Pool{New: func() any { return new(batch) }}

func newBatch(ex Executor) *batch {
	b := batches.Get().(*batch)
	b.ex = ex
	b.futures = b.few[:0]
	return b
}

// recycle gives b back, whose work is done.
func (b *batch) recycle() {
	*b = batch{}
	batches.Put(b)
}

// completed is a complete future of any type.
type completed interface {
	executor() Executor
	runHooks(b *batch)
	runOwnHooks(b *batch)
	hasHooks() bool
	postAll(at deliverer)
	queueAll(held deliverer) (left func())
}

func (b *batch) add(f completed, ex Executor) {
	if b.home == nil {
		b.home = asDeliverer(ex)
	}
	b.futures = append(b.futures, f)
}

// Run implements Task, for deliverers, which may still ask for its name afterwards.
func (b *batch) Run() { b.run() }

// run processes the batch, or as much of it as may be done here. Each step can be
// resumed where it was left. It returns false if a deliverer has the rest: then it owns
// the batch.
func (b *batch) run() (done bool) {
	returned := false
	defer func() {
		if !returned {
			b.run() // a panic or runtime.Goexit is passing through: finish first
		}
	}()
	for ; b.hooked < len(b.futures); b.hooked++ {
		f := b.futures[b.hooked]
		home := b.homeOf(f)
		if home == nil || samePlace(home, b.at) {
			f.runHooks(b)
			continue
		}
		b.sweep()
		if f.hasHooks() {
			returned = true
			b.deliver(home)
			return false
		}
	}
	b.queue()
	for ; b.posted < len(b.futures); b.posted++ {
		b.futures[b.posted].postAll(b.at)
	}
	returned = true
	return true
}

// deliver hands the batch over to home, which owns it from here on.
func (b *batch) deliver(home deliverer) {
	if b.held != nil && !samePlace(b.held, home) {
		b.queue() // never wait for one hold while holding another
	}
	held := b.held
	b.at, b.held = home, nil
	if held == nil {
		home.Hold()
		held = home
	}
	queued := home.QueueWork(b)
	held.Release()
	if !queued {
		home.Deliver(b)
	}
}

// queue hands over the callbacks that belong to the order that is held, and releases
// the hold.
func (b *batch) queue() {
	held := b.held
	if held == nil {
		return
	}
	b.held = nil
	var left func()
	for i := 0; i < len(b.futures) && left == nil; i++ {
		left = b.futures[i].queueAll(held)
	}
	held.Release()
	if left != nil {
		left()
	}
}

// homeOf returns the deliverer that runs the functions linked to f, or nil if they
// run in place.
func (b *batch) homeOf(f completed) deliverer {
	if b.home == nil {
		return nil
	}
	if d := asDeliverer(f.executor()); d != nil {
		return d
	}
	return b.home
}

// sweep does all the work that needs no user function.
func (b *batch) sweep() {
	for b.swept = max(b.swept, b.hooked); b.swept < len(b.futures); b.swept++ {
		b.futures[b.swept].runOwnHooks(b)
	}
}

// enter records which user function is about to run, for String.
func (b *batch) enter(fn any) {
	if b != nil && b.at != nil {
		b.running.Store(reflect.ValueOf(fn).Pointer())
	}
}

func (b *batch) leave() {
	if b != nil && b.at != nil {
		b.running.Store(0)
	}
}

// String names the user function that is running.
func (b *batch) String() string {
	if pc := b.running.Load(); pc != 0 {
		return "function of a derived future " + describe(pc)
	}
	return "functions of derived futures"
}
