package zkasync

import (
	"math/rand/v2"
	"slices"
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
	shuffle bool

	mu    sync.Mutex
	list  []string
	next  int       // index of the server to try next
	now   string    // the server that Next gave last
	tries int       // since the last connection that held
	since time.Time // of the last handshake, zero when it has been accounted for
}

func newHosts(list []string, shuffle bool) *hosts {
	h := &hosts{shuffle: shuffle, list: slices.Clone(list)}
	h.mix(h.list)
	return h
}

func (h *hosts) mix(list []string) {
	if h.shuffle {
		rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	}
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
	h.now = h.list[h.next%len(h.list)]
	h.next = (h.next + 1) % len(h.list)
	if !h.since.IsZero() && time.Since(h.since) > longPause {
		h.tries = 0
	}
	h.since = time.Time{}
	h.tries++
	return h.now, false
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

// current is the server that Next gave last.
func (h *hosts) current() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// at is the i-th server, counted round and round.
func (h *hosts) at(i int) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.list[i%len(h.list)]
}

// prefer has a server tried next.
func (h *hosts) prefer(server string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if i := slices.Index(h.list, server); i >= 0 {
		h.next = i
	}
}

// update replaces the list and reports whether the client should leave its present server. The probabilities are those of
// the Java client's StaticHostProvider.updateServerList, which evens out the load.
func (h *hosts) update(list []string) (move bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var kept, added []string
	for _, server := range list {
		if slices.Contains(h.list, server) {
			kept = append(kept, server)
		} else {
			added = append(added, server)
		}
	}
	before, after := float64(len(h.list)), float64(len(list))
	stays := slices.Contains(list, h.now)
	first, rest := added, kept
	switch {
	case stays && after > before:
		move = rand.Float64() < 1-before/after
	case stays:
		first, rest = kept, added
	case after <= before:
		move = true
		toKept := float64(len(kept)) * (before - after) / (after * (before - float64(len(kept))))
		if rand.Float64() < toKept {
			first, rest = kept, added
		}
	default:
		move = true
	}
	h.mix(first)
	h.mix(rest)
	h.list = append(slices.Clone(first), rest...)
	h.next, h.tries = 0, 0
	return move
}
