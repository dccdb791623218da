package future

import (
	"reflect"
	"sync/atomic"
)

// batch is the work of one completion: the future completed, and all futures
// derived from it that complete with it. First all of them complete, then their
// callbacks are posted, in the order of their completion. So no callback can wait
// in vain for a derived future, and a long chain of derived futures is worked off
// in a loop and not by recursion. A batch belongs to one goroutine at a time.
//
// Where the futures have a [deliverer], the goroutine that completes the first one
// does what is this package's own; from the first function of the user's on, the
// deliverer has the rest.
type batch struct {
	ex      Executor     // of the future completed first
	home    deliverer    // the first there is among the executors of futures
	at      deliverer    // at whose place it runs, nil: at nobody's
	held    deliverer    // whose order is held, nil: nobody's
	futures []completed  // all of them
	hooked  int          // how many of futures have run their hooks
	swept   int          // how many of futures have run this package's own hooks
	posted  int          // how many of futures have posted their callbacks
	few     [4]completed // room for the usual number of futures

	running atomic.Uintptr // the code of the user's function that runs; 0: none
}

func newBatch(ex Executor) *batch {
	b := &batch{ex: ex}
	b.futures = b.few[:0]
	return b
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

// Run implements Task, for deliverers.
func (b *batch) Run() { b.run() }

// run works the batch off, or as much of it as may be done here. Each step can be
// taken up again where it was left.
func (b *batch) run() {
	returned := false
	defer func() {
		if !returned {
			b.run() // a panic or runtime.Goexit passes: finish first
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
			return
		}
	}
	b.queue()
	for ; b.posted < len(b.futures); b.posted++ {
		b.futures[b.posted].postAll(b.at)
	}
	returned = true
}

// deliver hands the batch over; home has it from here on.
func (b *batch) deliver(home deliverer) {
	if b.held != nil && !samePlace(b.held, home) {
		b.queue() // nobody waits for one hold under another
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

// queue hands over the callbacks that belong into the order that is held, and ends the
// hold.
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

// homeOf returns the deliverer that runs the functions linked to f, nil if they
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

// sweep does all that needs no function of the user's.
func (b *batch) sweep() {
	for b.swept = max(b.swept, b.hooked); b.swept < len(b.futures); b.swept++ {
		b.futures[b.swept].runOwnHooks(b)
	}
}

// enter notes that a function of the user's begins, for String.
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

// String names the user's function that runs.
func (b *batch) String() string {
	if pc := b.running.Load(); pc != 0 {
		return "function of a derived future " + describe(pc)
	}
	return "functions of derived futures"
}
