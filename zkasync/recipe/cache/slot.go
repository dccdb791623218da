package cache

import (
	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
)

// slot is a place in the order in which changes are reported, usually the place of an event from the server. What has changed
// is known once the event's znode has been read. Slots that are known wait for those in front of them. So changes are reported
// in the order in which they were made, in whatever order they were read.
type slot struct {
	number  uint64
	kind    zk.EventType
	zxid    int64 // of the change, or 0 if the server does not tell
	known   bool
	changes []change
	marks   []*future.Promise[future.Void] // calls of Sync that wait for this place
	synced  bool                           // the cache is complete from here on
}
