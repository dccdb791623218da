package acl

import (
	"crypto/sha1"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/javahash"
)

// Identity is one thing that a connection has shown to be.
type Identity struct{ Scheme, id string }

// DigestID is the id of a credential "user:password" (DigestAuthenticationProvider.generateDigest). One without a colon is
// taken for a name.
func DigestID(credential string) string {
	name, _, _ := strings.Cut(credential, ":")
	sum := sha1.Sum([]byte(credential))
	return name + ":" + base64.StdEncoding.EncodeToString(sum[:])
}

// New returns an id of a scheme.
func New(scheme, id string) Identity { return Identity{scheme, id} }

// With returns ids with one more. They stand in the order in which the server's hash map of them iterates, since that is
// the order in which "auth" puts them into lists. The old list stays as it is, since requests that wait keep it.
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

// authenticates tells the schemes whose ids are proof of something.
func authenticates(scheme string) bool {
	return scheme == Digest || scheme == SASL || scheme == X509
}

// Authenticated reports whether one who has shown ids has proven anything.
func Authenticated(ids []Identity) bool {
	for _, id := range ids {
		if authenticates(id.Scheme) || id.Scheme == Super {
			return true
		}
	}
	return false
}

// bucket is where an id is in a hash map, see Id.hashCode.
func (id Identity) bucket(buckets uint32) uint32 {
	h := uint32(17)
	h = 37*h + javahash.String(id.Scheme)
	h = 37*h + javahash.String(id.id)
	return javahash.Spread(h) & (buckets - 1)
}

// User is the user part of an id, which is all that whoAmI tells.
func (id Identity) User() string {
	if id.Scheme != Digest {
		return id.id
	}
	name, _, _ := strings.Cut(id.id, ":")
	return name
}
