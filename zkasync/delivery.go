package zkasync

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/handler"
)

// delivery runs user functions that would otherwise run on the goroutine that happens to complete a future: the one that
// reads the connection, writes to it or stops the client, or a timer's. User functions must not hold up or end any of
// these. It runs functions given to future.Then, FlatMap and Recover, and the callbacks of handlers that run them on the
// goroutine that calls Execute (handler.NewInline, and handlers of the user's own).
//
// Most clients have no such functions. Their callbacks go to the handler at once; only behind a pending delivery do they
// queue here, so that there is one order.
type delivery struct {
	h       handler.Handler // its goroutine; a handler of its own
	lane    handler.Lane
	direct  bool         // callbacks may go to the user's handler from any goroutine, because it only queues them
	pending atomic.Int64 // how many of the tasks given to lanes have not ended
	order   sync.Mutex   // held by a completer from before its future's completion is visible until its callbacks are handed over

	haste haste
	slow  *hookCalls // hooks that are told of tasks that take long; nil: none
}

func newDelivery(user handler.Handler, patience time.Duration) *delivery {
	d := &delivery{h: handler.NewSequential(), direct: dispatches(user)}
	d.lane = d.h.Lane(handler.Completion, "")
	d.haste.patience = patience
	return d
}

// dispatches reports whether h is known to run callbacks elsewhere than on the goroutine that calls Execute.
func dispatches(h handler.Handler) bool {
	d, ok := h.(interface{ Dispatches() bool })
	return ok && d.Dispatches()
}

func (d *delivery) start(logger *slog.Logger) error {
	if err := d.h.Start(logger); err != nil {
		return fmt.Errorf("%w: %s still runs", err, d.h.Running())
	}
	return nil
}

// stop waits until everything given has run, and ends the goroutine.
func (d *delivery) stop(ctx context.Context) error {
	err := d.h.Stop(ctx)
	if rush := d.haste.stop(ctx); err == nil {
		err = rush
	}
	return err
}

// running returns the name of the delivered function that the calling goroutine is in, or "" if it is in none.
func (d *delivery) running() string {
	if d.pending.Load() == 0 || !d.h.InCallback() {
		return ""
	}
	return d.h.Running()
}

// add runs task after everything added before. With a lane, the task is passed on to that lane.
func (d *delivery) add(to handler.Lane, task future.Task) {
	d.pending.Add(1)
	d.lane.Execute(&delivered{d: d, to: to, task: task})
}

// queue is add if that only queues.
func (d *delivery) queue(to handler.Lane, task future.Task) bool {
	d.pending.Add(1)
	if d.lane.(queuer).Queue(&delivered{d: d, to: to, task: task}) {
		return true
	}
	d.pending.Add(-1)
	return false
}

// delivered is a task of the delivery.
type delivered struct {
	d    *delivery
	to   handler.Lane // nil: run here
	task future.Task
}

func (n *delivered) Run() {
	defer n.d.ended() // also when the task panics or ends the goroutine
	if n.to == nil {
		n.task.Run()
		return
	}
	n.to.Execute(n.task)
}

// String names the task for reports about it.
func (n *delivered) String() string {
	if named, ok := n.task.(fmt.Stringer); ok {
		return named.String()
	}
	return fmt.Sprintf("%T", n.task)
}

func (d *delivery) ended() {
	d.haste.calm()
	d.pending.Add(-1)
}

// lane is a sequence of callbacks: a lane of the user's handler, with the client's delivery in front of it. It is the
// executor of the client's futures, and a deliverer in the sense of package future.
type lane struct {
	d  *delivery
	to handler.Lane
	q  queuer // to as a queuer, if it is one
}

func newLane(d *delivery, to handler.Lane) *lane {
	q, _ := to.(queuer)
	return &lane{d, to, q}
}

// queuer is a lane that can tell queueing from running, as those of package handler can.
type queuer interface{ Queue(task handler.Task) bool }

// Hold keeps others from handing over tasks.
func (l *lane) Hold() { l.d.order.Lock() }

// TryHold is Hold if that does not have to wait.
func (l *lane) TryHold() bool { return l.d.order.TryLock() }

// Release ends a hold.
func (l *lane) Release() { l.d.order.Unlock() }

// pass waits for the end of a hold, so that what completed before comes first.
func (d *delivery) pass() {
	d.order.Lock()
	defer d.order.Unlock()
}

// Queue is Execute under the hold, if the task is only queued.
func (l *lane) Queue(task future.Task) bool {
	task = l.d.timed(task)
	if l.d.direct && l.d.pending.Load() == 0 {
		return l.q != nil && l.q.Queue(task)
	}
	return l.d.queue(l.to, task)
}

// Execute implements future.Executor.
func (l *lane) Execute(task future.Task) {
	task = l.d.timed(task)
	l.d.pass()
	if l.d.direct && l.d.pending.Load() == 0 {
		l.to.Execute(task)
		return
	}
	l.d.add(l.to, task)
}

// QueueWork is Deliver under the hold, if that only queues.
func (l *lane) QueueWork(work future.Task) bool {
	work = l.d.timed(work)
	return l.d.queue(nil, work)
}

// Deliver runs work on the delivery.
func (l *lane) Deliver(work future.Task) {
	work = l.d.timed(work)
	l.d.pass()
	l.d.add(nil, work)
}

// DeliverLate runs work on the delivery, after what it has to do.
func (l *lane) DeliverLate(work future.Task) bool {
	work = l.d.timed(work)
	l.d.pass()
	if l.d.pending.Load() == 0 || l.d.running() != "" {
		return false
	}
	l.d.add(nil, work)
	return true
}

// Forward passes on a task from work that the delivery is running.
func (l *lane) Forward(task future.Task) {
	task = l.d.timed(task)
	l.to.Execute(task)
}

// ExecuteHere is Execute on a goroutine of the user's.
func (l *lane) ExecuteHere(task future.Task) {
	task = l.d.timed(task)
	l.d.pass()
	if l.d.pending.Load() == 0 {
		l.to.Execute(task)
		return
	}
	l.d.add(l.to, task)
}

// Delivering returns the name of the delivered function that the calling goroutine is in.
func (l *lane) Delivering() string { return l.d.running() }

// Place returns the delivery.
func (l *lane) Place() any { return l.d }

// lanes keeps one lane for each of the handler's lanes.
type lanes struct {
	first  atomic.Pointer[lane] // the only one of most clients
	others sync.Map             // from handler.Lane to *lane
}
