package future

import (
	"fmt"
	"sync/atomic"
)

// deliverer is an [Executor] with a place of its own for the functions given to
// [Then], [FlatMap] and [Recover]. The goroutine that completes its futures is
// needed for other things, such as reading the network, so no user function may
// hold it up or end it. The futures of a client have one.
//
// It runs everything it is given, tasks and deliveries, in the order of the calls.
//
// A completion becomes visible before its callbacks are in that order: a goroutine
// that waits for the future continues at once, and may hand over a task that belongs
// behind them. So the completer holds the order meanwhile. Only this package's code
// runs under the hold.
type deliverer interface {
	Executor
	// Hold keeps all others from handing over tasks until Release, which must follow
	// soon. All deliverers with the same place share one hold.
	Hold()
	// TryHold is Hold unless that has to wait.
	TryHold() bool
	// Release ends a hold.
	Release()
	// Queue is Execute under the hold. It returns false, and does nothing, if the task
	// would have to run at once.
	Queue(task Task) bool
	// QueueWork is Deliver under the hold. It returns false, and does nothing, if the
	// work would have to run at once.
	QueueWork(work Task) bool
	// Deliver runs work at the deliverer's place.
	Deliver(work Task)
	// DeliverLate is Deliver on a goroutine of the user's, where the work could run
	// as well. It returns false, and does nothing, if no other work is in front or
	// the caller is at the deliverer's place.
	DeliverLate(work Task) bool
	// Forward is Execute for a task forwarded by work that runs at the place: it
	// takes that work's position, ahead of everything handed over later.
	Forward(task Task)
	// ExecuteHere is Execute for a goroutine of the user's, on which the task may run.
	ExecuteHere(task Task)
	// Delivering returns the name of the delivered function that the calling
	// goroutine is inside of, or "" if it is not at the deliverer's place.
	Delivering() string
	// Place returns a value that is equal for deliverers with the same place.
	Place() any
}

// asDeliverer returns ex as a deliverer, or nil if it is none.
func asDeliverer(ex Executor) deliverer {
	d, _ := ex.(deliverer)
	return d
}

func samePlace(a, b deliverer) bool {
	return a == b || a != nil && b != nil && a.Place() == b.Place()
}

// refuseWait returns an error if the calling goroutine's wait for f could never
// end: f needs a user function to run first at the place where the caller is inside
// of one. It inspects the goroutine's stack only for such futures.
func (f *Future[T]) refuseWait() error {
	f.mu.Lock()
	needs, ex := f.needs && !f.completed.Load(), f.ex
	f.mu.Unlock()
	if !needs {
		return nil
	}
	d := asDeliverer(ex)
	if d == nil {
		return nil
	}
	name := d.Delivering()
	if name == "" || f.Ready() {
		return nil
	}
	return fmt.Errorf("%w: it is made in %s, which has to return first", ErrWouldDeadlock, name)
}

// isBound reports whether f is pending and needs a user function to run first.
func (f *Future[T]) isBound() bool {
	if f == nil {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.needs && !f.completed.Load()
}

func (f *Future[T]) setNeeds(needs bool) {
	f.mu.Lock()
	f.needs = needs
	f.mu.Unlock()
}

// follows records that f, whose own function has run, now waits for inner.
func (f *Future[T]) follows(inner *Future[T]) {
	needs, ex := inner.isBound(), inner.executor()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.needs = needs
	if f.ex == nil {
		f.ex = ex
	}
}

// ties keep the needs of an aggregate in line with those of its sources.
type ties struct {
	bound []bool       // by source index; nil if none needs a function
	left  atomic.Int64 // pending sources whose completion changes the aggregate's needs
	first bool
	set   func(needs bool) // sets the needs of the aggregate
}

// tie makes an aggregate need what any of its sources needs or, if it takes the first
// success, what all of them need.
func tie[F interface{ isBound() bool }, U any](aggregate *Future[U], fs []F, first bool) *ties {
	t := &ties{first: first, set: aggregate.setNeeds}
	for i, f := range fs {
		bound := f.isBound()
		if bound && t.bound == nil {
			t.bound = make([]bool, len(fs))
		}
		if bound {
			t.bound[i] = true
		}
		if bound != first {
			t.left.Add(1)
		}
	}
	if t.bound != nil {
		t.set((t.left.Load() > 0) != first)
	}
	return t
}

// untie records that a source has completed.
func (t *ties) untie(i int) {
	if t.bound != nil && t.bound[i] != t.first && t.left.Add(-1) == 0 {
		t.set(t.first)
	}
}
