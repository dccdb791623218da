// Package watch has the watches of one server. It is told what changes in the data, and tells whoever watches.
package watch

import (
	"iter"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/acl"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/release"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/znode"
)

// Tables are the two tables of a server: watches of data, which existence belongs to, and of children. It is told what
// changes, and tells whoever watches.
type Tables struct {
	data, children *table
	changes        uint64 // so far; each is told once to each watcher
	filter         bool   // tell nobody who may not read the znode, since ZOOKEEPER-4799; the watch is used up all the same
}

func New(b *release.Behaviour) *Tables {
	return &Tables{data: newTable(b.ModesApart), children: newTable(b.ModesApart), filter: b.FilterEvents}
}

// change is something of which a watcher is told once, whatever watches it has.
type change struct {
	number uint64
	list   *acl.List // says who may read of it; nil: all
}

func (w *Tables) next(list *acl.List) *change {
	w.changes++
	if !w.filter {
		list = nil
	}
	return &change{w.changes, list}
}

func (ch *change) tell(c Watcher, kind zk.EventType, path string, zxid int64) {
	if c.Notice(ch.number) && ch.list.Allows(zk.PermRead, c.Identities()) {
		c.Changed(kind, path, zxid)
	}
}

// Created implements changes.
func (w *Tables) Created(path, parent string, zxid int64, list, parents *acl.List) {
	w.data.trigger(zk.EventNodeCreated, path, zxid, w.next(list))
	w.children.trigger(zk.EventNodeChildrenChanged, parent, zxid, w.next(parents))
}

// Deleted implements changes. The deletion is one change for both tables.
func (w *Tables) Deleted(path, parent string, zxid int64, list, parents *acl.List) {
	ch := w.next(list)
	w.data.trigger(zk.EventNodeDeleted, path, zxid, ch)
	w.children.trigger(zk.EventNodeDeleted, path, zxid, ch)
	w.children.trigger(zk.EventNodeChildrenChanged, parent, zxid, w.next(parents))
}

// DataChanged implements changes.
func (w *Tables) DataChanged(path string, zxid int64, list *acl.List) {
	w.data.trigger(zk.EventNodeDataChanged, path, zxid, w.next(list))
}

// Forget drops all watches of a watcher.
func (w *Tables) Forget(c Watcher) {
	w.data.forget(c)
	w.children.forget(c)
}

// Reset drops all watches.
func (w *Tables) Reset() {
	w.data.reset()
	w.children.reset()
}

func (w *Tables) Size() int { return w.data.size() + w.children.size() }

// Watched reports whether somebody watches a path.
func (w *Tables) Watched(path string) bool {
	return len(w.data.paths[path])+len(w.children.paths[path]) > 0
}

// Watch is one watch.
type Watch struct {
	By              Watcher
	Path            string
	Children        bool // of the children; otherwise of the data and of existence
	Once, Recursive bool
}

// All are all watches, those of data first; of one path in the order of their registration.
func (w *Tables) All() iter.Seq[Watch] {
	return func(yield func(Watch) bool) {
		for _, t := range []*table{w.data, w.children} {
			for path, here := range t.paths {
				for _, at := range here {
					one := Watch{at.c, path, t == w.children, at.mode&watchOnce != 0, at.mode&watchRecursive != 0}
					if !yield(one) {
						return
					}
				}
			}
		}
	}
}

// AddData has c told once when the data at path change or the znode there comes or goes.
func (w *Tables) AddData(path string, c Watcher) { w.data.add(path, c, watchOnce) }

// AddChildren has c told once when the children of path change.
func (w *Tables) AddChildren(path string, c Watcher) { w.children.add(path, c, watchOnce) }

// Add answers addWatch, for which a path need be neither there nor valid.
func (w *Tables) Add(c Watcher, path string, mode int32) int32 {
	switch mode {
	case wire.AddWatchPersistent:
		w.data.add(path, c, watchPersistent)
		w.children.add(path, c, watchPersistent)
	case wire.AddWatchPersistentRecursive:
		w.data.add(path, c, watchRecursive)
		if !w.data.apart {
			w.children.add(path, c, watchRecursive)
		}
	default:
		return wire.CodeMarshalling
	}
	return wire.CodeOK
}

// Types of watchers that removeWatches has beside those of package wire since ZOOKEEPER-4472.
const (
	watcherPersistent          int32 = 4
	watcherPersistentRecursive int32 = 5
)

// Remove answers removeWatches. No event tells of it; the client makes one up.
func (w *Tables) Remove(c Watcher, path string, kind int32) int32 {
	modes := watchAll
	if w.data.apart && (kind == wire.WatcherChildren || kind == wire.WatcherData) {
		modes = watchOnce
	}
	removed := false
	switch kind {
	case wire.WatcherChildren:
		removed = w.children.remove(path, c, modes)
	case wire.WatcherData:
		removed = w.data.remove(path, c, modes)
	case wire.WatcherAny:
		removed = w.children.remove(path, c, modes)
		removed = w.data.remove(path, c, modes) || removed
	case watcherPersistent, watcherPersistentRecursive:
		if !w.data.apart {
			return wire.CodeMarshalling
		}
		if modes = watchRecursive; kind == watcherPersistent {
			modes = watchPersistent
			removed = w.children.remove(path, c, modes)
		}
		removed = w.data.remove(path, c, modes) || removed
	default:
		return wire.CodeMarshalling
	}
	if !removed {
		return wire.CodeNoWatcher
	}
	return wire.CodeOK
}

// Check answers checkWatches. Up to 3.8 somebody else's watch is taken for the asker's (WatchManager.containsWatcher).
func (w *Tables) Check(c Watcher, path string, kind int32) int32 {
	has := func(t *table, modes watchMode) bool {
		if !t.apart {
			return len(t.paths[path]) > 0
		}
		at := t.conns[c][path]
		return at != nil && at.mode&modes != 0
	}
	modes, found := watchAll, false
	if w.data.apart && kind != wire.WatcherAny {
		modes = watchOnce
	}
	switch kind {
	case wire.WatcherChildren:
		found = has(w.children, modes)
	case wire.WatcherData:
		found = has(w.data, modes)
	case wire.WatcherAny:
		found = has(w.children, modes) || has(w.data, modes)
	case watcherPersistent, watcherPersistentRecursive:
		if !w.data.apart {
			return wire.CodeMarshalling
		}
		if modes = watchRecursive; kind == watcherPersistent {
			modes = watchPersistent
		}
		found = has(w.data, modes)
	default:
		return wire.CodeMarshalling
	}
	if !found {
		return wire.CodeNoWatcher
	}
	return wire.CodeOK
}

// Set restores what a client had on another connection: a watch whose znode has changed since then fires at once,
// the others are set. These events pass no check of permissions.
func (w *Tables) Set(c Watcher, t *znode.Tree, since int64, lists *wire.WatchSet) {
	for _, path := range lists.Data {
		switch n := t.Find(path); {
		case n == nil:
			c.Changed(zk.EventNodeDeleted, path, wire.NoZxid)
		case n.Mzxid > since:
			c.Changed(zk.EventNodeDataChanged, path, wire.NoZxid)
		default:
			w.data.add(path, c, watchOnce)
		}
	}
	for _, path := range lists.Exist {
		if t.Find(path) != nil {
			c.Changed(zk.EventNodeCreated, path, wire.NoZxid)
		} else {
			w.data.add(path, c, watchOnce)
		}
	}
	for _, path := range lists.Child {
		switch n := t.Find(path); {
		case n == nil:
			c.Changed(zk.EventNodeDeleted, path, wire.NoZxid)
		case n.Pzxid > since:
			c.Changed(zk.EventNodeChildrenChanged, path, wire.NoZxid)
		default:
			w.children.add(path, c, watchOnce)
		}
	}
	for _, path := range lists.Persistent {
		w.data.add(path, c, watchPersistent)
		w.children.add(path, c, watchPersistent)
	}
	for _, path := range lists.PersistentRecursive {
		w.data.add(path, c, watchRecursive)
		if !w.data.apart {
			w.children.add(path, c, watchRecursive)
		}
	}
}
