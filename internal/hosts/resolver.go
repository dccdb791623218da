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
	// lookupLimit bounds one look-up of a name. A pass that has other addresses to try does not wait for it.
	lookupLimit = 10 * time.Second
	// Grace is how long a pass waits for look-ups before it goes on with the addresses that are known.
	Grace = 200 * time.Millisecond
)

// LookupFunc resolves the name of a host, as net.Resolver.LookupHost does.
type LookupFunc = func(ctx context.Context, host string) (addrs []string, err error)

// Resolver looks names up, all of them at the same time. For each name it keeps the addresses of the last look-up that succeeded,
// so that they can be used while the name service is down.
type Resolver struct {
	lookup  LookupFunc // nil: names are dialled as they are
	service ServiceFunc
	shuffle bool
	Changed chan struct{} // with room for one; receives when a look-up has ended
	running sync.WaitGroup

	mu      sync.Mutex
	names   map[string]*Resolution
	targets map[string][]target // of services, by name
	stopped bool
}

// Resolution is what is known about a name.
type Resolution struct {
	Addrs   []Server // from the last look-up that succeeded
	Pending bool     // a look-up is in progress
	Err     error    // of the last look-up that ended
}

// LookUpHost resolves a name with net.DefaultResolver, as it is set at the time of the call.
func LookUpHost(ctx context.Context, host string) ([]string, error) {
	return net.DefaultResolver.LookupHost(ctx, host)
}

func newResolver(o Options) *Resolver {
	return &Resolver{lookup: o.Lookup, service: o.Service, shuffle: o.Shuffle, Changed: make(chan struct{}, 1),
		names: make(map[string]*Resolution), targets: make(map[string][]target)}
}

// AsGiven returns the names as servers that are dialled by name.
func AsGiven(names []string) (all []Server) {
	for _, name := range names {
		all = append(all, Server{Name: name, Addr: name})
	}
	return all
}

// isFixed reports whether name is dialled as it is.
func (r *Resolver) isFixed(name string) bool {
	return !IsService(name) && (r.lookup == nil || isAddress(name))
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

// Begin starts to look up those of the names that are not being looked up already. The look-ups end with ctx.
func (r *Resolver) Begin(ctx context.Context, names []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return
	}
	for _, name := range names {
		r.beginLocked(ctx, name)
	}
}

func (r *Resolver) beginLocked(ctx context.Context, name string) {
	if r.isFixed(name) {
		return
	}
	now := r.names[name]
	if now == nil {
		now = new(Resolution)
		r.names[name] = now
	}
	if now.Pending {
		return
	}
	now.Pending = true
	r.running.Add(1)
	if IsService(name) {
		go r.runService(ctx, name)
	} else {
		go r.run(ctx, name)
	}
}

// Stop lets no further look-up begin, and returns when none is in progress.
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
	r.tell()
}

func (r *Resolver) tell() {
	select {
	case r.Changed <- struct{}{}:
	default:
	}
}

// State returns what is known about a name.
func (r *Resolver) State(name string) Resolution {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stateLocked(name)
}

func (r *Resolver) stateLocked(name string) Resolution {
	now := r.names[name]
	switch {
	case r.isFixed(name):
		return Resolution{Addrs: AsGiven([]string{name})}
	case now == nil:
		return Resolution{}
	case IsService(name):
		return r.serviceLocked(name, *now)
	}
	return *now
}
