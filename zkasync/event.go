package zkasync

import (
	"fmt"

	"github.com/go-zookeeper/zk"
)

// Event is an event of a watch. Type, Path and State are those of go-zookeeper's event; the path is without the chroot.
type Event struct {
	zk.Event

	// Zxid is the zxid of the change, from servers that send it (3.9 and later, ZOOKEEPER-4655); 0 if it is not known, as
	// for changes during an outage.
	Zxid int64

	// Resync marks an event of a [Subscription] that comes from the client, not from a server: changes may have been
	// missed, so read again whatever was read before. Type is 0, Path is that of the subscription, and Err says why:
	//
	//	ErrConnectionLoss  the connection was lost; servers do not tell what happened meanwhile
	//	ErrSessionExpired  the session was replaced, and with it ephemeral znodes are gone
	//	ErrSlowReader      more events waited than the subscription's rule allows
	//	ErrWatchRemoved    the server's watch was removed by RemoveWatches, and set again
	//
	// The first two are delivered after the watch has been set again and before waiting operations are sent, so a read
	// submitted in response to the event misses nothing.
	Resync bool
}

// String returns the type and the path, or the reason and the path of a resync.
func (e Event) String() string {
	if e.Resync {
		return fmt.Sprintf("Resync %s (%v)", printable(e.Path), e.Err)
	}
	return e.Type.String() + " " + printable(e.Path)
}

// eventOf returns the event of a change. Servers that do not report its zxid send -1.
func eventOf(e zk.Event, zxid int64) Event { return Event{Event: e, Zxid: max(zxid, 0)} }

func resyncEvent(path string, why error) Event {
	return Event{Event: zk.Event{State: zk.StateSyncConnected, Path: path, Err: why}, Resync: true}
}
