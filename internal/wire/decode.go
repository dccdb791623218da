package wire

import (
	"github.com/go-zookeeper/zk"
)

// The least size of an element of a vector: for a string that of its length, for
// an ACL that of its permissions and of the lengths of its two strings.
const (
	minStringLen = 4
	minACLLen    = 12
)

// DecodeInt32 reads a jute int.
func DecodeInt32(body []byte) (int32, []byte, error) {
	r := reader{body: body}
	v := r.int32("int")
	if r.err != nil {
		return 0, nil, r.err
	}
	return v, r.rest(), nil
}

// DecodeInt64 reads a jute long.
func DecodeInt64(body []byte) (int64, []byte, error) {
	r := reader{body: body}
	v := r.int64("long")
	if r.err != nil {
		return 0, nil, r.err
	}
	return v, r.rest(), nil
}

// DecodeBool reads a jute boolean; any byte but zero is true.
func DecodeBool(body []byte) (bool, []byte, error) {
	r := reader{body: body}
	v := r.bool("boolean")
	if r.err != nil {
		return false, nil, r.err
	}
	return v, r.rest(), nil
}

// DecodeString reads a jute ustring; null is "".
func DecodeString(body []byte) (string, []byte, error) {
	r := reader{body: body}
	s := r.string("string")
	if r.err != nil {
		return "", nil, r.err
	}
	return s, r.rest(), nil
}

// DecodeData reads a jute buffer into a copy of its exact size. Null, which is a
// znode without data, is nil; a znode with empty data gives an empty slice.
func DecodeData(body []byte) (data, rest []byte, err error) {
	r := reader{body: body}
	data = r.buffer("data")
	if r.err != nil {
		return nil, nil, r.err
	}
	return data, r.rest(), nil
}

// DecodeStrings reads a vector of ustrings; null is nil. The strings share one
// allocation, since a znode may have 100,000 children. So whoever keeps one of
// them keeps the bytes of all.
func DecodeStrings(body []byte) (ss []string, rest []byte, err error) {
	r := reader{body: body}
	n := r.length("string count", minStringLen)
	start := r.off
	for i := 0; i < n && r.err == nil; i++ {
		r.span("string")
	}
	if r.err != nil {
		return nil, nil, r.err
	}
	if n < 0 {
		return nil, r.rest(), nil
	}
	return cutStrings(string(body[start:r.off]), n), r.rest(), nil
}

// cutStrings cuts the encoded strings in all, whose lengths have been checked,
// into n pieces.
func cutStrings(all string, n int) []string {
	ss := make([]string, n)
	for i := range ss {
		size := 0
		if v := int32(be32(all)); v > 0 {
			size = int(v)
		}
		ss[i] = all[minStringLen : minStringLen+size]
		all = all[minStringLen+size:]
	}
	return ss
}

func be32(s string) uint32 {
	return uint32(s[3]) | uint32(s[2])<<8 | uint32(s[1])<<16 | uint32(s[0])<<24
}

// DecodeACLs reads a vector of ACLs; null is nil.
func DecodeACLs(body []byte) ([]zk.ACL, []byte, error) {
	r := reader{body: body}
	n := r.length("acl count", minACLLen)
	if r.err != nil {
		return nil, nil, r.err
	}
	if n < 0 {
		return nil, r.rest(), nil
	}
	acl := make([]zk.ACL, n)
	for i := 0; i < n && r.err == nil; i++ {
		acl[i].Perms = r.int32("acl permissions")
		acl[i].Scheme = r.string("acl scheme")
		acl[i].ID = r.string("acl id")
	}
	if r.err != nil {
		return nil, nil, r.err
	}
	return acl, r.rest(), nil
}
