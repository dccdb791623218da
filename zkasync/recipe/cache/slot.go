package cache

import (
	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
)

// slot is a place in the order in which changes are told: that of an event of the server. What the event was about is known when
// its znode has been read. Slots that are known wait for those in front, so that changes are told in the order in which they were
// made, whatever the order in which they were read.
type slot struct {
	number  uint64
	kind    zk.EventType
	zxid    int64 // of the change, if the server tells it; else 0
	known   bool
	changes []change
	marks   []*future.Promise[future.Void] // of those who wait for this place
	synced  bool                           // the cache is complete from here on
}
