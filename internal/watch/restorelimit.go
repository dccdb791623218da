package watch

import (
	"sync"

	"github.com/zkasync/zkasync-go/internal/mux"
)

const (
	// setWatchesLimit bounds a request that restores watches: servers may be configured with a limit on requests far
	// below the usual one, so the Java client keeps to this (ZOOKEEPER-706).
	setWatchesLimit = 128 << 10
	// MostRestored is the largest request that go-zookeeper restores its watches with, by the same rule.
	MostRestored = setWatchesLimit + setWatchesHead
	// setWatchesLeast is the size below which no server's limit is looked for.
	setWatchesLeast = 1 << 10
)

// restoreLimit is how large requests that restore watches may be. A server with a smaller limit resets the connection at
// them, and would on each connection that follows, so the limit is halved at each loss that comes while they lack their
// answers. The zero value is ready.
type restoreLimit struct {
	mu    sync.Mutex
	limit int                       // 0: as WithMaxRequestSize has it
	lone  map[string]*mux.Suspicion // by paths whose request has no other
}

// size returns the present limit, where the client's is most.
func (l *restoreLimit) size(most int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.limit == 0 {
		l.limit = min(setWatchesLimit, most)
	}
	return l.limit
}

// lost is called when a connection is lost and b points at a request of the given paths. It reports whether its one path is
// to be given up.
func (l *restoreLimit) lost(paths []string, b mux.Blame) bool {
	if len(paths) > 1 {
		l.shrink()
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if b.Size <= setWatchesLeast {
		return false // no server's limit is that small: it is the connection that is bad
	}
	if l.lone == nil {
		l.lone = make(map[string]*mux.Suspicion)
	}
	s := l.lone[paths[0]]
	if s == nil {
		s = new(mux.Suspicion)
		l.lone[paths[0]] = s
	}
	if !s.Lost(b, true) {
		return false
	}
	delete(l.lone, paths[0])
	return true
}

// shrink halves the limit.
func (l *restoreLimit) shrink() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.limit = max(l.limit/2, setWatchesLeast)
}

// restored is called when the server has taken a request of the given paths.
func (l *restoreLimit) restored(paths []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.lone) > 0 {
		for _, path := range paths {
			delete(l.lone, path)
		}
	}
}
