package zkasync

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"
)

const (
	// lookupLimit bounds one look-up of a name. Nobody waits for it who has other addresses to try.
	lookupLimit = 10 * time.Second
	// lookupGrace is how long a pass waits for look-ups before it goes on with what is known.
	lookupGrace = 200 * time.Millisecond
)

// lookupFunc has the shape of net.Resolver.LookupHost.
type lookupFunc = func(ctx context.Context, host string) (addrs []string, err error)

// resolver looks names up, all at once and each in its own time. Of each it keeps the last addresses that it was told, for
// when the name service is down.
type resolver struct {
	lookup  lookupFunc
	shuffle bool
	changed chan struct{} // holds one: a look-up has ended
	running sync.WaitGroup

	mu      sync.Mutex
	names   map[string]*resolution
	stopped bool
}

// resolution is what is known of a name.
type resolution struct {
	addrs   []server // the last that were told
	pending bool     // it is being looked up
	err     error    // of the last look-up
}

// lookUpHost is the resolver of the system, as it is at that moment.
func lookUpHost(ctx context.Context, host string) ([]string, error) {
	return net.DefaultResolver.LookupHost(ctx, host)
}

func newResolver(lookup lookupFunc, shuffle bool) *resolver {
	return &resolver{lookup: lookup, shuffle: shuffle, changed: make(chan struct{}, 1), names: make(map[string]*resolution)}
}

// asGiven returns names as the addresses that they may be themselves.
func asGiven(names []string) (all []server) {
	for _, name := range names {
		all = append(all, server{name: name, addr: name})
	}
	return all
}

// isAddress reports whether the host of name needs no look-up.
func isAddress(name string) bool {
	host, _, err := net.SplitHostPort(name)
	if err != nil {
		return true
	}
	_, err = netip.ParseAddr(host)
	return err == nil
}

// begin looks up those of names that are not being looked up, until ctx ends.
func (r *resolver) begin(ctx context.Context, names []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return
	}
	for _, name := range names {
		if isAddress(name) {
			r.names[name] = &resolution{addrs: asGiven([]string{name})}
			continue
		}
		now := r.names[name]
		if now == nil {
			now = new(resolution)
			r.names[name] = now
		}
		if !now.pending {
			now.pending = true
			r.running.Add(1)
			go r.run(ctx, name)
		}
	}
}

// stop returns when no look-up is left; none begins from then on.
func (r *resolver) stop() {
	r.mu.Lock()
	r.stopped = true
	r.mu.Unlock()
	r.running.Wait()
}

// run looks one name up.
func (r *resolver) run(ctx context.Context, name string) {
	defer r.running.Done()
	ctx, cancel := context.WithTimeout(ctx, lookupLimit)
	defer cancel()
	host, port, _ := net.SplitHostPort(name)
	hosts, err := r.lookup(ctx, host)
	if err == nil && len(hosts) == 0 {
		err = errors.New("the name has no addresses")
	}
	if err != nil {
		err = fmt.Errorf("look up %s: %w", host, err)
	}
	if r.shuffle {
		rand.Shuffle(len(hosts), func(i, j int) { hosts[i], hosts[j] = hosts[j], hosts[i] })
	}
	r.mu.Lock()
	now := r.names[name]
	now.pending, now.err = false, err
	if err == nil {
		now.addrs = nil
		for _, host := range hosts {
			now.addrs = append(now.addrs, server{name: name, addr: net.JoinHostPort(host, port)})
		}
	}
	r.mu.Unlock()
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

// state returns what is known of a name.
func (r *resolver) state(name string) resolution {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := r.names[name]; now != nil {
		return *now
	}
	return resolution{}
}
