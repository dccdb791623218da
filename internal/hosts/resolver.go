package hosts

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
	Grace = 200 * time.Millisecond
)

// lookupFunc has the shape of net.Resolver.LookupHost.
type LookupFunc = func(ctx context.Context, host string) (addrs []string, err error)

// resolver looks names up, all at once and each in its own time. Of each it keeps the last addresses that it was told, for
// when the name service is down.
type Resolver struct {
	lookup  LookupFunc
	shuffle bool
	Changed chan struct{} // holds one: a look-up has ended
	running sync.WaitGroup

	mu      sync.Mutex
	names   map[string]*Resolution
	stopped bool
}

// resolution is what is known of a name.
type Resolution struct {
	Addrs   []Server // the last that were told
	Pending bool     // it is being looked up
	Err     error    // of the last look-up
}

// lookUpHost is the resolver of the system, as it is at that moment.
func LookUpHost(ctx context.Context, host string) ([]string, error) {
	return net.DefaultResolver.LookupHost(ctx, host)
}

func newResolver(lookup LookupFunc, shuffle bool) *Resolver {
	return &Resolver{lookup: lookup, shuffle: shuffle, Changed: make(chan struct{}, 1), names: make(map[string]*Resolution)}
}

// asGiven returns names as the addresses that they may be themselves.
func AsGiven(names []string) (all []Server) {
	for _, name := range names {
		all = append(all, Server{Name: name, Addr: name})
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
func (r *Resolver) Begin(ctx context.Context, names []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return
	}
	for _, name := range names {
		if isAddress(name) {
			r.names[name] = &Resolution{Addrs: AsGiven([]string{name})}
			continue
		}
		now := r.names[name]
		if now == nil {
			now = new(Resolution)
			r.names[name] = now
		}
		if !now.Pending {
			now.Pending = true
			r.running.Add(1)
			go r.run(ctx, name)
		}
	}
}

// stop returns when no look-up is left; none begins from then on.
func (r *Resolver) Stop() {
	r.mu.Lock()
	r.stopped = true
	r.mu.Unlock()
	r.running.Wait()
}

// run looks one name up.
func (r *Resolver) run(ctx context.Context, name string) {
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
	now.Pending, now.Err = false, err
	if err == nil {
		now.Addrs = nil
		for _, host := range hosts {
			now.Addrs = append(now.Addrs, Server{Name: name, Addr: net.JoinHostPort(host, port)})
		}
	}
	r.mu.Unlock()
	select {
	case r.Changed <- struct{}{}:
	default:
	}
}

// state returns what is known of a name.
func (r *Resolver) State(name string) Resolution {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := r.names[name]; now != nil {
		return *now
	}
	return Resolution{}
}
