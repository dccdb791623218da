package cache

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// store is the tree in memory. The loop alone writes it, and reads it without the lock.
type store struct {
	root string

	mu       sync.RWMutex
	top      *node
	entries  int
	bytes    int64 // of paths and data
	seq      uint64
	subs     []*Subscription
	synced   bool            // nothing is known to be missing
	complete bool            // the first load has been told
	conn     context.Context // of the connection that what is known came by; nil: any
	err      error           // why the cache has ended
}

// node is a place in the tree. It is there without an entry if only something below it is known.
type node struct {
	entry  *Entry
	kids   map[string]*node
	pzxid  int64 // when the children changed last, as far as is known
	listed int64 // the pzxid of the list of children that was read, 0: none
}

// find returns the place of a path, or nil.
func (s *store) find(path string) *node {
	rest, ok := below(s.root, path)
	if !ok {
		return nil
	}
	n := s.top
	for name := ""; rest != "" && n != nil; {
		name, rest = step(rest)
		n = n.kids[name]
	}
	return n
}

// entry returns what is known of a path, or nil.
func (s *store) entry(path string) *Entry {
	if n := s.find(path); n != nil {
		return n.entry
	}
	return nil
}

// nodeAt returns the place of a path at or below the root, which is made if there is none.
func (s *store) nodeAt(path string) *node {
	rest, _ := below(s.root, path)
	n := s.top
	for name := ""; rest != ""; {
		name, rest = step(rest)
		kid := n.kids[name]
		if kid == nil {
			kid = new(node)
			if n.kids == nil {
				n.kids = make(map[string]*node)
			}
			n.kids[name] = kid
		}
		n = kid
	}
	return n
}

// put stores an entry. Told says that somebody wants to hear of it.
func (s *store) put(e *Entry) (ch change, told bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.nodeAt(e.Path)
	return s.replaceLocked(n, e.Path, e), s.toldLocked()
}

// remove takes out a path and all below it. The lowest come first.
func (s *store) remove(path string) (all []change, told bool) {
	n := s.find(path)
	if n == nil {
		return nil, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clearLocked(n, path, &all)
	s.pruneLocked(path)
	return all, s.toldLocked()
}

// toldLocked reports whether anybody is told of each change. Before the first load is complete, nobody is.
func (s *store) toldLocked() bool { return s.complete && len(s.subs) > 0 }

func (s *store) clearLocked(n *node, path string, all *[]change) {
	for _, name := range slices.Sorted(maps.Keys(n.kids)) {
		s.clearLocked(n.kids[name], core.Join(path, name), all)
	}
	n.kids, n.pzxid, n.listed = nil, 0, 0
	if n.entry != nil {
		*all = append(*all, s.replaceLocked(n, path, nil))
	}
}

// pruneLocked takes places out that have become empty, from path up.
func (s *store) pruneLocked(path string) {
	for path != s.root {
		n := s.find(path)
		if n.entry != nil || len(n.kids) > 0 {
			return
		}
		above, name := split(path)
		delete(s.find(above).kids, name)
		path = above
	}
}

func (s *store) replaceLocked(n *node, path string, e *Entry) change {
	s.count(n.entry, -1)
	s.count(e, 1)
	s.seq++
	ch := change{path, n.entry, e, s.seq}
	n.entry = e
	return ch
}

func (s *store) count(e *Entry, sign int) {
	if e == nil {
		return
	}
	s.entries += sign
	s.bytes += int64(sign) * int64(len(e.Path)+len(e.Data))
}

// collect gathers all entries at n and below: those above first, neighbours by name.
func (n *node) collect(all []*Entry) []*Entry {
	if n.entry != nil {
		all = append(all, n.entry)
	}
	for _, name := range n.names() {
		all = n.kids[name].collect(all)
	}
	return all
}

func (n *node) names() []string {
	if len(n.kids) == 0 {
		return nil
	}
	names := make([]string, 0, len(n.kids))
	for name := range n.kids {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
