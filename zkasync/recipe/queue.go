package recipe

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// The steps of a claim whose znode exists and waits in the queue.

// look finds out who is in front. The watch of its own znode is set in the same round trip.
func (q *claim) look(own string) {
	q.mu.Lock()
	stale, watched := q.ended || q.own.Path != own, q.mine != nil
	q.mu.Unlock()
	if stale {
		return
	}
	seen := func(list zkasync.Watched[zkasync.Children], err error) {
		used := q.listed(own, list, err)
		if list.Event != nil && !used {
			q.c.Unwatch(list.Event)
		}
	}
	if watched {
		q.list(seen)
		return
	}
	var watch zkasync.Watched[*zk.Stat]
	var children zkasync.Watched[zkasync.Children]
	var first, second error
	both := after(2, func() {
		if first == nil && watch.Value != nil {
			q.found(own, *watch.Value)
			q.watchMine(own, watch.Event)
		} else if first == nil {
			q.c.Unwatch(watch.Event)
		}
		if first != nil && second == nil {
			second = first
		}
		seen(children, second)
	})
	ask(q.c, func(ctx context.Context) *future.Future[zkasync.Watched[*zk.Stat]] { return q.c.ExistsW(ctx, own) },
		func(w zkasync.Watched[*zk.Stat], err error) { watch, first = w, err; both() })
	q.list(func(l zkasync.Watched[zkasync.Children], err error) { children, second = l, err; both() })
}

// list reads the queue. A semaphore waits for the list to change, so it sets a watch right away.
func (q *claim) list(seen func(zkasync.Watched[zkasync.Children], error)) {
	if q.most > 0 {
		ask(q.c, func(ctx context.Context) *future.Future[zkasync.Watched[zkasync.Children]] {
			return q.c.ChildrenW(ctx, q.dir)
		}, seen)
		return
	}
	ask(q.c, func(ctx context.Context) *future.Future[zkasync.Children] { return q.c.Children(ctx, q.dir) },
		func(l zkasync.Children, err error) { seen(zkasync.Watched[zkasync.Children]{Value: l}, err) })
}

// found records the stat of its own znode, which not every way to create it returns.
func (q *claim) found(own string, stat zk.Stat) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.own.Path == own {
		q.own.Stat = stat
	}
}

// after returns a function that calls fn when it has been called n times.
func after(n int, fn func()) func() {
	var mu sync.Mutex
	return func() {
		mu.Lock()
		n--
		last := n == 0
		mu.Unlock()
		if last {
			fn()
		}
	}
}

// listed decides by the queue, and reports whether it waits for the list to change. own is the znode in question.
func (q *claim) listed(own string, list zkasync.Watched[zkasync.Children], err error) (waits bool) {
	q.mu.Lock()
	stale := q.ended || q.own.Path != own
	watched, made := q.mine != nil, q.own
	q.mu.Unlock()
	switch {
	case stale:
		return false
	case errors.Is(err, zk.ErrNoNode):
		q.again(own)
		return false
	case err != nil:
		q.fail(err)
		return false
	}
	nearest, found := q.role.ahead(list.Value.Names, base(own))
	switch {
	case !found:
		q.again(own)
	case q.most > 0 && len(list.Value.Names) > q.most:
		q.waitFor(list.Event, own)
		return true
	case nearest != "" && q.try:
		q.fail(ErrLocked)
	case nearest != "":
		q.await(core.Join(q.dir, nearest), own)
	case !watched: // missing when its watch was to be set, but there now: impossible unless a reply was lost
		q.look(own)
	default:
		q.acquired(made)
	}
	return false
}

// await looks again when the one in front is gone. Unlike exists, a read leaves no watch if there is no znode.
func (q *claim) await(path, own string) {
	ask(q.c, func(ctx context.Context) *future.Future[zkasync.Watched[zkasync.Node]] { return q.c.GetW(ctx, path) },
		func(w zkasync.Watched[zkasync.Node], err error) {
			switch {
			case err == nil:
				q.waitFor(w.Event, own)
			case errors.Is(err, zk.ErrNoNode):
				q.look(own)
			case errors.Is(err, zk.ErrNoAuth):
				q.awaitHidden(path, own)
			default:
				q.fail(err)
			}
		})
}

// awaitHidden waits for a znode that may not be read, using the list of its siblings: servers report nothing about the znode
// itself (ZOOKEEPER-4799). It looks again when the list has changed, or at once if the znode is not in it.
func (q *claim) awaitHidden(path, own string) {
	ask(q.c, func(ctx context.Context) *future.Future[zkasync.Watched[zkasync.Children]] {
		return q.c.ChildrenW(ctx, q.dir)
	},
		func(w zkasync.Watched[zkasync.Children], err error) {
			switch {
			case errors.Is(err, zk.ErrNoNode):
				q.look(own)
			case err != nil:
				q.fail(err)
			case !slices.Contains(w.Value.Names, base(path)):
				q.c.Unwatch(w.Event)
				q.look(own)
			default:
				q.waitFor(w.Event, own)
			}
		})
}

func (q *claim) waitFor(event *future.Future[zkasync.Event], own string) {
	q.mu.Lock()
	stale := q.ended || q.own.Path != own
	if !stale {
		q.other = event
	}
	q.mu.Unlock()
	if stale {
		q.c.Unwatch(event)
		return
	}
	then(event, func(_ zkasync.Event, err error) {
		if over(err) {
			q.fail(err)
			return
		}
		q.mu.Lock()
		wanted := !q.ended && q.other == event
		if wanted {
			q.other = nil
		}
		q.mu.Unlock()
		if wanted {
			q.look(own)
		}
	})
}

// watchMine handles the end of its own znode. Other changes come from those who want to be noticed, such as Curator's Revoker.
func (q *claim) watchMine(own string, event *future.Future[zkasync.Event]) {
	q.mu.Lock()
	current := q.own.Path == own
	if current {
		q.mine = event
	}
	q.mu.Unlock()
	if !current {
		q.c.Unwatch(event)
		return
	}
	then(event, func(e zkasync.Event, err error) {
		q.mu.Lock()
		current := q.own.Path == own && q.mine == event
		q.mu.Unlock()
		switch {
		case !current || err != nil: // if the session ended, everything else ends with it
		case e.Type == zk.EventNodeDeleted:
			q.again(own)
		default:
			q.watchAgain(own)
		}
	})
}

// watchAgain sets the own znode's watch again.
func (q *claim) watchAgain(own string) {
	ask(q.c, func(ctx context.Context) *future.Future[zkasync.Watched[*zk.Stat]] { return q.c.ExistsW(ctx, own) },
		func(w zkasync.Watched[*zk.Stat], err error) {
			switch {
			case err != nil:
			case w.Value == nil:
				q.c.Unwatch(w.Event)
				q.again(own)
			default:
				q.watchMine(own, w.Event)
			}
		})
}

// forget drops the watch of the contender in front.
func (q *claim) forget() {
	q.mu.Lock()
	other := q.other
	q.other = nil
	q.mu.Unlock()
	if other != nil {
		q.c.Unwatch(other)
	}
}
