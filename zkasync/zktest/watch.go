package zktest

import (
	"slices"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync/internal/wire"
)

// watchMode is a set of ways in which a connection watches a path.
type watchMode uint8

const (
	watchOnce watchMode = 1 << iota
	watchPersistent
	watchRecursive
	watchAll = watchOnce | watchPersistent | watchRecursive
)

// watching is one connection at one path.
type watching struct {
	c    *conn
	path string
	mode watchMode
}

// watchTable is one of the two tables of a server: watches of data, which existence belongs to, and of children. A watch
// belongs to a connection and ends with it (WatchManager).
type watchTable struct {
	paths     map[string][]*watching // in the order of registration
	conns     map[*conn]map[string]*watching
	recursive int  // of them, watches with watchRecursive
	apart     bool // modes of one path are kept apart, since ZOOKEEPER-4466; before, the last one counts
}

func newWatchTable(apart bool) *watchTable {
	return &watchTable{
		paths: make(map[string][]*watching),
		conns: make(map[*conn]map[string]*watching),
		apart: apart,
	}
}

func (t *watchTable) add(path string, c *conn, mode watchMode) {
	w := t.conns[c][path]
	if w == nil {
		w = &watching{c: c, path: path}
		t.paths[path] = append(t.paths[path], w)
		if t.conns[c] == nil {
			t.conns[c] = make(map[string]*watching)
		}
		t.conns[c][path] = w
	}
	if t.apart {
		mode |= w.mode
	}
	t.setMode(w, mode)
}

// setMode changes how w watches and drops it when nothing is left.
func (t *watchTable) setMode(w *watching, mode watchMode) {
	if w.mode&watchRecursive != 0 {
		t.recursive--
	}
	if mode&watchRecursive != 0 {
		t.recursive++
	}
	w.mode = mode
	if mode != 0 {
		return
	}
	here := t.paths[w.path]
	i := slices.Index(here, w)
	if here = slices.Delete(here, i, i+1); len(here) == 0 {
		delete(t.paths, w.path)
	} else {
		t.paths[w.path] = here
	}
	delete(t.conns[w.c], w.path)
	if len(t.conns[w.c]) == 0 {
		delete(t.conns, w.c)
	}
}

// remove takes modes away from a watch and reports whether there was one of them.
func (t *watchTable) remove(path string, c *conn, modes watchMode) bool {
	w := t.conns[c][path]
	if w == nil || w.mode&modes == 0 {
		return false
	}
	t.setMode(w, w.mode&^modes)
	return true
}

// forget drops all watches of a connection.
func (t *watchTable) forget(c *conn) {
	for _, w := range t.conns[c] {
		t.setMode(w, 0)
	}
}

// reset drops all watches.
func (t *watchTable) reset() {
	clear(t.paths)
	clear(t.conns)
	t.recursive = 0
}

// trigger sends an event to whoever watches path, and to whoever watches a path above recursively. A connection that has
// had the event with this number gets it no second time, whatever watches it has. One that may not read the znode gets
// nothing (ZOOKEEPER-4799), though its watch is used up.
func (t *watchTable) trigger(s *Server, kind zk.EventType, path string, zxid int64, list *acl, event uint64) {
	if len(t.paths) == 0 {
		return
	}
	here := t.paths[path]
	for i := 0; i < len(here); i++ {
		w := here[i]
		if !t.apart && w.mode == watchRecursive && kind == zk.EventNodeChildrenChanged {
			continue
		}
		s.fire(w.c, kind, path, zxid, list, event)
		if w.mode&watchOnce != 0 {
			t.setMode(w, w.mode&^watchOnce)
			if w.mode == 0 {
				here = t.paths[path]
				i--
			}
		}
	}
	if t.recursive == 0 || kind == zk.EventNodeChildrenChanged && !t.apart {
		return
	}
	for above := path; above != rootPath; {
		parent, _ := splitPath(above)
		above = orRoot(parent)
		for _, w := range t.paths[above] {
			if w.mode&watchRecursive != 0 {
				s.fire(w.c, kind, path, zxid, list, event)
			}
		}
	}
}

func (s *Server) fire(c *conn, kind zk.EventType, path string, zxid int64, list *acl, event uint64) {
	if c.fired == event {
		return
	}
	c.fired = event
	if s.w.cfg.behaviour.filterEvents && !list.allows(zk.PermRead, c.ids) {
		return
	}
	c.sendEvent(kind, path, zxid)
}

// nextEvent numbers the changes that connections are told of once.
func (s *Server) nextEvent() uint64 {
	s.events++
	return s.events
}

// addWatch answers addWatch, for which a path need be neither there nor valid.
func (s *Server) addWatch(c *conn, path string, mode int32) int32 {
	switch mode {
	case wire.AddWatchPersistent:
		s.data.add(path, c, watchPersistent)
		s.children.add(path, c, watchPersistent)
	case wire.AddWatchPersistentRecursive:
		s.data.add(path, c, watchRecursive)
		if !s.data.apart {
			s.children.add(path, c, watchRecursive)
		}
	default:
		return codeMarshalling
	}
	return codeOK
}

// Types of watchers that removeWatches has beside those of package wire since ZOOKEEPER-4472.
const (
	watcherPersistent          int32 = 4
	watcherPersistentRecursive int32 = 5
)

// removeWatches answers removeWatches. No event tells of it; the client makes one up.
func (s *Server) removeWatches(c *conn, path string, kind int32) int32 {
	modes := watchAll
	if s.data.apart && (kind == wire.WatcherChildren || kind == wire.WatcherData) {
		modes = watchOnce
	}
	removed := false
	switch kind {
	case wire.WatcherChildren:
		removed = s.children.remove(path, c, modes)
	case wire.WatcherData:
		removed = s.data.remove(path, c, modes)
	case wire.WatcherAny:
		removed = s.children.remove(path, c, modes)
		removed = s.data.remove(path, c, modes) || removed
	case watcherPersistent, watcherPersistentRecursive:
		if !s.data.apart {
			return codeMarshalling
		}
		if modes = watchRecursive; kind == watcherPersistent {
			modes = watchPersistent
			removed = s.children.remove(path, c, modes)
		}
		removed = s.data.remove(path, c, modes) || removed
	default:
		return codeMarshalling
	}
	if !removed {
		return codeNoWatcher
	}
	return codeOK
}

// checkWatches answers checkWatches. Up to 3.8 somebody else's watch is taken for the asker's (WatchManager.containsWatcher).
func (s *Server) checkWatches(c *conn, path string, kind int32) int32 {
	has := func(t *watchTable, modes watchMode) bool {
		if !t.apart {
			return len(t.paths[path]) > 0
		}
		w := t.conns[c][path]
		return w != nil && w.mode&modes != 0
	}
	modes, found := watchAll, false
	if s.data.apart && kind != wire.WatcherAny {
		modes = watchOnce
	}
	switch kind {
	case wire.WatcherChildren:
		found = has(s.children, modes)
	case wire.WatcherData:
		found = has(s.data, modes)
	case wire.WatcherAny:
		found = has(s.children, modes) || has(s.data, modes)
	case watcherPersistent, watcherPersistentRecursive:
		if !s.data.apart {
			return codeMarshalling
		}
		if modes = watchRecursive; kind == watcherPersistent {
			modes = watchPersistent
		}
		found = has(s.data, modes)
	default:
		return codeMarshalling
	}
	if !found {
		return codeNoWatcher
	}
	return codeOK
}

// setWatches restores what a client had on another connection: a watch whose znode has changed since then fires at once,
// the others are set. These events pass no check of permissions.
func (s *Server) setWatches(c *conn, since int64, lists *wire.WatchSet) {
	for _, path := range lists.Data {
		switch n := s.tree.find(path); {
		case n == nil:
			c.sendEvent(zk.EventNodeDeleted, path, noZxid)
		case n.mzxid > since:
			c.sendEvent(zk.EventNodeDataChanged, path, noZxid)
		default:
			s.data.add(path, c, watchOnce)
		}
	}
	for _, path := range lists.Exist {
		if s.tree.find(path) != nil {
			c.sendEvent(zk.EventNodeCreated, path, noZxid)
		} else {
			s.data.add(path, c, watchOnce)
		}
	}
	for _, path := range lists.Child {
		switch n := s.tree.find(path); {
		case n == nil:
			c.sendEvent(zk.EventNodeDeleted, path, noZxid)
		case n.pzxid > since:
			c.sendEvent(zk.EventNodeChildrenChanged, path, noZxid)
		default:
			s.children.add(path, c, watchOnce)
		}
	}
	for _, path := range lists.Persistent {
		s.data.add(path, c, watchPersistent)
		s.children.add(path, c, watchPersistent)
	}
	for _, path := range lists.PersistentRecursive {
		s.data.add(path, c, watchRecursive)
		if !s.data.apart {
			s.children.add(path, c, watchRecursive)
		}
	}
}
