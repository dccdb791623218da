// Package acl has the access control lists of znodes, and the ids of clients that are checked against them.
package acl

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/go-zookeeper/zk"
)

// The schemes of ids, and the only id of the scheme "world".
const (
	World    = "world"
	Auth     = "auth"
	Digest   = "digest"
	IP       = "ip"
	SASL     = "sasl"
	X509     = "x509"
	Super    = "super"
	Ensemble = "ensemble" // of credentials only
	Anyone   = "anyone"
)

// List is the access control list of a znode. It does not change.
type List struct{ Entries []zk.ACL }

// Open allows everything to everybody, Read only reading.
var (
	Open = &List{zk.WorldACL(zk.PermAll)}
	Read = &List{zk.WorldACL(zk.PermRead)}
)

// Rules say for which schemes a server is configured, besides those that every server knows.
type Rules struct{ SASL, X509 bool }

// Fix turns the list of a request into that of a znode (PrepRequestProcessor.fixupACL): it drops repeated entries, and replaces
// "auth" by the ids that the connection has proven. It returns false if the list is invalid.
func (r Rules) Fix(entries []zk.ACL, ids []Identity) (*List, bool) {
	if len(entries) == 1 && entries[0] == Open.Entries[0] {
		return Open, true // nearly all lists are this one
	}
	if len(entries) == 0 {
		return nil, false
	}
	var fixed []zk.ACL
	for i, e := range entries {
		if slices.Contains(entries[:i], e) {
			continue
		}
		switch {
		case e.Scheme == World && e.ID == Anyone:
			fixed = append(fixed, e)
		case e.Scheme == Auth:
			before := len(fixed)
			for _, id := range ids {
				if authenticates(id.Scheme) {
					fixed = append(fixed, zk.ACL{Perms: e.Perms, Scheme: id.Scheme, ID: id.id})
				}
			}
			if len(fixed) == before {
				return nil, false
			}
		case r.validID(e.Scheme, e.ID):
			fixed = append(fixed, e)
		default:
			return nil, false
		}
	}
	return &List{fixed}, true
}

// validID reports whether a list may contain an id. Servers know the schemes of SASL and of certificates only if they are configured
// for them.
func (r Rules) validID(scheme, id string) bool {
	switch scheme {
	case Digest: // valid if Java's split(":") returns two parts
		return strings.Count(strings.TrimRight(id, ":"), ":") == 1
	case IP:
		_, ok := parseNet(id)
		return ok
	case SASL:
		return r.SASL && id != ""
	case X509:
		return r.X509 && id != ""
	default:
		return false
	}
}

// parseNet parses "a.b.c.d" or "a.b.c.d/bits". The server accepts no other addresses in lists (IPAuthenticationProvider).
func parseNet(id string) (netip.Prefix, bool) {
	p, err := netip.ParsePrefix(id)
	if err != nil {
		addr, err := netip.ParseAddr(id)
		if err != nil {
			return netip.Prefix{}, false
		}
		p = netip.PrefixFrom(addr, addr.BitLen())
	}
	return p, p.Addr().Is4()
}

// Allows reports whether a client with these ids has one of the permissions (ZooKeeperServer.checkACL).
func (a *List) Allows(perms int32, ids []Identity) bool {
	if a == nil || len(a.Entries) == 0 {
		return true
	}
	for _, e := range a.Entries {
		if e.Perms&perms != 0 && e.Scheme == World && e.ID == Anyone {
			return true
		}
	}
	for _, id := range ids {
		if id.Scheme == Super {
			return true
		}
	}
	for _, e := range a.Entries {
		if e.Perms&perms == 0 {
			continue
		}
		for _, id := range ids {
			if id.Scheme == e.Scheme && matches(id, e.ID) {
				return true
			}
		}
	}
	return false
}

func matches(id Identity, entry string) bool {
	if id.Scheme != IP {
		return id.id == entry
	}
	p, ok := parseNet(entry)
	addr, err := netip.ParseAddr(id.id)
	return ok && err == nil && p.Contains(addr)
}

// WithoutDigests returns the entries as a client sees them that may not change the list: with names, but without hashes of passwords.
func (a *List) WithoutDigests() []zk.ACL {
	shown := slices.Clone(a.Entries)
	for i := range shown {
		if shown[i].Scheme != Digest {
			continue
		}
		if name, _, found := strings.Cut(shown[i].ID, ":"); found {
			shown[i].ID = name + ":x"
		}
	}
	return shown
}
