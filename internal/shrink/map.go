// Package shrink provides a map that gives memory back.
package shrink

// Map is a map that gives memory back when it has become small, whereas Go's own maps keep their size. The zero value is empty
// and ready to use. Callers may read M, but must change it only through the methods.
type Map[K comparable, V any] struct {
	M    map[K]V
	peak int // most elements since M was made
}

const (
	// A map that has held shrinkFrom elements or more is shrunk once at most one in shrinkBy of them is left.
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

// Delete removes a key.
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
