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

// server is one address of a server: each address of a name is a server of its own.
type Server struct {
	Name string // host and port as given; TLS verifies this host
	Addr string // what is dialled
}

// String returns the name, with the address behind it when they differ.
func (s Server) String() string {
	if s.Name == s.Addr || s.Addr == "" {
		return s.Name
	}
	return s.Name + " (" + s.Addr + ")"
}

// hosts is the list of servers. It is walked in passes: each begins with the names resolved anew and tries every address
// once, beginning behind the server that was tried last. To go-zookeeper, whose HostProvider it is, it says which server
// the seek has found.
type List struct {
	shuffle  bool
	draw     chance.Draw
	named    bool      // one address by two names is two servers: the name is verified
	Resolver *Resolver // nil: names are dialled as they are

	mu     sync.Mutex
	list   []string // names, in the order in which they are tried
	known  []Server // all of the latest pass, in its order
	queue  []Server // of the pass, to be tried yet
	last   Server   // tried last
	now    Server   // found last
	passes int      // begun since the last connection that held
	edited int      // counts updates of the list
	since  time.Time
}

// Options say how a list is walked.
type Options struct {
	Shuffle bool       // in random order
	Named   bool       // one address by two names is two servers: the name is verified
	Lookup  LookupFunc // nil: names are dialled as they are
	Draw    chance.Draw
}

// New returns the list of servers of these names.
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

// Init implements zk.HostProvider; the list is known already.
func (h *List) Init([]string) error { return nil }

// Len implements zk.HostProvider: the number of addresses as far as they are known.
func (h *List) Len() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return max(len(h.list), len(h.known))
}

// Next implements zk.HostProvider. It never says that a pass is over, for which go-zookeeper would sleep a second.
func (h *List) Next() (address string, retryStart bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.now.Addr == "" {
		return h.list[0], false
	}
	return h.now.Addr, false
}

// Connected implements zk.HostProvider. Passes are counted anew only when the connection then holds for a while: servers
// that accept a handshake and cut the connection must not be asked in a tight loop.
func (h *List) Connected() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.since = time.Now()
}

// resume is called when a server is sought again. Behind a connection that held, a new pass begins.
func (h *List) Resume() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.since.IsZero() && time.Since(h.since) > longPause {
		h.passes, h.queue = 0, nil
	}
	h.since = time.Time{}
}

// names returns the names, of which each pass wants the addresses.
func (h *List) Names() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.list)
}

// edition counts the updates of the list: what was known of it before is of no use after one.
func (h *List) Edition() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.edited
}

// begin begins a pass over the addresses that are known, given in the order of the names.
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

// add adds addresses that have become known while the pass was under way.
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

// take takes the next server of the pass; false when all have been tried.
func (h *List) Take() (Server, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.queue) == 0 {
		return Server{}, false
	}
	h.last, h.queue = h.queue[0], h.queue[1:]
	return h.last, true
}

// left reports whether servers of the pass are to be tried yet.
func (h *List) Left() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.queue) > 0
}

// prefer has a server tried next.
func (h *List) Prefer(s Server) {
	h.mu.Lock()
	defer h.mu.Unlock()
	queue := slices.DeleteFunc(h.queue, func(q Server) bool { return q == s })
	h.queue = append([]Server{s}, queue...)
	h.since = time.Time{} // the pass goes on
}

// pause is the time to wait before the next pass: none before the first, then a pause that doubles up to a second,
// jittered so that clients do not come back all at once.
func (h *List) Pause() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.passes == 0 {
		return 0
	}
	d := min(firstPause<<min(h.passes-1, 10), longPause)
	return d/2 + h.draw(d/2)
}

// found notes the server that has answered a handshake.
func (h *List) Found(s Server) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now, h.last = s, s
}

// lookUp has the names resolved, for all.
func (h *List) LookUp(ctx context.Context) {
	if h.Resolver != nil {
		h.Resolver.Begin(ctx, h.Names())
	}
}

// all returns every address that is known, the one found last behind all others.
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

// update replaces the list and reports whether the client should leave its present server. The probabilities are those of
// the Java client's StaticHostProvider.updateServerList, which evens out the load. They count names.
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
