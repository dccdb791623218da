package zkasync

import (
	"math/rand/v2"
	"sync"
	"time"
)

const (
	firstPause = 50 * time.Millisecond
	longPause  = time.Second
)

// hosts is go-zookeeper's HostProvider: it walks the list of servers round and round. Names stay names and are resolved
// at each dial. The walk itself has no pauses for go-zookeeper to make; pause tells how long to wait before a dial.
type hosts struct {
	mu    sync.Mutex
	list  []string
	next  int
	tries int       // since the last connection that held
	since time.Time // of the last handshake, zero when it has been accounted for
}

func newHosts(list []string, shuffle bool) *hosts {
	list = append([]string(nil), list...)
	if shuffle {
		rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	}
	return &hosts{list: list}
}

// Init implements zk.HostProvider; the list is known already.
func (h *hosts) Init([]string) error { return nil }

// Len implements zk.HostProvider.
func (h *hosts) Len() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.list)
}

// Next implements zk.HostProvider. It never says that a pass is over, for which go-zookeeper would sleep a second.
func (h *hosts) Next() (server string, retryStart bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	server = h.list[h.next%len(h.list)]
	h.next++
	if !h.since.IsZero() && time.Since(h.since) > longPause {
		h.tries = 0
	}
	h.since = time.Time{}
	h.tries++
	return server, false
}

// Connected implements zk.HostProvider. Tries start anew only when the connection then holds for a while: servers that
// accept a handshake and cut the connection must not be asked in a tight loop.
func (h *hosts) Connected() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.since = time.Now()
}

// pause is the time to wait before the next dial: none while each server gets its first try, then, once per pass, a
// pause that doubles up to a second, jittered so that clients do not come back all at once.
func (h *hosts) pause() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	pass := (h.tries - 1) / len(h.list)
	if h.tries == 0 || pass == 0 || (h.tries-1)%len(h.list) != 0 {
		return 0
	}
	d := min(firstPause<<min(pass-1, 10), longPause)
	return d/2 + rand.N(d/2)
}

// current is the server that Next returned last.
func (h *hosts) current() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.list[(h.next+len(h.list)-1)%len(h.list)]
}
