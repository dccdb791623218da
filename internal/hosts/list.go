package hosts

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/zkasync/zkasync-go/internal/chance"
)

const (
	firstPause = 50 * time.Millisecond
	longPause  = time.Second
)

// Server is one address to connect to. Each address of a name is a server of its own.
type Server struct {
	Name string // host and port as given; TLS verifies this host
	Addr string // what is dialled
}

// String returns the name, followed by the address if they differ.
func (s Server) String() string {
	if s.Name == s.Addr || s.Addr == "" {
		return s.Name
	}
	return s.Name + " (" + s.Addr + ")"
}

// List is the list of servers. It is walked in passes. A pass begins by resolving all names again and tries every address once,
// starting after the server that was tried last. List is also go-zookeeper's HostProvider, to which it names the server that the
// latest seek has found.
type List struct {
	shuffle  bool
	draw     chance.Draw
	named    bool      // one address with two names is two servers, because names are verified
	Resolver *Resolver // nil: names are dialled as they are

	mu     sync.Mutex
	list   []string  // names, in the order in which they are tried
	known  []Server  // all servers of the latest pass, in its order
	queue  []Server  // those of the pass that have not been tried yet
	last   Server    // the server tried last
	now    Server    // the server found last
	passes int       // how many have begun since the last connection that held
	edited int       // counts updates of the list
	since  time.Time // when go-zookeeper connected; zero once the servers are sought again
}

// Options configure a list.
type Options struct {
	Shuffle bool       // try the servers in random order
	Named   bool       // one address with two names is two servers, because names are verified
	Lookup  LookupFunc // nil: names are dialled as they are
	Draw    chance.Draw
}

// New returns a list of the servers with these names.
func New(names []string, o Options) *List {
	h := &List{shuffle: o.Shuffle, draw: o.Draw, named: o.Named, list: slices.Clone(names)}
	if o.Lookup != nil {
		h.Resolver = newResolver(o.Lookup, o.Shuffle)
	}
	mix(h, h.list)
	return h
}

func mix[T any](h *List, list []T) {
	if h.shuffle {
		rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	}
}

// Init implements zk.HostProvider. It does nothing, since the list is known already.
func (h *List) Init([]string) error { return nil }

// Len implements zk.HostProvider. It returns the number of addresses, as far as they are known.
func (h *List) Len() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return max(len(h.list), len(h.known))
}

// Next implements zk.HostProvider. It never reports the end of a pass, because go-zookeeper would then sleep for a second.
func (h *List) Next() (address string, retryStart bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.now.Addr == "" {
		return h.list[0], false
	}
	return h.now.Addr, false
}

// Connected implements zk.HostProvider. It does not end the pauses by itself; see Resume.
func (h *List) Connected() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.since = time.Now()
}

// Resume is called when the servers are sought again. If the last connection held for a while, a new pass begins, without a
// pause. Otherwise the pauses go on: servers that accept a handshake and then cut the connection must not be asked in a tight
// loop.
func (h *List) Resume() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.since.IsZero() && time.Since(h.since) > longPause {
		h.passes, h.queue = 0, nil
	}
	h.since = time.Time{}
}

// Names returns the names of the servers.
func (h *List) Names() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.list)
}

// Edition returns the number of updates of the list. After an update, what was learned about the list before does not apply.
func (h *List) Edition() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.edited
}

// Begin begins a pass over the known addresses, which are given in the order of the names.
func (h *List) Begin(all []Server) {
	h.mu.Lock()
	defer h.mu.Unlock()
	all = h.distinct(nil, all)
	if i := slices.Index(all, h.last); i >= 0 {
		all = append(slices.Clone(all[i+1:]), all[:i+1]...)
	}
	h.passes++
	h.known, h.queue = all, slices.Clone(all)
}

// Add adds addresses that have become known during the pass.
func (h *List) Add(more []Server) {
	h.mu.Lock()
	defer h.mu.Unlock()
	more = h.distinct(h.known, more)
	h.known = append(h.known, more...)
	h.queue = append(h.queue, more...)
}

// distinct returns those of more that are not in known, each once.
func (h *List) distinct(known, more []Server) []Server {
	var out []Server
	for _, s := range more {
		same := func(k Server) bool { return k.Addr == s.Addr && (k.Name == s.Name || !h.named) }
		if !slices.ContainsFunc(known, same) && !slices.ContainsFunc(out, same) {
			out = append(out, s)
		}
	}
	return out
}

// Take returns the next server of the pass. It returns false if all have been tried.
func (h *List) Take() (Server, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.queue) == 0 {
		return Server{}, false
	}
	h.last, h.queue = h.queue[0], h.queue[1:]
	return h.last, true
}

// Left reports whether any servers of the pass have not been tried yet.
func (h *List) Left() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.queue) > 0
}

// Prefer makes s the next server to be tried.
func (h *List) Prefer(s Server) {
	h.mu.Lock()
	defer h.mu.Unlock()
	queue := slices.DeleteFunc(h.queue, func(q Server) bool { return q == s })
	h.queue = append([]Server{s}, queue...)
	h.since = time.Time{} // the pass goes on
}

// Pause returns how long to wait before the next pass: not at all before the first, then a time that doubles up to a second, with
// jitter so that clients do not all come back at the same moment.
func (h *List) Pause() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.passes == 0 {
		return 0
	}
	d := min(firstPause<<min(h.passes-1, 10), longPause)
	return d/2 + h.draw(d/2)
}

// Found records the server that has answered a handshake.
func (h *List) Found(s Server) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now, h.last = s, s
}

// LookUp starts to resolve the names, so that All knows their addresses.
func (h *List) LookUp(ctx context.Context) {
	if h.Resolver != nil {
		h.Resolver.Begin(ctx, h.Names())
	}
}

// All returns every known address. The one found last comes at the end.
func (h *List) All() []Server {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := AsGiven(h.list)
	if h.Resolver != nil {
		all = nil
		for _, name := range h.list {
			all = append(all, h.Resolver.State(name).Addrs...)
		}
	}
	all = h.distinct(nil, all)
	if i := slices.Index(all, h.now); i >= 0 {
		all = append(slices.Delete(all, i, i+1), h.now)
	}
	return all
}

// Update replaces the list and reports whether the client should leave its present server. The probabilities are those of the
// Java client's StaticHostProvider.updateServerList, which evens out the load of the servers; they are calculated from the
// numbers of names, not of addresses.
func (h *List) Update(list []string) (move bool) {
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
	stays := slices.Contains(list, h.now.Name)
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
	mix(h, first)
	mix(h, rest)
	h.list = append(slices.Clone(first), rest...)
	h.known, h.queue, h.last, h.passes = nil, nil, Server{}, 0
	h.edited++
	return move
}
