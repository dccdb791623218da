package watch

import (
	"cmp"
	"slices"
	"sync"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/shrink"
)

// oneShots holds the one-shot watches that have not fired, by client path.
type oneShots struct {
	ended func(path string, why error) error // makes the error of a watch that ends

	mu      sync.Mutex
	seq     uint64
	byKind  [Kinds]shrink.Map[string, *watch] // the oldest of a ring of watches
	byEvent shrink.Map[*future.Future[zk.Event], *watch]
}

// watch is one registration. Its event, which users keep, is a part of it: one that has ended points to no other.
type watch struct {
	promise    future.Promise[zk.Event]
	path       string
	seq        uint64
	kind       Kind
	prev, next *watch // in the ring of its path and kind; guarded by oneShots.mu
}

// add registers a watch; callbacks of its event run on ex.
func (o *oneShots) add(ex future.Executor, kind Kind, path string) *future.Future[zk.Event] {
	w := &watch{path: path, kind: kind}
	w.promise.Init(ex)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.seq++
	w.seq = o.seq
	ring := &o.byKind[kind]
	if oldest := ring.M[path]; oldest == nil {
		w.prev, w.next = w, w
		ring.Put(path, w)
	} else {
		w.prev, w.next = oldest.prev, oldest
		w.prev.next, w.next.prev = w, w
	}
	o.byEvent.Put(w.promise.Future(), w)
	return w.promise.Future()
}

// take removes the watches of a path of the given kinds and returns them in the order of their registration.
func (o *oneShots) take(path string, kinds ...Kind) []*watch {
	o.mu.Lock()
	defer o.mu.Unlock()
	var hit []*watch
	for _, kind := range kinds {
		ring := &o.byKind[kind]
		oldest := ring.M[path]
		if oldest == nil {
			continue
		}
		ring.Delete(path)
		oldest.prev.next = nil // opens the ring
		for w := oldest; w != nil; {
			next := w.next
			w.prev, w.next = nil, nil
			o.byEvent.Delete(w.promise.Future())
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
	for _, w := range o.byEvent.Reset() {
		w.prev, w.next = nil, nil
		hit = append(hit, w)
	}
	for kind := range o.byKind {
		o.byKind[kind].Reset()
	}
	o.mu.Unlock()
	sortWatches(hit)
	for _, w := range hit {
		w.promise.Reject(o.ended(w.path, err))
	}
}

// fail ends one watch; false when event is not that of a registered one.
func (o *oneShots) fail(event *future.Future[zk.Event], err error) bool {
	o.mu.Lock()
	w := o.byEvent.M[event]
	if w != nil {
		o.byEvent.Delete(event)
		o.unlinkLocked(w)
	}
	o.mu.Unlock()
	return w != nil && w.promise.Reject(o.ended(w.path, err))
}

func (o *oneShots) unlinkLocked(w *watch) {
	ring := &o.byKind[w.kind]
	switch {
	case w.next == w:
		ring.Delete(w.path)
	case ring.M[w.path] == w:
		ring.Put(w.path, w.next)
	}
	w.prev.next, w.next.prev = w.next, w.prev
	w.prev, w.next = nil, nil
}

// at tells which kinds of watches a path has.
func (o *oneShots) at(path string) (kinds [Kinds]bool, any bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for kind := range kinds {
		if o.byKind[kind].M[path] != nil {
			kinds[kind], any = true, true
		}
	}
	return kinds, any
}

// paths returns the watched paths of a kind, in no order.
func (o *oneShots) paths(kind Kind) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := make([]string, 0, len(o.byKind[kind].M))
	for path := range o.byKind[kind].M {
		all = append(all, path)
	}
	return all
}

func sortWatches(ws []*watch) {
	slices.SortFunc(ws, func(a, b *watch) int { return cmp.Compare(a.seq, b.seq) })
}
