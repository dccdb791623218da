package watch

import "github.com/go-zookeeper/zk"

// Sink receives what a lasting watch reports. Its methods are called with no lock held.
type Sink interface {
	// Put delivers an event, with the zxid of the change or -1 if it is unknown.
	Put(e zk.Event, zxid int64)
	// Resync says that events may have been missed, and why.
	Resync(why error)
	// End says that the watch has ended, and why. It is the last call.
	End(why error)
}

// Listener is one lasting watch. Any number of them may be on one path.
type Listener struct {
	Path string
	Mode Mode
	Sink Sink

	seq uint64 // order of registration; guarded by placements.mu
}
