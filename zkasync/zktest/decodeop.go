package zktest

import (
	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync/internal/wire"
)

// The flags of a create (CreateMode).
const (
	flagEphemeral           int32 = 1
	flagSequential          int32 = 2
	flagEphemeralSequential int32 = 3
	flagContainer           int32 = 4
	flagTTL                 int32 = 5
	flagTTLSequential       int32 = 6
)

// operation is one decoded request, or one part of a multi.
type operation struct {
	op      wire.OpCode
	path    text
	data    []byte
	acl     []zk.ACL
	flags   int32 // of a create; the mode or type of a watch
	ttl     int64 // ms, -1 without
	version int32
	watch   bool

	sub []operation // of a multi

	zxid    int64 // of setWatches
	watches wire.WatchSet
	null    bool // a list of setWatches is null

	members [3]text // of reconfig: joining, leaving, new
	badMode bool    // a part of a multi over whose flags the server stumbles
}

// decodeOperation reads the record of a request. It is not called for operations that the server does not know.
func decodeOperation(op wire.OpCode, d *decoder) operation {
	o := operation{op: op, ttl: -1}
	switch op {
	case wire.OpCreate, wire.OpCreate2, wire.OpCreateContainer, wire.OpCreateTTL:
		o.decodeCreate(d)
	case wire.OpDelete, wire.OpCheck:
		o.path = d.text()
		o.version = d.int32()
	case wire.OpSetData:
		o.path = d.text()
		o.data = d.buffer()
		o.version = d.int32()
	case wire.OpSetACL:
		o.path = d.text()
		o.acl = d.acls()
		o.version = d.int32()
	case wire.OpExists, wire.OpGetData, wire.OpGetChildren, wire.OpGetChildren2:
		o.path = d.text()
		o.watch = d.bool()
	case wire.OpGetACL, wire.OpSync, wire.OpDeleteContainer, wire.OpGetEphemerals, wire.OpGetAllChildrenNumber:
		o.path = d.text()
	case wire.OpAddWatch, wire.OpRemoveWatches, wire.OpCheckWatches:
		o.path = d.text()
		o.flags = d.int32()
	case wire.OpSetWatches, wire.OpSetWatches2:
		o.decodeSetWatches(d)
	case wire.OpMulti, wire.OpMultiRead:
		o.decodeMulti(d)
	case wire.OpReconfig:
		for i := range o.members {
			o.members[i] = d.text()
		}
		o.zxid = d.int64()
	}
	return o
}

func (o *operation) decodeCreate(d *decoder) {
	o.path = d.text()
	o.data = d.buffer()
	o.acl = d.acls()
	o.flags = d.int32()
	if o.op == wire.OpCreateTTL {
		o.ttl = d.int64()
	}
}

func (o *operation) decodeSetWatches(d *decoder) {
	o.zxid = d.int64()
	lists := []*[]string{&o.watches.Data, &o.watches.Exist, &o.watches.Child}
	if o.op == wire.OpSetWatches2 {
		lists = append(lists, &o.watches.Persistent, &o.watches.PersistentRecursive)
	}
	for _, list := range lists {
		var null bool
		*list, null = d.texts()
		o.null = o.null || null
	}
}

// decodeMulti reads the parts of a multi. Those that read and those that write do not mix.
func (o *operation) decodeMulti(d *decoder) {
	for !d.bad {
		op := wire.OpCode(d.int32())
		done := d.bool()
		d.int32() // an error code, in requests without meaning
		if done || d.bad {
			return
		}
		switch op {
		case wire.OpCreate, wire.OpCreate2, wire.OpCreateContainer, wire.OpCreateTTL,
			wire.OpDelete, wire.OpSetData, wire.OpCheck, wire.OpGetData, wire.OpGetChildren:
		default:
			d.bad = true
			return
		}
		part := decodeOperation(op, d)
		part.watch = false // a read in a multi leaves no watch
		if len(o.sub) > 0 && part.reads() != o.sub[0].reads() {
			d.bad = true
		}
		o.sub = append(o.sub, part)
	}
}

func (o *operation) reads() bool { return o.op == wire.OpGetData || o.op == wire.OpGetChildren }

// settleMode gives a create inside a multi the type that its flags ask for (Op.Create.getOpcode). It reports whether the
// flags can be understood at all.
func (o *operation) settleMode(b *behaviour) bool {
	withTTL := o.flags == flagTTL || o.flags == flagTTLSequential
	switch o.op {
	case wire.OpCreate, wire.OpCreate2, wire.OpCreateContainer:
		switch {
		case b.create2InMulti && (o.flags < 0 || o.flags >= flagTTL):
			return false
		case withTTL:
			o.badMode = true
		case o.flags == flagContainer:
			o.op = wire.OpCreateContainer
		case o.op == wire.OpCreateContainer && !b.create2InMulti:
			o.op = wire.OpCreate
		}
	case wire.OpCreateTTL:
		switch {
		case o.flags == flagContainer:
			o.op, o.ttl = wire.OpCreateContainer, -1
		case !withTTL:
			o.op, o.ttl = wire.OpCreate, -1
		}
	}
	return true
}
