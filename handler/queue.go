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

// queue is the only kind of Lane: a FIFO of tasks and a baton.
//
// Whoever holds the baton, and nobody else, runs the queue's tasks. Execute gives it
// to a goroutine when the queue was idle. It is passed on or put back only between two
// tasks, under the lock and in advance. So whatever starts and stops meanwhile, tasks
// run one at a time, and no task is left in a queue that nobody will look at: outside
// the lock, tasks without a holder exist only in a running Loop, to which a wake-up is
// on its way.
//
// A list under a mutex was preferred to a channel, which is bounded and so blocks or
// drops, and to lock-free lists, which allocate for each task: the holder takes all
// that has gathered at once, so both sides hold the lock for a few nanoseconds.
type queue struct {
	core  *core
	id    uint64        // identifies its frames on a stack, see mark.go
	begun atomic.Uint64 // how many tasks have started; written by the holder

	// Guarded by core.mu.
	waiting fifo
	turn    *block // the holder runs its tasks, then those of the blocks after it
	before  uint64 // how many tasks had started before those of turn
	free    freelist
	held    bool // the baton is out
	stall   stall

	// wake carries the baton, with tasks to run, to the dispatcher. Its capacity is 1, so
	// passing the baton never blocks. Start makes it; it is closed when the stop is complete
	// and the baton is idle, which ends the dispatcher.
	wake chan struct{}

	// ready carries wake-ups to the application's loop. Its capacity is 1, and it is never
	// closed; run is what it carries. Only a Loop has them.
	ready chan func()
	run   func()
}

// Execute implements Lane.
func (q *queue) Execute(task Task) {
	if !q.push(task, true) {
		enter(q, byCaller)
	}
}

// Queue is Execute if that would only queue. Otherwise it does nothing and returns false.
func (q *queue) Queue(task Task) bool { return q.push(task, false) }

// push queues task and makes sure that a goroutine runs it. If that has to be the caller, push returns false: with take,
// the caller then has the baton; without it, the task has not been queued.
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

// signalLocked wakes the application's loop. A wake-up that is still in the channel is
// enough.
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

// releaseLocked puts the baton back. A stop may be waiting for that.
func (q *queue) releaseLocked() {
	q.held = false
	q.core.busy--
	q.core.settleLocked()
}

// drain runs tasks as long as it holds the baton.
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

// advance decides what the holder of the baton does after a block, and reports
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

// nextLocked releases the block that has run, and reports whether more of what was
// taken remains to be run.
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

// running returns the name of the task that is running, or "" if none is.
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
