package zktest

import (
	"crypto/sha1"
	"encoding/base64"
	"slices"
	"strings"
)

// digestID is the id of a credential "user:password" (DigestAuthenticationProvider.generateDigest). One without a colon is
// taken for a name.
func digestID(credential string) string {
	name, _, _ := strings.Cut(credential, ":")
	sum := sha1.Sum([]byte(credential))
	return name + ":" + base64.StdEncoding.EncodeToString(sum[:])
}

// authenticate adds what a credential proves to a connection; false if it proves nothing.
func (c *conn) authenticate(scheme, credential string) bool {
	switch scheme {
	case schemeDigest:
		id := digestID(credential)
		if super := c.srv.w.cfg.superDigest; super != "" && id == super {
			c.addID(identity{schemeSuper, ""})
		}
		c.addID(identity{schemeDigest, id})
		return true
	case schemeIP:
		c.addID(identity{schemeIP, c.ip})
		return true
	default:
		return false
	}
}

// addID adds an id for as long as the connection lasts. The ids stand in the order in which the server's hash map of them
// iterates, since that is the order in which "auth" puts them into lists.
func (c *conn) addID(id identity) {
	if slices.Contains(c.ids, id) {
		return
	}
	// Requests that wait keep the ids of their time, so the old list stays as it is.
	ids := append(c.ids[:len(c.ids):len(c.ids)], id)
	const smallest, load = 16, 0.75
	buckets := uint32(smallest)
	for float64(len(ids)) >= load*float64(buckets) {
		buckets <<= 1
	}
	slices.SortStableFunc(ids, func(a, b identity) int { return int(a.bucket(buckets)) - int(b.bucket(buckets)) })
	c.ids = ids
}

// bucket is where an id is in a hash map, see Id.hashCode.
func (id identity) bucket(buckets uint32) uint32 {
	h := uint32(17)
	h = 37*h + javaString(id.scheme)
	h = 37*h + javaString(id.id)
	return javaSpread(h) & (buckets - 1)
}

// user is the user part of an id, which is all that whoAmI tells.
func (id identity) user() string {
	if id.scheme != schemeDigest {
		return id.id
	}
	name, _, _ := strings.Cut(id.id, ":")
	return name
}
