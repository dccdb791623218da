package zkasync

import (
	"sync"

	"github.com/zkasync/zkasync-go/internal/shrink"
)

// liveSet holds the live values that must be told of reconnects and of the client's end.
type liveSet struct {
	mu  sync.Mutex
	set shrink.Map[live, struct{}]
}

// live is a Live of any type.
type live interface {
	retry()
	end(err error)
}

func (s *liveSet) add(l live) {
	s.mu.Lock()
	s.set.Put(l, struct{}{})
	s.mu.Unlock()
}

func (s *liveSet) remove(l live) {
	s.mu.Lock()
	s.set.Delete(l)
	s.mu.Unlock()
}

func (s *liveSet) all() []live {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]live, 0, len(s.set.M))
	for l := range s.set.M {
		all = append(all, l)
	}
	return all
}

func (s *liveSet) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.set.M)
}

func (s *liveSet) retry() {
	for _, l := range s.all() {
		l.retry()
	}
}
