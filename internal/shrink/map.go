// Package shrink has a map that gives memory back.
package shrink

// Map is a map that gives memory back: Go's maps keep the size that they once had. The zero value is empty and ready. M
// may be read; it is changed by the methods only.
type Map[K comparable, V any] struct {
	M    map[K]V
	peak int // most elements since M was made
}

const (
	// shrinkFrom is the size from which on a map is worth shrinking, shrinkBy the share of it that must be left at most.
	shrinkFrom = 1024
	shrinkBy   = 8
)

// Put sets the value of a key.
func (s *Map[K, V]) Put(k K, v V) {
	if s.M == nil {
		s.M = make(map[K]V)
	}
	s.M[k] = v
	s.peak = max(s.peak, len(s.M))
}

// Delete takes a key out.
func (s *Map[K, V]) Delete(k K) {
	delete(s.M, k)
	if s.peak < shrinkFrom || len(s.M) > s.peak/shrinkBy {
		return
	}
	small := make(map[K]V, len(s.M))
	for k, v := range s.M {
		small[k] = v
	}
	s.M, s.peak = small, len(small)
}

// Reset empties the map and returns what was in it.
func (s *Map[K, V]) Reset() map[K]V {
	m := s.M
	s.M, s.peak = nil, 0
	return m
}
