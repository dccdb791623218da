package wire

import "strconv"

// OpCode is the type field of a request header, as in ZooDefs.OpCode.
type OpCode int32

// The opcodes. Servers know multiRead, getEphemerals, getAllChildrenNumber, setWatches2
// and addWatch since 3.6, whoAmI since 3.7.
const (
	OpNotify               OpCode = 0
	OpCreate               OpCode = 1
	OpDelete               OpCode = 2
	OpExists               OpCode = 3
	OpGetData              OpCode = 4
	OpSetData              OpCode = 5
	OpGetACL               OpCode = 6
	OpSetACL               OpCode = 7
	OpGetChildren          OpCode = 8
	OpSync                 OpCode = 9
	OpPing                 OpCode = 11
	OpGetChildren2         OpCode = 12
	OpCheck                OpCode = 13
	OpMulti                OpCode = 14
	OpCreate2              OpCode = 15
	OpReconfig             OpCode = 16
	OpCheckWatches         OpCode = 17
	OpRemoveWatches        OpCode = 18
	OpCreateContainer      OpCode = 19
	OpDeleteContainer      OpCode = 20
	OpCreateTTL            OpCode = 21
	OpMultiRead            OpCode = 22
	OpSetAuth              OpCode = 100
	OpSetWatches           OpCode = 101
	OpSASL                 OpCode = 102
	OpGetEphemerals        OpCode = 103
	OpGetAllChildrenNumber OpCode = 104
	OpSetWatches2          OpCode = 105
	OpAddWatch             OpCode = 106
	OpWhoAmI               OpCode = 107
	OpCreateSession        OpCode = -10
	OpClose                OpCode = -11
	OpError                OpCode = -1
)

// Transaction ids that do not come from the client's counter.
const (
	XidWatch      int32 = -1 // a watch event; no request belongs to it
	XidPing       int32 = -2
	XidAuth       int32 = -4
	XidSetWatches int32 = -8 // used by the C client; the server accepts any xid
)

// NoZxid is the zxid in the header of a reply that belongs to no transaction.
const NoZxid int64 = -1

// verbs are the names of operations in error messages. The variants of an
// operation (create2, getChildren2) share its name, since users know only one.
var verbs = map[OpCode]string{
	OpNotify:               "notify",
	OpCreate:               "create",
	OpDelete:               "delete",
	OpExists:               "exists",
	OpGetData:              "get",
	OpSetData:              "set",
	OpGetACL:               "get acl",
	OpSetACL:               "set acl",
	OpGetChildren:          "children",
	OpSync:                 "sync",
	OpPing:                 "ping",
	OpGetChildren2:         "children",
	OpCheck:                "check",
	OpMulti:                "multi",
	OpCreate2:              "create",
	OpReconfig:             "reconfig",
	OpCheckWatches:         "check watches",
	OpRemoveWatches:        "remove watches",
	OpCreateContainer:      "create",
	OpDeleteContainer:      "delete container",
	OpCreateTTL:            "create",
	OpMultiRead:            "multi read",
	OpSetAuth:              "add auth",
	OpSetWatches:           "set watches",
	OpSASL:                 "sasl",
	OpGetEphemerals:        "get ephemerals",
	OpGetAllChildrenNumber: "count children",
	OpSetWatches2:          "set watches",
	OpAddWatch:             "add watch",
	OpWhoAmI:               "who am i",
	OpCreateSession:        "create session",
	OpClose:                "close",
	OpError:                "error",
}

// String returns the name that error messages use, or "opcode 42" if there is none.
func (o OpCode) String() string {
	if verb, ok := verbs[o]; ok {
		return verb
	}
	return "opcode " + strconv.Itoa(int(o))
}
