package zkasync

// shrinkMap is a map that gives memory back: Go's maps keep the size that they once had. The zero value is empty and
// ready.
type shrinkMap[K comparable, V any] struct {
	m    map[K]V
	peak int // most elements since m was made
}

const (
	// shrinkFrom is the size from which on a map is worth shrinking, shrinkBy the share of it that must be left at most.
	shrinkFrom = 1024
	shrinkBy   = 8
)

func (s *shrinkMap[K, V]) put(k K, v V) {
	if s.m == nil {
		s.m = make(map[K]V)
	}
	s.m[k] = v
	s.peak = max(s.peak, len(s.m))
}

func (s *shrinkMap[K, V]) del(k K) {
	delete(s.m, k)
	if s.peak < shrinkFrom || len(s.m) > s.peak/shrinkBy {
		return
	}
	small := make(map[K]V, len(s.m))
	for k, v := range s.m {
		small[k] = v
	}
	s.m, s.peak = small, len(small)
}

// reset empties the map and returns what was in it.
func (s *shrinkMap[K, V]) reset() map[K]V {
	m := s.m
	s.m, s.peak = nil, 0
	return m
}
