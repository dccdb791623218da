package zktest

import "slices"

// pathSet is a set of paths that remembers the order in which they came; deleting one moves the last to its place.
type pathSet struct {
	list []string
	at   map[string]int
}

func (s *pathSet) add(path string) {
	if s.at == nil {
		s.at = make(map[string]int)
	}
	if _, there := s.at[path]; !there {
		s.at[path] = len(s.list)
		s.list = append(s.list, path)
	}
}

func (s *pathSet) remove(path string) {
	i, there := s.at[path]
	if !there {
		return
	}
	last := len(s.list) - 1
	s.list[i] = s.list[last]
	s.at[s.list[i]] = i
	s.list[last] = ""
	s.list = s.list[:last]
	delete(s.at, path)
}

func (s *pathSet) len() int {
	if s == nil {
		return 0
	}
	return len(s.list)
}

func (s *pathSet) clone() *pathSet {
	c := &pathSet{list: slices.Clone(s.list), at: make(map[string]int, len(s.list))}
	for i, path := range c.list {
		c.at[path] = i
	}
	return c
}

// javaOrder sorts paths as a clone of a Java HashSet of them iterates: the order in which a server deletes the ephemeral
// znodes of a session (DataTree.getEphemerals). Nobody promises it, but equal orders let whole histories be compared.
func javaOrder(paths []string) []string {
	buckets := uint32(1)
	for want := int(float32(len(paths))/0.75 + 1); int(buckets) < want; {
		buckets <<= 1
	}
	sorted := slices.Clone(paths)
	slices.SortStableFunc(sorted, func(a, b string) int {
		return int(javaSpread(javaString(a))&(buckets-1)) - int(javaSpread(javaString(b))&(buckets-1))
	})
	return sorted
}

// javaString is String.hashCode. Paths beyond the basic plane are not valid, so runes are chars.
func javaString(s string) uint32 {
	h := uint32(0)
	for _, r := range s {
		h = 31*h + uint32(r)
	}
	return h
}

// javaSpread is what hash maps make of a hash code.
func javaSpread(h uint32) uint32 { return h ^ h>>16 }
