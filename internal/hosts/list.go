package hosts

import (
	"cmp"
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
	Name string // host and port as given, or as a record of the service has them; TLS verifies this host
	Addr string // what is dialled
	Rank int    // those of a lower rank are tried first
}

func (s Server) same(other Server) bool { return s.Name == other.Name && s.Addr == other.Addr }

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
	named    bool // one address with two names is two servers, because names are verified
	Resolver *Resolver

	mu       sync.Mutex
	given    []string  // names that are tried too after a pass over the followed ones has failed
	list     []string  // names, in the order in which they are tried
	followed []string  // the latest names of the ensemble's own configuration, nil before the first
	known    []Server  // all servers of the latest pass, in its order
	queue    []Server  // those of the pass that have not been tried yet
	last     Server    // the server tried last
	now      Server    // the server found last
	passes   int       // how many have begun since the last connection that held
	edited   int       // counts updates of the list
	since    time.Time // when go-zookeeper connected; zero once the servers are sought again
}

// Options configure a list.
type Options struct {
	Shuffle bool       // try the servers in random order
	Named   bool       // one address with two names is two servers, because names are verified
	Lookup  LookupFunc // nil: names are dialled as they are
	Service ServiceFunc
	Draw    chance.Draw
}

// New returns a list of the servers with these names.
func New(names []string, o Options) *List {
	h := &List{shuffle: o.Shuffle, draw: o.Draw, named: o.Named, given: names, list: slices.Clone(names)}
	h.Resolver = newResolver(o)
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

// Names returns the names of the servers to be tried. The addresses in the ensemble's own configuration may be such that only
// its servers can reach them. So after a pass over them that has failed, the names that the client was given are added.
func (h *List) Names() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	names := slices.Clone(h.list)
	if h.followed != nil && h.passes > 0 {
		for _, name := range h.given {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
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
	all = h.inTurn(h.distinct(nil, all))
	h.passes++
	h.known, h.queue = all, slices.Clone(all)
}

// inTurn sorts servers by rank. Servers of one rank keep their order, but those up to the one tried last go to the end.
func (h *List) inTurn(all []Server) []Server {
	slices.SortStableFunc(all, func(a, b Server) int { return cmp.Compare(a.Rank, b.Rank) })
	last := slices.IndexFunc(all, h.last.same)
	if last < 0 {
		return all
	}
	rank := func(s Server) bool { return s.Rank == all[last].Rank }
	from := slices.IndexFunc(all, rank)
	to := from
	for to < len(all) && rank(all[to]) {
		to++
	}
	return slices.Concat(all[:from], all[last+1:to], all[from:last+1], all[to:])
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
	queue := slices.DeleteFunc(h.queue, s.same)
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
	h.Resolver.Begin(ctx, h.Names())
}

// All returns every known address. The one found last comes at the end.
func (h *List) All() []Server {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []Server
	for _, name := range h.list {
		all = append(all, h.Resolver.State(name).Addrs...)
	}
	all = h.distinct(nil, all)
	if i := slices.IndexFunc(all, h.now.same); i >= 0 {
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
	h.given, h.followed = list, nil
	return h.updateLocked(list)
}

// Follow is Update with a list of the ensemble's own. The first one moves nobody, and neither does a later one unless it
// lacks the present server though the one before had it: the ensemble may know a server by another name than the client.
func (h *List) Follow(list []string) (move bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := h.followed
	h.followed = list
	if before != nil && (h.isIn(list) || h.isIn(before)) {
		return h.updateLocked(list)
	}
	h.list = slices.Clone(list)
	mix(h, h.list)
	h.startOver()
	return false
}

// startOver begins anew with what is in the list now.
func (h *List) startOver() {
	h.known, h.queue, h.last, h.passes = nil, nil, Server{}, 0
	h.edited++
}

// isIn reports whether names have the present server among them.
func (h *List) isIn(names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		return name == h.now.Name || name == h.now.Addr || slices.ContainsFunc(h.Resolver.State(name).Addrs, h.now.same)
	})
}

func (h *List) updateLocked(list []string) (move bool) {
	var kept, added []string
	for _, server := range list {
		if slices.Contains(h.list, server) {
			kept = append(kept, server)
		} else {
			added = append(added, server)
		}
	}
	before, after := float64(len(h.list)), float64(len(list))
	stays := h.isIn(list)
	first, rest := added, kept
	switch {
	case stays && after > before:
		move = rand.Float64() < 1-before/after
	case stays:
		first, rest = kept, added
	case after <= before:
		move = true
		toKept := 0.0
		if gone := before - float64(len(kept)); gone > 0 {
			toKept = float64(len(kept)) * (before - after) / (after * gone)
		}
		if rand.Float64() < toKept {
			first, rest = kept, added
		}
	default:
		move = true
	}
	mix(h, first)
	mix(h, rest)
	h.list = append(slices.Clone(first), rest...)
	h.startOver()
	return move
}
