// Package jute decodes the records of requests as a server does: strings that may be null, lists, and one record for each operation.
package jute

import (
	"encoding/binary"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/acl"
)

// NullLength is the length of a null string, buffer or list.
const NullLength int32 = -1

// Decoder decodes records as the server's BinaryInputArchive does. After the first read that does not fit, which sets Bad, every read
// returns zero. A length is trusted only as far as bytes are there. Strings and data are copies.
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

// Int32 reads an int.
func (d *Decoder) Int32() int32 {
	if p := d.take(4); p != nil {
		return int32(binary.BigEndian.Uint32(p))
	}
	return 0
}

// Int64 reads a long.
func (d *Decoder) Int64() int64 {
	if p := d.take(8); p != nil {
		return int64(binary.BigEndian.Uint64(p))
	}
	return 0
}

// Bool reads a boolean.
func (d *Decoder) Bool() bool {
	p := d.take(1)
	return p != nil && p[0] != 0
}

// Text reads a string.
func (d *Decoder) Text() Text {
	n := d.Int32()
	if n == NullLength && !d.Bad {
		return Text{Null: true}
	}
	return Text{S: TextOf(d.take(int(n)))}
}

// Buffer reads data. Null is nil; empty data are not nil.
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

// texts reads a list of strings, which may be null.
func (d *Decoder) texts() (list []Text, null bool) {
	n := d.Int32()
	if n == NullLength {
		return nil, true
	}
	for ; n > 0 && !d.Bad; n-- {
		list = append(list, d.Text())
	}
	return list, false
}

// acls reads a list. nulls has a value for each entry if the list contains a null string, otherwise it is nil.
func (d *Decoder) acls() (list []zk.ACL, nulls []acl.Nulls) {
	for n := d.Int32(); n > 0 && !d.Bad; n-- {
		e := zk.ACL{Perms: d.Int32()}
		scheme, id := d.Text(), d.Text()
		e.Scheme, e.ID = known(scheme.S), known(id.S)
		list = append(list, e)
		if nulls == nil && (scheme.Null || id.Null) {
			nulls = make([]acl.Nulls, len(list)-1)
		}
		if nulls != nil {
			nulls = append(nulls, acl.Nulls{Scheme: scheme.Null, ID: id.Null})
		}
	}
	return list, nulls
}

// known returns a constant for strings that are in nearly all ACLs, so that ACLs do not keep copies of them.
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
