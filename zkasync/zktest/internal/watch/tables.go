// Package watch has the watches of one server.
package watch

import (
	"iter"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/acl"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/release"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/znode"
)

// Tables are the two tables of a server: watches of data, which include those of existence, and watches of children. Tables is told
// about changes of the data, and tells the watchers.
type Tables struct {
	data, children *table
	changes        uint64 // number of changes so far; a watcher is told once about each
	filter         bool   // do not tell watchers that may not read the znode, since ZOOKEEPER-4799; their watches are used up anyway
}

// New returns empty tables that behave as a release of ZooKeeper does.
func New(b *release.Behaviour) *Tables {
	return &Tables{data: newTable(b.ModesApart), children: newTable(b.ModesApart), filter: b.FilterEvents}
}

// change is something about which a watcher is told once, however many watches it has.
type change struct {
	number uint64
	list   *acl.List // says who may be told; nil: everybody
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

// Created implements znode.Changes.
func (w *Tables) Created(path, parent string, zxid int64, list, parents *acl.List) {
	w.data.trigger(zk.EventNodeCreated, path, zxid, w.next(list))
	w.children.trigger(zk.EventNodeChildrenChanged, parent, zxid, w.next(parents))
}

// Deleted implements znode.Changes. The deletion is one change for both tables.
func (w *Tables) Deleted(path, parent string, zxid int64, list, parents *acl.List) {
	ch := w.next(list)
	w.data.trigger(zk.EventNodeDeleted, path, zxid, ch)
	w.children.trigger(zk.EventNodeDeleted, path, zxid, ch)
	w.children.trigger(zk.EventNodeChildrenChanged, parent, zxid, w.next(parents))
}

// DataChanged implements znode.Changes.
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

// Size returns the number of watches.
func (w *Tables) Size() int { return w.data.size() + w.children.size() }

// Watched reports whether a path has any watches.
func (w *Tables) Watched(path string) bool {
	return len(w.data.paths[path])+len(w.children.paths[path]) > 0
}

// Watch is one watch.
type Watch struct {
	By              Watcher
	Path            string
	Children        bool // it is a watch of children; otherwise of data and existence
	Once, Recursive bool
}

// All ranges over all watches, those of data first. Watches of one path come in the order of registration.
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

// AddData adds a one-shot watch: c is told when the data at path change, or the znode is created or deleted.
func (w *Tables) AddData(path string, c Watcher) { w.data.add(path, c, watchOnce) }

// AddChildren adds a one-shot watch: c is told when the children of path change.
func (w *Tables) AddChildren(path string, c Watcher) { w.children.add(path, c, watchOnce) }

// Add carries out addWatch, and returns the code of the answer. The path need neither exist nor be valid.
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

// The types of watchers that removeWatches knows since ZOOKEEPER-4472, besides those of package wire.
const (
	watcherPersistent          int32 = 4
	watcherPersistentRecursive int32 = 5
)

// Remove carries out removeWatches, and returns the code of the answer. The server sends no event for it; the client makes one up.
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

// Check carries out checkWatches, and returns the code of the answer.
func (w *Tables) Check(c Watcher, path string, kind int32) int32 {
	modes := watchAll
	if w.data.apart && kind != wire.WatcherAny {
		modes = watchOnce
	}
	switch kind {
	case wire.WatcherChildren:
		return w.children.check(path, c, modes)
	case wire.WatcherData:
		return w.data.check(path, c, modes)
	case wire.WatcherAny:
		if code := w.children.check(path, c, modes); code != wire.CodeNoWatcher {
			return code
		}
		return w.data.check(path, c, modes)
	case watcherPersistent, watcherPersistentRecursive:
		if !w.data.apart {
			return wire.CodeMarshalling
		}
		if modes = watchRecursive; kind == watcherPersistent {
			modes = watchPersistent
		}
		return w.data.check(path, c, modes)
	default:
		return wire.CodeMarshalling
	}
}

// Set restores the watches that a client had on another connection. A watch whose znode has changed since then fires at once; the
// others are set. Permissions are not checked for these events.
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
