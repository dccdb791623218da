package zktest

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/go-zookeeper/zk"
)

// Schemes of ids.
const (
	schemeWorld  = "world"
	schemeAuth   = "auth"
	schemeDigest = "digest"
	schemeIP     = "ip"
	schemeSASL   = "sasl"
	schemeX509   = "x509"
	schemeSuper  = "super"
	anyone       = "anyone"
)

// acl is the access control list of a znode. It does not change.
type acl struct{ entries []zk.ACL }

var (
	openACL = &acl{zk.WorldACL(zk.PermAll)}
	readACL = &acl{zk.WorldACL(zk.PermRead)}
)

// identity is one thing that a connection has shown to be.
type identity struct{ scheme, id string }

// fixACL turns the list of a request into that of a znode (PrepRequestProcessor.fixupACL): no entry twice, "auth" replaced
// by what the connection has shown. A list that cannot be is reported as false.
func (cfg *config) fixACL(entries []zk.ACL, ids []identity) (*acl, bool) {
	if len(entries) == 1 && entries[0] == openACL.entries[0] {
		return openACL, true // nearly all of them
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
		case e.Scheme == schemeWorld && e.ID == anyone:
			fixed = append(fixed, e)
		case e.Scheme == schemeAuth:
			before := len(fixed)
			for _, id := range ids {
				if authenticates(id.scheme) {
					fixed = append(fixed, zk.ACL{Perms: e.Perms, Scheme: id.scheme, ID: id.id})
				}
			}
			if len(fixed) == before {
				return nil, false
			}
		case cfg.validID(e.Scheme, e.ID):
			fixed = append(fixed, e)
		default:
			return nil, false
		}
	}
	return &acl{fixed}, true
}

// authenticates tells the schemes whose ids are proof of something.
func authenticates(scheme string) bool {
	return scheme == schemeDigest || scheme == schemeSASL || scheme == schemeX509
}

// validID reports whether an id can stand in a list. Servers know the schemes of SASL and of certificates only when they
// are configured for them.
func (cfg *config) validID(scheme, id string) bool {
	switch scheme {
	case schemeDigest: // as Java's split(":") gives two parts
		return strings.Count(strings.TrimRight(id, ":"), ":") == 1
	case schemeIP:
		_, ok := parseNet(id)
		return ok
	case schemeSASL:
		return len(cfg.saslUsers) > 0 && id != ""
	case schemeX509:
		return cfg.tls != nil && id != ""
	default:
		return false
	}
}

// parseNet reads "a.b.c.d" or "a.b.c.d/bits"; the server knows no other addresses in lists (IPAuthenticationProvider).
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

// allows reports whether one who has shown ids has one of the permissions (ZooKeeperServer.checkACL).
func (a *acl) allows(perms int32, ids []identity) bool {
	if a == nil || len(a.entries) == 0 {
		return true
	}
	for _, e := range a.entries {
		if e.Perms&perms != 0 && e.Scheme == schemeWorld && e.ID == anyone {
			return true
		}
	}
	for _, id := range ids {
		if id.scheme == schemeSuper {
			return true
		}
	}
	for _, e := range a.entries {
		if e.Perms&perms == 0 {
			continue
		}
		for _, id := range ids {
			if id.scheme == e.Scheme && matches(id, e.ID) {
				return true
			}
		}
	}
	return false
}

func matches(id identity, entry string) bool {
	if id.scheme != schemeIP {
		return id.id == entry
	}
	p, ok := parseNet(entry)
	addr, err := netip.ParseAddr(id.id)
	return ok && err == nil && p.Contains(addr)
}

// withoutDigests is what one sees of a list without the right to change it: names, and no hashes of passwords.
func (a *acl) withoutDigests() []zk.ACL {
	shown := slices.Clone(a.entries)
	for i := range shown {
		if shown[i].Scheme != schemeDigest {
			continue
		}
		if name, _, found := strings.Cut(shown[i].ID, ":"); found {
			shown[i].ID = name + ":x"
		}
	}
	return shown
}
