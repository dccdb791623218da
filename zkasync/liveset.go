package zkasync

import "sync"

// liveSet holds what is to be told of reconnects and of the client's end.
type liveSet struct {
	mu  sync.Mutex
	set shrinkMap[live, struct{}]
}

// live is a Live of any type.
type live interface {
	retry()
	end(err error)
}

func (s *liveSet) add(l live) {
	s.mu.Lock()
	s.set.put(l, struct{}{})
	s.mu.Unlock()
}

func (s *liveSet) remove(l live) {
	s.mu.Lock()
	s.set.del(l)
	s.mu.Unlock()
}

func (s *liveSet) all() []live {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]live, 0, len(s.set.m))
	for l := range s.set.m {
		all = append(all, l)
	}
	return all
}

func (s *liveSet) retry() {
	for _, l := range s.all() {
		l.retry()
	}
}
