package watch

import "github.com/go-zookeeper/zk"

// Sink is told of what a lasting watch sees, on the connection's reader and with no lock held.
type Sink interface {
	// Put delivers an event, with the zxid of the change, -1 if that is not known.
	Put(e zk.Event, zxid int64)
	// Resync tells that events may have been missed, and why.
	Resync(why error)
	// End is the last call.
	End(why error)
}

// Listener is one lasting watch of somebody's. Any number of them may be on one path.
type Listener struct {
	Path string
	Mode Mode
	Sink Sink

	seq uint64 // order of registration; guarded by placements.mu
}
