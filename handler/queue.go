package handler

import (
	"runtime/debug"
	"sync/atomic"
)

const (
	// chunk is how many tasks run between two visits to the lock, where those that
	// have run are let go.
	chunk = 256
	// keep is how many tasks a backing array may hold to be kept while idle.
	keep = 1024
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
// A slice under a mutex was preferred to a channel (bounded, and so it blocks or
// drops) and to lock-free lists (an allocation for each task): the holder takes all
// that has gathered by swapping two slices, so both sides hold the lock for a few
// nanoseconds.
type queue struct {
	core *core
	id   uint64       // what its frames on a stack are recognized by, see mark.go
	pos  atomic.Int64 // how many tasks of batch have begun; written by the holder

	// Guarded by core.mu.
	tasks []Task // waiting
	spare []Task // empty; the next backing array of tasks
	batch []Task // taken by the holder; cleared up to done
	done  int    // how many of batch have run and been cleared
	held  bool   // the baton is out

	// wake carries the baton to the dispatcher; capacity 1, so that passing it never
	// blocks. Made by Start, closed when the stop is complete and the baton lies idle:
	// the dispatcher then ends.
	wake chan struct{}

	// ready carries wake-ups to the application's loop, capacity 1, never closed; run is
	// what it carries. Only a Loop has them.
	ready chan func()
	run   func()
}

// Execute implements Lane.
func (q *queue) Execute(task Task) {
	c := q.core
	c.mu.Lock()
	q.tasks = append(q.tasks, task)
	if q.held {
		c.mu.Unlock()
		return
	}
	by := c.driverLocked()
	if by == byLoop {
		if len(q.tasks) == 1 {
			q.signalLocked()
		}
		c.mu.Unlock()
		return
	}
	q.acquireLocked()
	c.mu.Unlock()
	if by == byWorker {
		q.wake <- struct{}{}
		return
	}
	enter(q, byCaller)
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
	q.batch, q.tasks, q.spare = q.tasks, q.spare, nil
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
		q.runChunk()
		if !q.advance(as) {
			return
		}
	}
}

// runChunk runs the next tasks of the batch. It returns early after one that
// panicked: one recovery for a chunk is cheaper than one for each task.
func (q *queue) runChunk() {
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
	batch := q.batch
	i := int(q.pos.Load())
	for end := min(i+chunk, len(batch)); i < end; i++ {
		q.pos.Store(int64(i + 1))
		batch[i].Run()
	}
	finished = true
}

// advance decides how the holder of the baton goes on after a chunk, and reports
// whether it still holds the baton.
func (q *queue) advance(as driver) bool {
	c := q.core
	c.mu.Lock()
	defer c.mu.Unlock()
	if !q.tidyLocked() {
		return true
	}
	switch {
	case len(q.tasks) == 0:
		q.trimLocked()
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
		q.wake <- struct{}{}
		return false
	default:
		q.takeLocked()
		return true
	}
}

// tidyLocked lets go of the tasks that have run, and reports whether that was the
// whole batch.
func (q *queue) tidyLocked() bool {
	pos := int(q.pos.Load())
	clear(q.batch[q.done:pos])
	q.done = pos
	if pos < len(q.batch) {
		return false
	}
	// A large array is kept only for as long as batches fill it.
	if n := cap(q.batch); n <= keep || len(q.batch) > n/4 {
		q.spare = q.batch[:0]
	}
	q.batch, q.done = nil, 0
	q.pos.Store(0)
	return true
}

// trimLocked gives back what a burst has made large. The queue is idle.
func (q *queue) trimLocked() {
	if cap(q.tasks) > keep {
		q.tasks = nil
	}
	if cap(q.spare) > keep {
		q.spare = nil
	}
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
	if i := int(q.pos.Load()) - 1; q.held && i >= q.done {
		return q.batch[i]
	}
	return nil
}
