package zktest

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"

	"github.com/go-zookeeper/zk"
)

// decoder reads the records of requests as the server's BinaryInputArchive does. What does not fit sets bad, after which
// every read gives zero. A length is believed only as far as the bytes are there. Strings and data are copies.
type decoder struct {
	body []byte
	bad  bool
}

func (d *decoder) take(n int) []byte {
	if d.bad || n < 0 || n > len(d.body) {
		d.bad = true
		return nil
	}
	p := d.body[:n]
	d.body = d.body[n:]
	return p
}

func (d *decoder) int32() int32 {
	if p := d.take(4); p != nil {
		return int32(binary.BigEndian.Uint32(p))
	}
	return 0
}

func (d *decoder) int64() int64 {
	if p := d.take(8); p != nil {
		return int64(binary.BigEndian.Uint64(p))
	}
	return 0
}

func (d *decoder) bool() bool {
	p := d.take(1)
	return p != nil && p[0] != 0
}

// text is a jute string, which may be null.
type text struct {
	s    string
	null bool
}

func (d *decoder) text() text {
	n := d.int32()
	if n == nullLength && !d.bad {
		return text{null: true}
	}
	p := d.take(int(n))
	if utf8.Valid(p) {
		return text{s: string(p)}
	}
	return text{s: strings.ToValidUTF8(string(p), "\ufffd")} // as Java decodes it
}

// buffer reads data; null is nil, and empty is not.
func (d *decoder) buffer() []byte {
	n := d.int32()
	if n == nullLength || d.bad {
		return nil
	}
	p := d.take(int(n))
	if d.bad {
		return nil
	}
	return append(make([]byte, 0, len(p)), p...)
}

// texts reads a list of strings. A null one has the server fail where it looks at it.
func (d *decoder) texts() (list []string, null bool) {
	n := d.int32()
	if n == nullLength {
		return nil, true
	}
	for ; n > 0 && !d.bad; n-- {
		list = append(list, d.text().s)
	}
	return list, false
}

func (d *decoder) acls() []zk.ACL {
	var list []zk.ACL
	for n := d.int32(); n > 0 && !d.bad; n-- {
		e := zk.ACL{Perms: d.int32()}
		e.Scheme = known(d.text().s)
		e.ID = known(d.text().s)
		list = append(list, e)
	}
	return list
}

// known returns the constant for a string that is in nearly all lists, so that lists do not keep copies.
func known(s string) string {
	switch s {
	case schemeWorld:
		return schemeWorld
	case anyone:
		return anyone
	default:
		return s
	}
}
