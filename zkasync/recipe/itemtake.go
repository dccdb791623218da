package recipe

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// The way to an item: look reads the lists, deal lets each taker try an item of its own, and a taker that fails gets another one.

// taker is one call of Take.
type taker struct {
	promise *future.Promise[*Item]
	seq     uint64 // takers are served in this order
	unlink  func() bool
	bound   bool  // it gets the item that it tries, whatever happens to its context; guarded by Queue.mu
	left    error // why it no longer waits; guarded by Queue.mu
}

// names is a list of children that is known to be current until its watch fires.
type names struct {
	list  []string
	items []queued // those of the items, in order
	event *future.Future[zkasync.Event]
}

// current reports whether the list need not be read again. Queue.mu is held.
func (n *names) current() bool { return n.event != nil && !n.event.Ready() }

// Take waits for an item and takes it, as long as it takes, across lost connections and sessions. Calls are served
// in order. If ctx is done first, the future fails with its cause, and no item is taken.
func (q *Queue) Take(ctx context.Context) *future.Future[*Item] {
	if q.cfg.err != nil {
		return failed[*Item](q.c, "take", q.path, q.cfg.err)
	}
	t := &taker{promise: future.NewPromise[*Item](nil)}
	ctx = core.OrBackground(ctx)
	q.mu.Lock()
	q.calls++
	t.seq = q.calls
	q.takers = append(q.takers, t)
	t.unlink = q.c.AfterFunc(ctx, func() { q.leave(t, context.Cause(ctx)) })
	q.mu.Unlock()
	q.look()
	return core.OnHandler(q.c, t.promise.Future())
}

// leave removes a taker that no longer waits.
func (q *Queue) leave(t *taker, why error) {
	q.mu.Lock()
	if i := slices.Index(q.takers, t); i >= 0 {
		q.takers = slices.Delete(q.takers, i, i+1)
	}
	t.left = why
	if len(q.takers) == 0 {
		q.alarm.stop()
	}
	bound := t.bound
	q.mu.Unlock()
	if !bound {
		q.refuse(t, why)
	}
}

func (q *Queue) refuse(t *taker, why error) {
	t.unlink()
	t.promise.Reject(&Error{Op: "take", Path: q.path, Err: why})
}

// refuseAll fails all takers, because none can go on.
func (q *Queue) refuseAll(why error) {
	q.mu.Lock()
	all := q.takers
	q.takers = nil
	q.alarm.stop()
	q.mu.Unlock()
	for _, t := range all {
		q.refuse(t, why)
	}
}

// look reads the lists that have changed, if anybody waits. Only one read is in progress at a time.
func (q *Queue) look() {
	q.mu.Lock()
	idle := q.looking || len(q.takers) == 0
	q.looking = q.looking || !idle
	q.mu.Unlock()
	if idle {
		return
	}
	var first, second error
	both := after(2, func() { q.looked(errors.Join(first, second)) })
	q.refresh(&q.waiting, q.items, func(err error) { first = err; both() })
	if q.locks == "" {
		both()
		return
	}
	q.refresh(&q.taken, q.locks, func(err error) { second = err; both() })
}

// refresh reads a list, unless it is current, and creates its folder if that is missing.
func (q *Queue) refresh(n *names, folder string, next func(error)) {
	q.mu.Lock()
	current := n.current()
	q.mu.Unlock()
	if current {
		next(nil)
		return
	}
	ask(q.c, func(ctx context.Context) *future.Future[zkasync.Watched[zkasync.Children]] {
		return q.c.ChildrenW(ctx, folder)
	},
		func(w zkasync.Watched[zkasync.Children], err error) {
			switch {
			case core.IsNoNode(err):
				then(q.ensure(context.Background(), folder), func(_ string, err error) {
					if err != nil {
						next(err)
						return
					}
					q.refresh(n, folder, next)
				})
			case err != nil:
				next(err)
			default:
				q.listed(n, w)
				next(nil)
			}
		})
}

// listed records a list.
func (q *Queue) listed(n *names, w zkasync.Watched[zkasync.Children]) {
	fresh := names{list: w.Value.Names, event: w.Event}
	if n == &q.waiting {
		fresh = names{items: q.layout.order(w.Value.Names), event: w.Event}
	}
	q.mu.Lock()
	*n = fresh
	if n == &q.waiting {
		q.forgetLocked()
	}
	q.mu.Unlock()
	then(w.Event, func(zkasync.Event, error) { q.look() })
}

// forgetLocked forgets items that are gone. Those of this value are forgotten when they are given back, but without locks
// nothing has to say so.
func (q *Queue) forgetLocked() {
	if len(q.skipped) == 0 && (q.locks != "" || len(q.busy) == 0) {
		return
	}
	there := make(map[string]struct{}, len(q.waiting.items))
	for _, item := range q.waiting.items {
		there[item.name] = struct{}{}
	}
	for name := range q.skipped {
		if _, ok := there[name]; !ok {
			delete(q.skipped, name)
		}
	}
	if q.locks != "" {
		return
	}
	for name := range q.busy {
		if _, ok := there[name]; !ok {
			delete(q.busy, name)
		}
	}
}

// looked hands out what is free.
func (q *Queue) looked(err error) {
	if err != nil {
		q.mu.Lock()
		q.looking = false
		q.mu.Unlock()
		q.refuseAll(err)
		return
	}
	var tries []*try
	q.mu.Lock()
	q.looking = false
	for _, name := range q.freeLocked(len(q.takers)) {
		tries = append(tries, &try{q: q, t: q.takers[0], name: name, id: role{hex: true}.prefix()})
		q.takers = q.takers[1:]
		q.busy[name] = struct{}{}
	}
	again := len(q.takers) > 0 && (!q.waiting.current() || q.locks != "" && !q.taken.current())
	q.mu.Unlock()
	for _, t := range tries {
		t.begin()
	}
	if again {
		q.look()
	}
}

// freeLocked returns the first n items that nobody has taken.
func (q *Queue) freeLocked(n int) (free []string) {
	taken := make(map[string]struct{}, len(q.taken.list))
	for _, name := range q.taken.list {
		taken[name] = struct{}{}
	}
	now := time.Now().UnixMilli()
	for _, item := range q.waiting.items {
		_, locked := taken[item.name]
		_, mine := q.busy[item.name]
		_, odd := q.skipped[item.name]
		switch {
		case len(free) == n:
			return free
		case item.due > now: // and so are those behind it
			q.alarm.set(q, item.due)
			return free
		case !locked && !mine && !odd:
			free = append(free, item.name)
		}
	}
	return free
}

// putBack makes a taker wait again, in its old position, and has the lists read again: the item it tried was not available.
func (q *Queue) putBack(t *taker, name string) {
	q.mu.Lock()
	delete(q.busy, name)
	left := t.left
	if t.bound = false; left == nil {
		i, _ := slices.BinarySearchFunc(q.takers, t, func(a, b *taker) int { return cmp.Compare(a.seq, b.seq) })
		q.takers = slices.Insert(q.takers, i, t)
	}
	stale := []*future.Future[zkasync.Event]{q.waiting.event, q.taken.event}
	q.waiting.event, q.taken.event = nil, nil
	q.mu.Unlock()
	for _, event := range stale {
		if event != nil {
			q.c.Unwatch(event)
		}
	}
	if left != nil {
		q.refuse(t, left)
	}
	q.look()
}

// freed records that this value no longer has an item.
func (q *Queue) freed(name string) {
	q.mu.Lock()
	delete(q.busy, name)
	q.mu.Unlock()
	q.look()
}
