package acl

import (
	"crypto/sha1"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/javahash"
)

// Identity is one id of a connection.
type Identity struct{ Scheme, id string }

// DigestID returns the id of a credential "user:password" (DigestAuthenticationProvider.generateDigest). A credential without a
// colon is only a name.
func DigestID(credential string) string {
	name, _, _ := strings.Cut(credential, ":")
	sum := sha1.Sum([]byte(credential))
	return name + ":" + base64.StdEncoding.EncodeToString(sum[:])
}

// New returns an id with a scheme.
func New(scheme, id string) Identity { return Identity{scheme, id} }

// With returns ids with one more. They have the order in which the server's hash map iterates over them, since that is the order in
// which "auth" adds them to lists. It does not change the old slice, which waiting requests may still use.
func With(ids []Identity, id Identity) []Identity {
	if slices.Contains(ids, id) {
		return ids
	}
	more := append(ids[:len(ids):len(ids)], id)
	const smallest, load = 16, 0.75
	buckets := uint32(smallest)
	for float64(len(more)) >= load*float64(buckets) {
		buckets <<= 1
	}
	slices.SortStableFunc(more, func(a, b Identity) int { return int(a.bucket(buckets)) - int(b.bucket(buckets)) })
	return more
}

// authenticates reports whether a client has to prove its ids of a scheme.
func authenticates(scheme string) bool {
	return scheme == Digest || scheme == SASL || scheme == X509
}

// HaveScheme reports whether any of the ids has one of these schemes.
func HaveScheme(ids []Identity, schemes []string) bool {
	return slices.ContainsFunc(ids, func(id Identity) bool { return slices.Contains(schemes, id.Scheme) })
}

// bucket returns the bucket of an id in a Java hash map, see Id.hashCode.
func (id Identity) bucket(buckets uint32) uint32 {
	h := uint32(17)
	h = 37*h + javahash.String(id.Scheme)
	h = 37*h + javahash.String(id.id)
	return javahash.Spread(h) & (buckets - 1)
}

// User returns the user part of an id, which is all that whoAmI reports.
func (id Identity) User() string {
	if id.Scheme != Digest {
		return id.id
	}
	name, _, _ := strings.Cut(id.id, ":")
	return name
}
