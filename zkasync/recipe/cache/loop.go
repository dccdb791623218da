package cache

import (
	"context"
	"errors"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// loop keeps the store current. One goroutine owns all of it, so events, replies and users' calls are handled one at a time.
// An event that the server sent before a reply is handled before that reply: it is in the channel when the reply comes, and
// step empties the channel first.
type loop struct {
	*Cache
	placing *future.Future[*zkasync.Subscription] // the watch that is being set, before which nothing is read; nil: none
	sub     *zkasync.Subscription                 // nil: none, or the servers know one-shot watches only
	old     bool                                  // the servers know one-shot watches only
	watches map[key]*future.Future[zkasync.Event] // the one-shot watches

	works  map[key]*work
	queued fifo[*work]  // waiting to be sent
	later  fifo[*brood] // waiting to be read when nothing is queued
	flight fifo[flying] // sent, in order
	order  fifo[*slot]
	slots  uint64           // number of slots created
	latest map[string]*slot // where the latest change of a znode waits to be reported
	gap    *gap             // nil: no changes may have been missed

	resting map[key]bool // refused reads, to be repeated after a pause
	parked  []*work      // reads that no server has executed, to be sent again after a pause
	timer   *time.Timer  // for both; nil: not running
	pause   time.Duration
	syncs   map[*future.Promise[future.Void]]func() // for each wait in Sync, what to do when it ends
	release func()                                  // releases the context of the connection
	end     error                                   // why the loop must end
}

const (
	// window is the maximum number of reads in flight.
	window = 4096
	// eventRoom is the maximum number of events that wait for the loop. Any more make it read everything again.
	eventRoom = 8192
)

// run is the cache's goroutine, which Close joins.
func (l *loop) run(err error) {
	defer l.answer() // runs last, since a callback may run here and call Close
	defer close(l.over)
	defer l.finish()
	if err != nil {
		l.fail(err)
	} else {
		l.startGap()
	}
	for l.end == nil {
		l.tell()
		if !l.step() {
			l.wait()
		}
		l.look()
	}
}

// look checks the timer and Close, which wait would notice, even while there is always more to do.
func (l *loop) look() {
	var rested <-chan time.Time
	if l.timer != nil {
		rested = l.timer.C
	}
	select {
	case <-l.ctx.Done():
		l.fail(ErrClosed)
	case <-rested:
		l.askAgain()
	default:
	}
}

// fail makes the loop end. The first reason counts.
func (l *loop) fail(err error) {
	switch {
	case l.end != nil:
	case l.ctx.Err() != nil:
		l.end = ErrClosed
	default:
		l.end = causeOf(err)
	}
}

// step does the pending work, and returns false if there was none.
func (l *loop) step() bool {
	if l.placing != nil && l.placing.Ready() {
		l.subscribed()
		return true
	}
	answers, steps := l.answers(), l.inbox.take()
	busy := answers+len(steps) > 0
	for n := l.waiting(); n > 0 && l.end == nil && l.nextEvent(); n-- { // all events from before these replies and steps
		busy = true
	}
	for _, step := range steps {
		step(l)
	}
	for ; answers > 0 && l.end == nil; answers-- {
		l.flight.pop().settle(l)
	}
	return l.send() || busy
}

// answers returns how many requests have been answered, counted from the oldest up to the first without an answer. While the
// watch is being set, replies wait like the reads themselves.
func (l *loop) answers() (n int) {
	if l.placing != nil {
		return 0
	}
	for _, f := range l.flight.all() {
		if !f.ready() {
			break
		}
		n++
	}
	return n
}

// waiting returns how many events have arrived, plus one for the end of the watch. A step handles no more than these, so that
// a flood of events keeps nothing else waiting.
func (l *loop) waiting() int {
	if l.sub == nil {
		return 0
	}
	return len(l.sub.C()) + 1
}

// nextEvent handles an event, if there is one.
func (l *loop) nextEvent() bool {
	if l.sub == nil {
		return false
	}
	select {
	case e, ok := <-l.sub.C():
		l.event(e, ok)
		return true
	default:
		return false
	}
}

// wait waits until there may be something to do.
func (l *loop) wait() {
	var events <-chan zkasync.Event
	if l.sub != nil {
		events = l.sub.C()
	}
	var answer <-chan struct{}
	switch {
	case l.placing != nil:
		answer = l.placing.Done()
	case l.flight.len() > 0:
		answer = l.flight.all()[0].done()
	}
	var rested <-chan time.Time
	if l.timer != nil {
		rested = l.timer.C
	}
	select {
	case e, ok := <-events:
		l.event(e, ok)
	case <-answer:
	case <-l.inbox.wake:
	case <-rested:
		l.askAgain()
	case <-l.ctx.Done():
		l.fail(ErrClosed)
	}
}

// event handles an event of the watch, or its end.
func (l *loop) event(e zkasync.Event, ok bool) {
	switch {
	case !ok:
		l.unwatched(l.sub.Err())
	case e.Resync:
		l.startGap()
	case l.keeps(e.Path):
		l.touched(e.Path, e.Type, e.Zxid)
	}
}

// touched queues a read of the znode that an event is about.
func (l *loop) touched(path string, kind zk.EventType, zxid int64) {
	w := l.want(key{path: path}, false)
	w.slots = append(w.slots, l.place(kind, zxid))
}

// watch begins to set the watch that reports changes.
func (l *loop) watch() {
	l.placing = core.Retry(zkasync.MarkIdempotent(l.ctx), l.client, func(ctx context.Context) *future.Future[*zkasync.Subscription] {
		return l.client.AddWatch(ctx, l.root, zkasync.PersistentRecursive, zkasync.BufferEvents(eventRoom))
	})
}

// subscribed handles the outcome of setting the watch.
func (l *loop) subscribed() {
	sub, err := l.placing.Result()
	l.placing = nil
	switch {
	case errors.Is(err, zkasync.ErrUnimplemented):
		l.old = true
	case err != nil:
		l.fail(err)
	default:
		l.sub = sub
	}
}

// unwatched handles the end of the watch.
func (l *loop) unwatched(why error) {
	l.sub = nil
	switch {
	case errors.Is(why, zkasync.ErrUnimplemented):
		l.old = true
	case errors.Is(why, zkasync.ErrWatchRemoved), errors.Is(why, zkasync.ErrSlowReader):
		l.watch()
	default:
		l.fail(why)
		return
	}
	l.startGap()
}

// finish ends everything that waits for the loop.
func (l *loop) finish() {
	l.fail(future.ErrGoexit) // without another reason, the user's filter has called runtime.Goexit
	l.cancel()
	l.detach()
	if l.sub != nil {
		l.sub.Close()
	}
	if l.placing != nil {
		future.Then(l.placing, func(late *zkasync.Subscription) (future.Void, error) {
			late.Close()
			return future.Void{}, nil
		})
	}
	if l.timer != nil {
		l.timer.Stop()
	}
	for _, event := range l.watches {
		l.client.Unwatch(event)
	}
	err := l.failure("keep", l.end)
	l.mu.Lock()
	l.err = err
	subs := l.subs
	l.subs = nil
	l.mu.Unlock()
	for _, step := range l.inbox.close() {
		step(l)
	}
	for _, sub := range subs {
		sub.end(err)
	}
}

// leave ends a wait in Sync: with nil if everything it was for has been reported, and otherwise with the reason.
func (l *loop) leave(p *future.Promise[future.Void], err error) {
	end := l.syncs[p]
	if end == nil {
		return
	}
	delete(l.syncs, p)
	end()
	if err != nil {
		p.Reject(l.failure("sync", err))
	} else {
		p.Resolve(future.Void{})
	}
}

// answer completes the futures that users may wait for. If the client's handler has stopped, their callbacks run right here.
func (l *loop) answer() {
	l.ready.Reject(l.failure("keep", l.end))
	for p := range l.syncs {
		l.leave(p, l.end)
	}
}
