// Package acl has the access control lists of znodes, and the ids of clients that are checked against them.
package acl

import (
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

// Rules say which ids a server knows, besides those that every server knows.
type Rules struct {
	SASL, X509 bool // it is configured for the scheme
	IPv6       bool // the scheme "ip" has addresses of IPv6
}

// Verdict is what a server thinks of a list.
type Verdict int

// Verdicts.
const (
	Valid   Verdict = iota
	Invalid         // InvalidACLException
	Failure         // the server fails when it compares a null string or looks into it
)

// Nulls says which strings of an entry are null in the request. They are empty in the entry itself.
type Nulls struct{ Scheme, ID bool }

// Fix turns the list of a request into that of a znode (PrepRequestProcessor.fixupACL): it drops repeated entries, and replaces
// "auth" by the ids that the connection has proven. nulls has one value for each entry, or is nil if nothing is null.
func (r Rules) Fix(entries []zk.ACL, nulls []Nulls, ids []Identity) (*List, Verdict) {
	if len(entries) == 1 && entries[0] == Open.Entries[0] {
		return Open, Valid // nearly all lists are this one
	}
	if nulls == nil {
		nulls = make([]Nulls, len(entries))
	}
	kept, ok := unique(entries, nulls)
	switch {
	case !ok:
		return nil, Failure
	case len(kept) == 0:
		return nil, Invalid
	}
	var fixed []zk.ACL
	for _, i := range kept {
		e := entries[i]
		switch {
		case nulls[i].Scheme:
			return nil, Invalid
		case e.Scheme == Auth:
			before := len(fixed)
			for _, id := range ids {
				if authenticates(id.Scheme) {
					fixed = append(fixed, zk.ACL{Perms: e.Perms, Scheme: id.Scheme, ID: id.id})
				}
			}
			if len(fixed) == before {
				return nil, Invalid
			}
		case nulls[i].ID && (e.Scheme == World || r.knows(e.Scheme)):
			return nil, Failure
		case e.Scheme == World && e.ID == Anyone, r.knows(e.Scheme) && r.validID(e.Scheme, e.ID):
			fixed = append(fixed, e)
		default:
			return nil, Invalid
		}
	}
	return &List{fixed}, Valid
}

// unique returns the indices of the entries that differ from all before them, and false if the server fails while it compares them.
func unique(entries []zk.ACL, nulls []Nulls) (kept []int, ok bool) {
	for i, e := range entries {
		repeated := false
		for _, j := range kept {
			switch other := entries[j]; {
			case e.Perms != other.Perms:
			case nulls[i].Scheme:
				return nil, false
			case e.Scheme != other.Scheme || nulls[j].Scheme:
			case nulls[i].ID:
				return nil, false
			case e.ID == other.ID && !nulls[j].ID:
				repeated = true
			}
		}
		if !repeated {
			kept = append(kept, i)
		}
	}
	return kept, true
}

// knows reports whether lists may contain ids of a scheme, besides "world" and "auth". Servers know the schemes of SASL and of
// certificates only if they are configured for them.
func (r Rules) knows(scheme string) bool {
	return scheme == Digest || scheme == IP || scheme == SASL && r.SASL || scheme == X509 && r.X509
}

// validID reports whether a list may contain an id of a scheme that the server knows.
func (r Rules) validID(scheme, id string) bool {
	switch scheme {
	case Digest: // valid if Java's split(":") returns two parts
		return strings.Count(strings.TrimRight(id, ":"), ":") == 1
	case IP:
		n, ok := parseNetwork(id)
		return ok && (r.IPv6 || len(n.addr) == 4)
	default:
		return id != ""
	}
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
	n, ok := parseNetwork(entry)
	return ok && n.contains(id.id)
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
