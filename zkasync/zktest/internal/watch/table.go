package watch

import (
	"slices"
	"strings"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/acl"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/znode"
)

// Watcher is a connection that has watches.
type Watcher interface {
	// Notice reports whether the watcher has not been told yet about the change with this number, and records that it has.
	Notice(change uint64) bool
	// Identities returns the ids that the connection has shown.
	Identities() []acl.Identity
	// Changed sends an event.
	Changed(kind zk.EventType, path string, zxid int64)
}

// watchMode is a set of ways in which a connection watches a path.
type watchMode uint8

const (
	watchOnce watchMode = 1 << iota
	watchPersistent
	watchRecursive
	watchAll = watchOnce | watchPersistent | watchRecursive
)

// watching is the watch of one connection on one path.
type watching struct {
	c    Watcher
	path string
	mode watchMode
}

// table is one of the two tables of a server, see Tables. A watch belongs to a connection and ends with it (WatchManager).
type table struct {
	paths     map[string][]*watching // in the order of registration
	conns     map[Watcher]map[string]*watching
	recursive int  // number of watches with watchRecursive
	apart     bool // a path keeps watches of several modes, since ZOOKEEPER-4466; before, only the last one counts
}

func newTable(apart bool) *table {
	return &table{
		paths: make(map[string][]*watching),
		conns: make(map[Watcher]map[string]*watching),
		apart: apart,
	}
}

func (t *table) add(path string, c Watcher, mode watchMode) {
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

// setMode changes the modes of w, and drops it if none is left.
func (t *table) setMode(w *watching, mode watchMode) {
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

// remove removes modes from a watch, and reports whether it had any of them.
func (t *table) remove(path string, c Watcher, modes watchMode) bool {
	w := t.conns[c][path]
	if w == nil || w.mode&modes == 0 {
		return false
	}
	t.setMode(w, w.mode&^modes)
	return true
}

// check returns the code of the answer to checkWatches. Up to 3.8 a server takes another client's watch for that of the client that
// asks, and it fails at some paths (WatchManager.containsWatcher).
func (t *table) check(path string, c Watcher, modes watchMode) int32 {
	at := t.conns[c][path]
	switch {
	case !t.apart && !t.checkable(path):
		return wire.CodeMarshalling
	case t.apart && at != nil && at.mode&modes != 0, !t.apart && len(t.paths[path]) > 0:
		return wire.CodeOK
	default:
		return wire.CodeNoWatcher
	}
}

// checkable reports whether PathParentIterator can divide a path: into the path and its parent, and, as long as there are recursive
// watches and the path has none, into all its ancestors.
func (t *table) checkable(path string) bool {
	switch {
	case path == "" || path[0] == '/':
		return true
	case !strings.Contains(path, "/"):
		return false
	default:
		return t.recursive == 0 || len(t.paths[path]) > 0
	}
}

// forget drops all watches of a connection.
func (t *table) forget(c Watcher) {
	for _, w := range t.conns[c] {
		t.setMode(w, 0)
	}
}

// reset drops all watches.
func (t *table) reset() {
	clear(t.paths)
	clear(t.conns)
	t.recursive = 0
}

// trigger sends an event to those that watch path, and to those that watch an ancestor recursively.
func (t *table) trigger(kind zk.EventType, path string, zxid int64, to *change) {
	if len(t.paths) == 0 {
		return
	}
	here := t.paths[path]
	for i := 0; i < len(here); i++ {
		w := here[i]
		if !t.apart && w.mode == watchRecursive && kind == zk.EventNodeChildrenChanged {
			continue
		}
		to.tell(w.c, kind, path, zxid)
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
	for above := path; above != znode.RootPath; {
		parent, _ := znode.SplitPath(above)
		above = znode.OrRoot(parent)
		for _, w := range t.paths[above] {
			if w.mode&watchRecursive != 0 {
				to.tell(w.c, kind, path, zxid)
			}
		}
	}
}

func (t *table) size() int {
	n := 0
	for _, here := range t.paths {
		n += len(here)
	}
	return n
}
