package watch

import (
	"cmp"
	"slices"
	"sync"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/shrink"
)

// oneShots holds the one-shot watches that have not fired, by client path.
type oneShots struct {
	ended func(path string, why error) error // makes the error of a watch that ends without an event

	mu     sync.Mutex
	seq    uint64
	byKind [Kinds]shrink.Map[string, *OneShot] // for each path, the oldest of a ring of watches
	byKey  shrink.Map[any, *OneShot]
}

// Waiter waits for one event. One of its methods is called, once, with no lock held.
type Waiter interface {
	// Put delivers the event, with the zxid of the change or -1 if it is unknown.
	Put(e zk.Event, zxid int64)
	// End says that there will be no event, and why.
	End(why error)
}

// OneShot is a one-shot watch. Users may hold on to the value that it is embedded in, so a watch that has ended does not point to
// any other.
type OneShot struct {
	Path   string
	Kind   Kind
	Waiter Waiter
	Key    any // identifies the watch, see Table.GiveUp

	seq        uint64   // order of registration
	prev, next *OneShot // in the ring of its path and kind; guarded by oneShots.mu
}

// add registers a watch.
func (o *oneShots) add(w *OneShot) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.seq++
	w.seq = o.seq
	ring := &o.byKind[w.Kind]
	if oldest := ring.M[w.Path]; oldest == nil {
		w.prev, w.next = w, w
		ring.Put(w.Path, w)
	} else {
		w.prev, w.next = oldest.prev, oldest
		w.prev.next, w.next.prev = w, w
	}
	o.byKey.Put(w.Key, w)
}

// take removes the watches of a path of the given kinds and returns them in the order of registration.
func (o *oneShots) take(path string, kinds ...Kind) []*OneShot {
	o.mu.Lock()
	defer o.mu.Unlock()
	var hit []*OneShot
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
			o.byKey.Delete(w.Key)
			hit = append(hit, w)
			w = next
		}
	}
	sortWatches(hit)
	return hit
}

// fire delivers e to the watches that it is for, and removes them.
func (o *oneShots) fire(e zk.Event, zxid int64) {
	for _, w := range o.take(e.Path, firedBy[e.Type]...) {
		w.Waiter.Put(e, zxid)
	}
}

// failAll ends all watches.
func (o *oneShots) failAll(err error) {
	o.mu.Lock()
	var hit []*OneShot
	for _, w := range o.byKey.Reset() {
		w.prev, w.next = nil, nil
		hit = append(hit, w)
	}
	for kind := range o.byKind {
		o.byKind[kind].Reset()
	}
	o.mu.Unlock()
	sortWatches(hit)
	for _, w := range hit {
		w.Waiter.End(o.ended(w.Path, err))
	}
}

// fail ends the watch with this key. It returns false if none is registered.
func (o *oneShots) fail(key any, err error) bool {
	o.mu.Lock()
	w := o.byKey.M[key]
	if w != nil {
		o.byKey.Delete(key)
		o.unlinkLocked(w)
	}
	o.mu.Unlock()
	if w != nil {
		w.Waiter.End(o.ended(w.Path, err))
	}
	return w != nil
}

func (o *oneShots) unlinkLocked(w *OneShot) {
	ring := &o.byKind[w.Kind]
	switch {
	case w.next == w:
		ring.Delete(w.Path)
	case ring.M[w.Path] == w:
		ring.Put(w.Path, w.next)
	}
	w.prev.next, w.next.prev = w.next, w.prev
	w.prev, w.next = nil, nil
}

// at returns which kinds of watches a path has, and whether there are any.
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

// paths returns the paths with watches of a kind, in no particular order.
func (o *oneShots) paths(kind Kind) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := make([]string, 0, len(o.byKind[kind].M))
	for path := range o.byKind[kind].M {
		all = append(all, path)
	}
	return all
}

func (o *oneShots) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.byKey.M)
}

func sortWatches(ws []*OneShot) {
	slices.SortFunc(ws, func(a, b *OneShot) int { return cmp.Compare(a.seq, b.seq) })
}
