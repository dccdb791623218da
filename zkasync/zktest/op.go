package zktest

import (
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/jute"
)

// Op is the operation of a request, by its number in the protocol (ZooDefs.OpCode).
type Op int32

// The operations.
const (
	OpCreate               = Op(wire.OpCreate)
	OpCreate2              = Op(wire.OpCreate2)
	OpCreateContainer      = Op(wire.OpCreateContainer)
	OpCreateTTL            = Op(wire.OpCreateTTL)
	OpDelete               = Op(wire.OpDelete)
	OpExists               = Op(wire.OpExists)
	OpGetData              = Op(wire.OpGetData)
	OpSetData              = Op(wire.OpSetData)
	OpGetACL               = Op(wire.OpGetACL)
	OpSetACL               = Op(wire.OpSetACL)
	OpGetChildren          = Op(wire.OpGetChildren)
	OpGetChildren2         = Op(wire.OpGetChildren2)
	OpSync                 = Op(wire.OpSync)
	OpPing                 = Op(wire.OpPing)
	OpCheck                = Op(wire.OpCheck)
	OpMulti                = Op(wire.OpMulti)
	OpMultiRead            = Op(wire.OpMultiRead)
	OpReconfig             = Op(wire.OpReconfig)
	OpCheckWatches         = Op(wire.OpCheckWatches)
	OpRemoveWatches        = Op(wire.OpRemoveWatches)
	OpSetWatches           = Op(wire.OpSetWatches)
	OpSetWatches2          = Op(wire.OpSetWatches2)
	OpAddWatch             = Op(wire.OpAddWatch)
	OpGetEphemerals        = Op(wire.OpGetEphemerals)
	OpGetAllChildrenNumber = Op(wire.OpGetAllChildrenNumber)
	OpWhoAmI               = Op(wire.OpWhoAmI)
	OpClose                = Op(wire.OpClose)

	// In a [Fault], OpAny stands for all operations except pings, OpAnyCreate for all creates, and OpAnyWrite for all
	// operations that become transactions.
	OpAny       Op = 0
	OpAnyCreate Op = -1001
	OpAnyWrite  Op = -1002
)

// String returns the name that error messages of package zkasync use.
func (o Op) String() string {
	switch o {
	case OpAny:
		return "any"
	case OpAnyCreate:
		return "any create"
	case OpAnyWrite:
		return "any write"
	default:
		return wire.OpCode(o).String()
	}
}

// covers reports whether o, in a fault, stands for op.
func (o Op) covers(op wire.OpCode) bool {
	switch o {
	case OpAny:
		return op != wire.OpPing
	case OpAnyCreate:
		return op == wire.OpCreate || op == wire.OpCreate2 || op == wire.OpCreateContainer || op == wire.OpCreateTTL
	case OpAnyWrite:
		return jute.Writes(op)
	default:
		return wire.OpCode(o) == op
	}
}
