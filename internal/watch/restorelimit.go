package watch

import (
	"sync"

	"github.com/zkasync/zkasync-go/internal/mux"
)

const (
	// setWatchesLimit bounds a request that restores watches. The Java client uses the same bound (ZOOKEEPER-706), since
	// servers may be configured with a limit on requests far below the default.
	setWatchesLimit = 128 << 10
	// MostRestored is the size of the largest request with which go-zookeeper, by the same rule, restores its watches.
	MostRestored = setWatchesLimit + setWatchesHead
	// setWatchesLeast is the least size to which requests are reduced in search of a server's limit.
	setWatchesLeast = 1 << 10
)

// restoreLimit decides how large requests that restore watches may be. A server with a lower limit resets the connection when it
// gets a larger one, and would do so on every later connection. So the limit is halved each time a connection is lost at such a
// request. The zero value is ready to use.
type restoreLimit struct {
	mu    sync.Mutex
	limit int                       // 0: not decided yet, see size
	lone  map[string]*mux.Suspicion // by path, for paths that were alone in their request when a connection was lost at it
}

// size returns the present limit. Most is the client's own limit on requests.
func (l *restoreLimit) size(most int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.limit == 0 {
		l.limit = min(setWatchesLimit, most)
	}
	return l.limit
}

// lost is called when a connection is lost and b points at the request with these paths. It reports whether the watches of the
// path must be given up; there is only one path then.
func (l *restoreLimit) lost(paths []string, b mux.Blame) bool {
	if len(paths) > 1 {
		l.shrink()
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if b.Size <= setWatchesLeast {
		return false // no server's limit is that low, so the request is not the cause
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

// restored is called when the server has accepted a request with these paths.
func (l *restoreLimit) restored(paths []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.lone) > 0 {
		for _, path := range paths {
			delete(l.lone, path)
		}
	}
}
