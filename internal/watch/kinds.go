package watch

import (
	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/wire"
)

// Kind is the server's table that a one-shot watch is in.
type Kind uint8

const (
	Data  Kind = iota // on a znode's data
	Exist             // on a znode that does not exist
	Child             // on a znode's list of children
	Kinds             // how many there are
)

// Mode is the mode of a lasting watch. The greater one is the stronger.
type Mode int32

const (
	Persistent Mode = Mode(wire.AddWatchPersistent)
	Recursive  Mode = Mode(wire.AddWatchPersistentRecursive)
	Modes           = 2 // how many there are
)

// firedBy lists which one-shot watches an event of each type fires.
var firedBy = map[zk.EventType][]Kind{
	zk.EventNodeCreated:         {Data, Exist},
	zk.EventNodeDataChanged:     {Data, Exist},
	zk.EventNodeDeleted:         {Data, Exist, Child},
	zk.EventNodeChildrenChanged: {Child},
}

// Known reports whether typ is a type of watch event.
func Known(typ zk.EventType) bool { return firedBy[typ] != nil }
