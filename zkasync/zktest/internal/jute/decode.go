// Package jute reads the records of requests, as the server does: strings that may be null, lists, and one record for each
// operation.
package jute

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/acl"
)

// NullLength is what stands instead of the length of a string, of data or of a list that is null.
const NullLength int32 = -1

// Decoder reads the records of requests as the server's BinaryInputArchive does. What does not fit sets bad, after which
// every read gives zero. A length is believed only as far as the bytes are there. Strings and data are copies.
type Decoder struct {
	Body []byte
	Bad  bool
}

func (d *Decoder) take(n int) []byte {
	if d.Bad || n < 0 || n > len(d.Body) {
		d.Bad = true
		return nil
	}
	p := d.Body[:n]
	d.Body = d.Body[n:]
	return p
}

func (d *Decoder) Int32() int32 {
	if p := d.take(4); p != nil {
		return int32(binary.BigEndian.Uint32(p))
	}
	return 0
}

func (d *Decoder) Int64() int64 {
	if p := d.take(8); p != nil {
		return int64(binary.BigEndian.Uint64(p))
	}
	return 0
}

func (d *Decoder) Bool() bool {
	p := d.take(1)
	return p != nil && p[0] != 0
}

// Text is a jute string, which may be null.
type Text struct {
	S    string
	Null bool
}

func (d *Decoder) Text() Text {
	n := d.Int32()
	if n == NullLength && !d.Bad {
		return Text{Null: true}
	}
	p := d.take(int(n))
	if utf8.Valid(p) {
		return Text{S: string(p)}
	}
	return Text{S: strings.ToValidUTF8(string(p), "\ufffd")} // as Java decodes it
}

// Buffer reads data; null is nil, and empty is not.
func (d *Decoder) Buffer() []byte {
	n := d.Int32()
	if n == NullLength || d.Bad {
		return nil
	}
	p := d.take(int(n))
	if d.Bad {
		return nil
	}
	return append(make([]byte, 0, len(p)), p...)
}

// texts reads a list of strings. A null one has the server fail where it looks at it.
func (d *Decoder) texts() (list []string, null bool) {
	n := d.Int32()
	if n == NullLength {
		return nil, true
	}
	for ; n > 0 && !d.Bad; n-- {
		list = append(list, d.Text().S)
	}
	return list, false
}

func (d *Decoder) acls() []zk.ACL {
	var list []zk.ACL
	for n := d.Int32(); n > 0 && !d.Bad; n-- {
		e := zk.ACL{Perms: d.Int32()}
		e.Scheme = known(d.Text().S)
		e.ID = known(d.Text().S)
		list = append(list, e)
	}
	return list
}

// known returns the constant for a string that is in nearly all lists, so that lists do not keep copies.
func known(s string) string {
	switch s {
	case acl.World:
		return acl.World
	case acl.Anyone:
		return acl.Anyone
	default:
		return s
	}
}
