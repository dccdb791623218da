package future

import (
	"fmt"
	"sync/atomic"
)

// deliverer is an [Executor] that has a place of its own for the functions given
// to [Then], [FlatMap] and [Recover]. The goroutine that completes its futures is
// needed for other things, such as reading the network, so no function of a user's
// may hold it up or end it. The client's futures have one.
//
// All that it is given, tasks and deliveries, is done in the order of the calls.
//
// A completion shows before its callbacks are in that order: who waits for the future
// goes on at once, and may hand over a task that belongs behind them. So the completer
// holds the order meanwhile. No code but this package's runs under the hold.
type deliverer interface {
	Executor
	// Hold keeps all others from handing over tasks, for a moment: until Release. All
	// deliverers of one place have one hold.
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
	// Deliver has work run at the deliverer's place.
	Deliver(work Task)
	// DeliverLate is Deliver on a goroutine of the user's, for work that could run
	// there. It returns false, and does nothing, if no other work is in front, or if
	// the caller is at the deliverer's place.
	DeliverLate(work Task) bool
	// Forward is Execute for what runs there: the task takes the place of the work
	// that forwards it, ahead of all that was given later.
	Forward(task Task)
	// ExecuteHere is Execute for a goroutine of the user's, on which the task may run.
	ExecuteHere(task Task)
	// Delivering returns the name of the function at whose hands the calling
	// goroutine is, "" if it is not at the deliverer's place.
	Delivering() string
	// Place returns the same value for all deliverers whose place is the same.
	Place() any
}

// asDeliverer returns ex as a deliverer, nil if it is none.
func asDeliverer(ex Executor) deliverer {
	d, _ := ex.(deliverer)
	return d
}

func samePlace(a, b deliverer) bool {
	return a == b || a != nil && b != nil && a.Place() == b.Place()
}

// refuseWait returns an error if a wait of the calling goroutine's for f could
// never end: f needs a function to run first, at the place where the caller is in
// one. It looks at the goroutine's stack for such futures only.
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

// isBound reports whether f is pending and needs a function to run first.
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

// follows notes that inner is what f, whose own function has run, waits for.
func (f *Future[T]) follows(inner *Future[T]) {
	needs, ex := inner.isBound(), inner.executor()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.needs = needs
	if f.ex == nil {
		f.ex = ex
	}
}

// ties keep the needs of an aggregate true to those of its sources.
type ties struct {
	bound []bool       // by the number of the source; nil if none needs a function
	left  atomic.Int64 // pending sources whose completion changes the aggregate's needs
	first bool
	set   func(needs bool) // of the aggregate
}

// tie makes an aggregate need what any of its sources needs, or, for the first
// success, what all of them need.
func tie[T, U any](aggregate *Future[U], fs []*Future[T], first bool) *ties {
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

// untie notes that a source has completed.
func (t *ties) untie(i int) {
	if t.bound != nil && t.bound[i] != t.first && t.left.Add(-1) == 0 {
		t.set(t.first)
	}
}
