package handler

import (
	"runtime/debug"
	"sync/atomic"
)

// driver says what kind of goroutine runs a queue's tasks.
type driver uint8

const (
	byCaller driver = iota // the one that calls Execute
	byWorker               // a dispatcher goroutine
	byLoop                 // the application's loop
)

// queue is the one Lane there is: a FIFO of tasks and a baton.
//
// Whoever holds the baton, and nobody else, runs the queue's tasks. Execute gives it
// to a goroutine when the queue was idle; it is passed on or put back only between
// two tasks and under the lock, in advance. So whatever starts and stops meanwhile,
// tasks run one at a time, and a task is never left in a queue that nobody will
// look at: outside the lock, tasks without a holder exist only in a running Loop,
// where a wake-up is on its way.
//
// A list under a mutex was preferred to a channel (bounded, and so it blocks or
// drops) and to lock-free lists (an allocation for each task): the holder takes all
// that has gathered at once, so both sides hold the lock for a few nanoseconds.
type queue struct {
	core  *core
	id    uint64        // what its frames on a stack are recognized by, see mark.go
	begun atomic.Uint64 // how many tasks have begun; written by the holder

	// Guarded by core.mu.
	waiting fifo
	turn    *block // the holder runs its tasks, then those of the blocks after it
	before  uint64 // how many tasks had begun before those of turn
	free    freelist
	held    bool // the baton is out
	stall   stall

	// wake carries the baton, with tasks to run, to the dispatcher; capacity 1, so that
	// passing it never blocks. Made by Start, closed when the stop is complete and the
	// baton lies idle: the dispatcher then ends.
	wake chan struct{}

	// ready carries wake-ups to the application's loop, capacity 1, never closed; run is
	// what it carries. Only a Loop has them.
	ready chan func()
	run   func()
}

// Execute implements Lane.
func (q *queue) Execute(task Task) {
	if !q.push(task, true) {
		enter(q, byCaller)
	}
}

// Queue is Execute as long as that only queues. Otherwise it does nothing and returns false.
func (q *queue) Queue(task Task) bool { return q.push(task, false) }

// push queues task and sees to it that a goroutine runs it. That may have to be the caller: then push returns false,
// and the caller has the baton if take is true, while the task is not queued if it is false.
func (q *queue) push(task Task, take bool) bool {
	c := q.core
	c.mu.Lock()
	defer c.mu.Unlock()
	if !q.held && !take && c.driverLocked() == byCaller {
		return false
	}
	wasEmpty := q.waiting.empty()
	q.waiting.push(task, &q.free)
	if q.held {
		q.watchLocked()
		return true
	}
	switch c.driverLocked() {
	case byLoop:
		if wasEmpty {
			q.signalLocked()
		}
	case byWorker:
		q.acquireLocked()
		q.wake <- struct{}{}
	default:
		q.acquireLocked()
		return false
	}
	return true
}

// signalLocked wakes the application's loop. A wake-up that is still in the channel
// will do.
func (q *queue) signalLocked() {
	select {
	case q.ready <- q.run:
	default:
	}
}

// acquireLocked takes the baton and what has gathered.
func (q *queue) acquireLocked() {
	q.held = true
	q.core.busy++
	q.takeLocked()
}

func (q *queue) takeLocked() {
	q.turn, q.waiting = q.waiting.head, fifo{}
}

// releaseLocked puts the baton back. A stop may have waited for just that.
func (q *queue) releaseLocked() {
	q.held = false
	q.core.busy--
	q.core.settleLocked()
}

// drain runs tasks for as long as it holds the baton.
func (q *queue) drain(as driver) {
	for {
		q.runBlock()
		if !q.advance(as) {
			return
		}
	}
}

// runBlock runs the tasks of a block. It returns early after one that panicked: one
// recovery for a block is cheaper than one for each task.
func (q *queue) runBlock() {
	finished := false
	defer func() {
		v := recover()
		if finished {
			return
		}
		if v == nil {
			v = ErrGoexit
		}
		q.core.report(Panic{Value: v, Stack: debug.Stack(), Callback: q.running()})
	}()
	b, begun := q.turn, q.begun.Load()
	for _, task := range b.tasks[begun-q.before : b.n] {
		begun++
		q.begun.Store(begun)
		task.Run()
	}
	finished = true
}

// advance decides how the holder of the baton goes on after a block, and reports
// whether it still holds the baton.
func (q *queue) advance(as driver) bool {
	c := q.core
	c.mu.Lock()
	defer c.mu.Unlock()
	if q.nextLocked() {
		return true
	}
	switch {
	case q.waiting.empty():
		q.releaseLocked()
		return false
	case c.phase == running && c.style == byLoop:
		// The loop has other things to do; it gets its next turn from the channel. (A
		// caller comes here if Start was called while it ran tasks.)
		q.releaseLocked()
		q.signalLocked()
		return false
	case c.phase == running && c.style == byWorker && as == byCaller:
		// Start was called meanwhile: the dispatcher takes over.
		q.takeLocked()
		q.wake <- struct{}{}
		return false
	default:
		q.takeLocked()
		return true
	}
}

// nextLocked lets go of the block that has run, and reports whether more of what was
// taken is to be run.
func (q *queue) nextLocked() bool {
	b := q.turn
	if q.before+uint64(b.n) > q.begun.Load() {
		return true // after a panic
	}
	q.turn = b.next
	q.before += uint64(b.n)
	q.free.put(b)
	return q.turn != nil
}

// running returns the name of the task that runs now, "" if none does.
func (q *queue) running() string {
	q.core.mu.Lock()
	task := q.currentLocked()
	q.core.mu.Unlock()
	if task == nil {
		return ""
	}
	return nameOf(task)
}

func (q *queue) currentLocked() Task {
	if n := q.begun.Load() - q.before; q.held && n > 0 {
		return q.turn.tasks[n-1]
	}
	return nil
}
