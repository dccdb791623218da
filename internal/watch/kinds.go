package watch

import (
	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/wire"
)

// Kind tells the server's tables of one-shot watches apart.
type Kind uint8

const (
	Data  Kind = iota // on a znode's data
	Exist             // on a znode that does not exist
	Child             // on a znode's list of children
	Kinds             // how many there are
)

// Mode is that of a lasting watch, the stronger one last.
type Mode int32

const (
	Persistent Mode = Mode(wire.AddWatchPersistent)
	Recursive  Mode = Mode(wire.AddWatchPersistentRecursive)
	Modes           = 2 // how many there are
)

// firedBy lists which one-shot watches an event of each type ends.
var firedBy = map[zk.EventType][]Kind{
	zk.EventNodeCreated:         {Data, Exist},
	zk.EventNodeDataChanged:     {Data, Exist},
	zk.EventNodeDeleted:         {Data, Exist, Child},
	zk.EventNodeChildrenChanged: {Child},
}

// Known reports whether events of that type are of watches.
func Known(typ zk.EventType) bool { return firedBy[typ] != nil }
