package znode

import "slices"

// pathSet is a set of paths that keeps the order in which they were added. When one is removed, the last one takes its place.
type pathSet struct {
	List []string
	Most int // its greatest size so far
	at   map[string]int
}

func (s *pathSet) add(path string) {
	if s.at == nil {
		s.at = make(map[string]int)
	}
	if _, there := s.at[path]; !there {
		s.at[path] = len(s.List)
		s.List = append(s.List, path)
		s.Most = max(s.Most, len(s.List))
	}
}

func (s *pathSet) remove(path string) {
	i, there := s.at[path]
	if !there {
		return
	}
	last := len(s.List) - 1
	s.List[i] = s.List[last]
	s.at[s.List[i]] = i
	s.List[last] = ""
	s.List = s.List[:last]
	delete(s.at, path)
}

func (s *pathSet) Len() int {
	if s == nil {
		return 0
	}
	return len(s.List)
}

func (s *pathSet) Clone() *pathSet {
	c := &pathSet{List: slices.Clone(s.List), Most: s.Most, at: make(map[string]int, len(s.List))}
	for i, path := range c.List {
		c.at[path] = i
	}
	return c
}
