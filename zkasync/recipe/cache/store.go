package cache

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// store is the tree in memory. Only the loop writes it, and so the loop may read it without the lock.
type store struct {
	root string

	mu       sync.RWMutex
	top      *node
	entries  int
	bytes    int64 // of paths and data
	seq      uint64
	subs     []*Subscription
	synced   bool            // no changes may have been missed
	complete bool            // the first load has been reported
	conn     context.Context // ends with the connection that reports changes; nil: does not matter
	err      error           // why the cache has ended
}

// node is a place in the tree. It has no entry if only something below it is known.
type node struct {
	entry  *Entry
	kids   map[string]*node
	pzxid  int64 // when the list of children last changed, as far as is known
	listed int64 // the pzxid of the list of children that was read; 0: none was
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

// entry returns the entry of a path, or nil.
func (s *store) entry(path string) *Entry {
	if n := s.find(path); n != nil {
		return n.entry
	}
	return nil
}

// nodeAt returns the place of a path at or below the root. It creates it if there is none.
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

// put stores an entry. told tells whether somebody wants to know of the change.
func (s *store) put(e *Entry) (ch change, told bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.nodeAt(e.Path)
	return s.replaceLocked(n, e.Path, e), s.toldLocked()
}

// remove removes a path and everything below it. The deepest changes come first.
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

// toldLocked reports whether there are subscriptions to tell of changes. They begin when the first load is complete.
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

// pruneLocked removes places that have become empty, from path upwards.
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

// collect appends all entries at and below n: parents before their children, siblings by name.
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
