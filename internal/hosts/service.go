package hosts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
)

// ServicePrefix begins the name of a service, whose SRV records (RFC 2782) say which servers there are. It is that of the
// Java client (ZOOKEEPER-4956).
const ServicePrefix = "dns-srv://"

// IsService reports whether name is that of a service.
func IsService(name string) bool { return strings.HasPrefix(name, ServicePrefix) }

// ServiceFunc has the shape of net.Resolver.LookupSRV. It is called with the whole name, without service and protocol.
type ServiceFunc = func(ctx context.Context, service, proto, name string) (cname string, records []*net.SRV, err error)

// target is a server that a service's record names.
type target struct {
	name string // host and port
	rank int
}

// LookUpService is the resolver of the system, as it is at that moment.
func LookUpService(ctx context.Context, service, proto, name string) (string, []*net.SRV, error) {
	return net.DefaultResolver.LookupSRV(ctx, service, proto, name)
}

// runService looks the records of a service up, and then the names in them, each in its own time.
func (r *Resolver) runService(ctx context.Context, name string) {
	defer r.running.Done()
	limited, cancel := context.WithTimeout(ctx, lookupLimit)
	defer cancel()
	_, records, err := r.service(limited, "", "", strings.TrimPrefix(name, ServicePrefix))
	targets := r.targetsOf(records)
	switch {
	case len(targets) > 0:
		err = nil // records that are malformed come with an error beside those that are not
	case err == nil:
		err = errors.New("the service has no servers")
	}
	if err != nil {
		err = fmt.Errorf("look up the SRV records of %s: %w", strings.TrimPrefix(name, ServicePrefix), err)
	}
	r.mu.Lock()
	now := r.names[name]
	now.Pending, now.Err = false, err
	if err == nil {
		r.targets[name] = targets
		for _, t := range targets {
			if !r.stopped {
				r.beginLocked(ctx, t.name)
			}
		}
	}
	r.mu.Unlock()
	r.tell()
}

// targetsOf returns the servers that records name, those to be tried first in front. Among records of one priority the
// resolver's order counts, which is drawn by their weights; if nothing is to be shuffled, the weights themselves. A target
// "." says that there is no such service.
func (r *Resolver) targetsOf(records []*net.SRV) (all []target) {
	records = slices.DeleteFunc(slices.Clone(records), func(s *net.SRV) bool {
		return s == nil || strings.TrimSuffix(s.Target, ".") == "" || s.Port == 0
	})
	slices.SortStableFunc(records, func(a, b *net.SRV) int {
		if byPriority := cmp.Compare(a.Priority, b.Priority); byPriority != 0 || r.shuffle {
			return byPriority
		}
		return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.Target, b.Target), cmp.Compare(a.Port, b.Port))
	})
	rank := 0
	for i, s := range records {
		if i > 0 && s.Priority != records[i-1].Priority {
			rank++
		}
		name := net.JoinHostPort(strings.TrimSuffix(s.Target, "."), strconv.Itoa(int(s.Port)))
		if !slices.ContainsFunc(all, func(t target) bool { return t.name == name }) {
			all = append(all, target{name, rank})
		}
	}
	return all
}

// serviceLocked puts together what is known of a service and of the names in its records.
func (r *Resolver) serviceLocked(name string, now Resolution) Resolution {
	for _, t := range r.targets[name] {
		res := r.stateLocked(t.name)
		now.Pending = now.Pending || res.Pending
		if now.Err == nil {
			now.Err = res.Err
		}
		for _, s := range res.Addrs {
			s.Rank = t.rank
			now.Addrs = append(now.Addrs, s)
		}
	}
	return now
}
