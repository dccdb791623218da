package zkasync

import (
	"cmp"
	"slices"
	"sync"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
)

// watchKind tells the server's tables of one-shot watches apart.
type watchKind uint8

const (
	watchData  watchKind = iota // on a znode's data
	watchExist                  // on a znode that does not exist
	watchChild                  // on a znode's list of children
	watchKinds
)

// oneShots holds the one-shot watches that have not fired, by client path.
type oneShots struct {
	mu      sync.Mutex
	seq     uint64
	byKind  [watchKinds]shrinkMap[string, *watch] // the oldest of a ring of watches
	byEvent shrinkMap[*future.Future[zk.Event], *watch]
}

// watch is one registration. Its event, which users keep, is a part of it: one that has ended points to no other.
type watch struct {
	promise    future.Promise[zk.Event]
	path       string
	seq        uint64
	kind       watchKind
	prev, next *watch // in the ring of its path and kind; guarded by oneShots.mu
}

// add registers a watch; callbacks of its event run on ex.
func (o *oneShots) add(ex future.Executor, kind watchKind, path string) *future.Future[zk.Event] {
	w := &watch{path: path, kind: kind}
	w.promise.Init(ex)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.seq++
	w.seq = o.seq
	ring := &o.byKind[kind]
	if oldest := ring.m[path]; oldest == nil {
		w.prev, w.next = w, w
		ring.put(path, w)
	} else {
		w.prev, w.next = oldest.prev, oldest
		w.prev.next, w.next.prev = w, w
	}
	o.byEvent.put(w.promise.Future(), w)
	return w.promise.Future()
}

// take removes the watches of a path of the given kinds and returns them in the order of their registration.
func (o *oneShots) take(path string, kinds ...watchKind) []*watch {
	o.mu.Lock()
	defer o.mu.Unlock()
	var hit []*watch
	for _, kind := range kinds {
		ring := &o.byKind[kind]
		oldest := ring.m[path]
		if oldest == nil {
			continue
		}
		ring.del(path)
		oldest.prev.next = nil // opens the ring
		for w := oldest; w != nil; {
			next := w.next
			w.prev, w.next = nil, nil
			o.byEvent.del(w.promise.Future())
			hit = append(hit, w)
			w = next
		}
	}
	sortWatches(hit)
	return hit
}

// fire ends the watches that e is for.
func (o *oneShots) fire(e zk.Event) {
	for _, w := range o.take(e.Path, firedBy[e.Type]...) {
		w.promise.Resolve(e)
	}
}

// failAll ends all watches.
func (o *oneShots) failAll(err error) {
	o.mu.Lock()
	var hit []*watch
	for _, w := range o.byEvent.reset() {
		w.prev, w.next = nil, nil
		hit = append(hit, w)
	}
	for kind := range o.byKind {
		o.byKind[kind].reset()
	}
	o.mu.Unlock()
	sortWatches(hit)
	for _, w := range hit {
		w.promise.Reject(watchEnded(w.path, err))
	}
}

// giveUp ends one watch that is no longer wanted; false when event is not that of a registered one.
func (o *oneShots) giveUp(event *future.Future[zk.Event]) bool { return o.fail(event, ErrWatchRemoved) }

// fail ends one watch; false when event is not that of a registered one.
func (o *oneShots) fail(event *future.Future[zk.Event], err error) bool {
	o.mu.Lock()
	w := o.byEvent.m[event]
	if w != nil {
		o.byEvent.del(event)
		o.unlinkLocked(w)
	}
	o.mu.Unlock()
	return w != nil && w.promise.Reject(watchEnded(w.path, err))
}

func (o *oneShots) unlinkLocked(w *watch) {
	ring := &o.byKind[w.kind]
	switch {
	case w.next == w:
		ring.del(w.path)
	case ring.m[w.path] == w:
		ring.put(w.path, w.next)
	}
	w.prev.next, w.next.prev = w.next, w.prev
	w.prev, w.next = nil, nil
}

// at tells which kinds of watches a path has.
func (o *oneShots) at(path string) (kinds [watchKinds]bool, any bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for kind := range kinds {
		if o.byKind[kind].m[path] != nil {
			kinds[kind], any = true, true
		}
	}
	return kinds, any
}

// paths returns the watched paths of a kind, in no order.
func (o *oneShots) paths(kind watchKind) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := make([]string, 0, len(o.byKind[kind].m))
	for path := range o.byKind[kind].m {
		all = append(all, path)
	}
	return all
}

func sortWatches(ws []*watch) {
	slices.SortFunc(ws, func(a, b *watch) int { return cmp.Compare(a.seq, b.seq) })
}

// Unwatch gives up a one-shot watch that is no longer wanted: event, from a [Watched], fails at once with
// [ErrWatchRemoved], and the client keeps nothing of it. It returns false, and does nothing, if event has completed or is
// no watch of this client.
//
// The server is not told: it knows one watch per connection, path and kind, which others may share, libraries on Conn()
// among them. Its watch fires once into nothing, or ends with the connection. [Client.RemoveWatches] tells the server.
func (c *Client) Unwatch(event *future.Future[zk.Event]) bool { return c.watches.once.giveUp(event) }
