package jute

import (
	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/acl"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/release"
)

// The flags of a create (CreateMode).
const (
	FlagEphemeral           int32 = 1
	FlagSequential          int32 = 2
	FlagEphemeralSequential int32 = 3
	flagContainer           int32 = 4
	FlagTTL                 int32 = 5
	FlagTTLSequential       int32 = 6
)

// Operation is one decoded request, or one part of a multi.
type Operation struct {
	Op      wire.OpCode
	Path    Text
	Data    []byte
	ACL     []zk.ACL
	Nulls   []acl.Nulls // of ACL; nil if it contains no null
	Flags   int32       // of a create; the mode or type of a watch
	TTL     int64       // in ms, -1 if there is none
	Version int32
	Watch   bool

	Parts []Operation // of a multi

	Zxid    int64 // of setWatches; of a reconfig, the version of the configuration that it changes
	Watches wire.WatchSet
	Null    bool // setWatches contains a null at which the server fails

	Joining, Leaving, Members Text // of reconfig

	BadMode     bool // a part of a multi with flags at which the server fails
	KeeperReads bool // a multi contains reads that only ClickHouse Keeper takes in a multi
}

// Decode decodes the record of a request. It is not called for operations that the server does not know.
func Decode(op wire.OpCode, d *Decoder) Operation {
	o := Operation{Op: op, TTL: -1}
	switch op {
	case wire.OpCreate, wire.OpCreate2, wire.OpCreateContainer, wire.OpCreateTTL:
		o.decodeCreate(d)
	case wire.OpDelete, wire.OpCheck:
		o.Path = d.Text()
		o.Version = d.Int32()
	case wire.OpSetData:
		o.Path = d.Text()
		o.Data = d.Buffer()
		o.Version = d.Int32()
	case wire.OpSetACL:
		o.Path = d.Text()
		o.ACL, o.Nulls = d.acls()
		o.Version = d.Int32()
	case wire.OpExists, wire.OpGetData, wire.OpGetChildren, wire.OpGetChildren2:
		o.Path = d.Text()
		o.Watch = d.Bool()
	case wire.OpDeleteContainer:
		o.Path = d.Text()
		d.Bad = d.Bad || o.Path.Null // the server reads bytes, and makes a string of them
	case wire.OpGetACL, wire.OpSync, wire.OpGetEphemerals, wire.OpGetAllChildrenNumber:
		o.Path = d.Text()
	case wire.OpAddWatch, wire.OpRemoveWatches, wire.OpCheckWatches:
		o.Path = d.Text()
		o.Flags = d.Int32()
	case wire.OpSetWatches, wire.OpSetWatches2:
		o.decodeSetWatches(d)
	case wire.OpMulti, wire.OpMultiRead:
		o.decodeMulti(d)
	case wire.OpReconfig:
		o.Joining, o.Leaving, o.Members = d.Text(), d.Text(), d.Text()
		o.Zxid = d.Int64()
	}
	return o
}

func (o *Operation) decodeCreate(d *Decoder) {
	o.Path = d.Text()
	o.Data = d.Buffer()
	o.ACL, o.Nulls = d.acls()
	o.Flags = d.Int32()
	if o.Op == wire.OpCreateTTL {
		o.TTL = d.Int64()
	}
}

// decodeSetWatches decodes the lists up to the first null at which the server fails, when it has restored what is before.
func (o *Operation) decodeSetWatches(d *Decoder) {
	o.Zxid = d.Int64()
	lists := []*[]string{&o.Watches.Data, &o.Watches.Exist, &o.Watches.Child}
	lookedUp := len(lists)
	if o.Op == wire.OpSetWatches2 {
		lists = append(lists, &o.Watches.Persistent, &o.Watches.PersistentRecursive)
	}
	for i, list := range lists {
		texts, null := d.texts()
		for _, path := range texts {
			switch {
			case o.Null:
			case !path.Null:
				*list = append(*list, path.S)
			case i < lookedUp:
				o.Null = true
			}
		}
		o.Null = o.Null || null
	}
}

// decodeMulti decodes the parts of a multi. Reads and writes cannot be mixed.
func (o *Operation) decodeMulti(d *Decoder) {
	for !d.Bad {
		op := wire.OpCode(d.Int32())
		done := d.Bool()
		d.Int32() // an error code, which has no meaning in a request
		if done || d.Bad {
			return
		}
		switch op {
		case wire.OpCreate, wire.OpCreate2, wire.OpCreateContainer, wire.OpCreateTTL,
			wire.OpDelete, wire.OpSetData, wire.OpCheck, wire.OpGetData, wire.OpGetChildren:
		case wire.OpExists, wire.OpGetChildren2:
			o.KeeperReads = true
		default:
			d.Bad = true
			return
		}
		part := Decode(op, d)
		part.Watch = false // a read in a multi leaves no watch
		if len(o.Parts) > 0 && part.Reads() != o.Parts[0].Reads() {
			d.Bad = true
		}
		o.Parts = append(o.Parts, part)
	}
}

// Reads reports whether o is a read that a multi may contain.
func (o *Operation) Reads() bool {
	switch o.Op {
	case wire.OpGetData, wire.OpGetChildren, wire.OpExists, wire.OpGetChildren2:
		return true
	default:
		return false
	}
}

// SettleMode gives a create inside a multi the type that belongs to its flags (Op.Create.getOpcode). It returns false if the flags
// are unknown.
func (o *Operation) SettleMode(b *release.Behaviour) bool {
	withTTL := o.Flags == FlagTTL || o.Flags == FlagTTLSequential
	switch o.Op {
	case wire.OpCreate, wire.OpCreate2, wire.OpCreateContainer:
		switch {
		case b.Create2InMulti && (o.Flags < 0 || o.Flags >= FlagTTL):
			return false
		case withTTL:
			o.BadMode = true
		case o.Flags == flagContainer:
			o.Op = wire.OpCreateContainer
		case o.Op == wire.OpCreateContainer && !b.Create2InMulti:
			o.Op = wire.OpCreate
		}
	case wire.OpCreateTTL:
		switch {
		case o.Flags == flagContainer:
			o.Op, o.TTL = wire.OpCreateContainer, -1
		case !withTTL:
			o.Op, o.TTL = wire.OpCreate, -1
		}
	}
	return true
}

// Writes reports whether an operation becomes a transaction.
func Writes(op wire.OpCode) bool {
	switch op {
	case wire.OpCreate, wire.OpCreate2, wire.OpCreateContainer, wire.OpCreateTTL, wire.OpDelete, wire.OpDeleteContainer,
		wire.OpSetData, wire.OpSetACL, wire.OpCheck, wire.OpMulti, wire.OpReconfig, wire.OpClose:
		return true
	default:
		return false
	}
}

// FirstPath returns the path of an operation, or that of the first part of a multi.
func (o *Operation) FirstPath() string {
	if len(o.Parts) > 0 {
		return o.Parts[0].Path.S
	}
	return o.Path.S
}
