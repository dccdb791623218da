package session

import (
	"github.com/zkasync/zkasync-go/internal/mux"
	"github.com/zkasync/zkasync-go/internal/watch"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// Owner is the client as its session sees it. It is told of everything in the order in which it happens, and does not block.
type Owner interface {
	// Established is called for each connection that has a session. It returns the requests to be sent first, for a state as
	// of zxid.
	Established(s mux.Session, zxid int64) []mux.Request
	// Restored is called when these have been answered.
	Restored(readOnly bool)
	// Disconnected is called at the end of each connection; so is Suspended, unless the client is stopping.
	Disconnected(cause error)
	Suspended(cause error)
	// ClockRanOut says that by the local clock the session can no longer be alive. It may turn out to be.
	ClockRanOut()
	// Unheard says that the servers may not have heard from the session for nearly its timeout although there is a connection:
	// repeatedly while that is so, and once when it no longer is.
	Unheard(on bool)
	// Expired says that a server has ended the session, before what waits fails; ExpiredDone, when it has.
	Expired(id int64)
	ExpiredDone()
	// Event is called for each event of a watch, wherever that is.
	Event(e wire.WatchEvent, at watch.Place)
	// WatchesLost says that connections end at the request that restores watches.
	WatchesLost()
	// ReplyDropped says that the reply to one of go-zookeeper's requests was too large.
	ReplyDropped(cause *mux.ReplySizeError)
	// Demanded says that servers want credentials, by the code of their refusal.
	Demanded(code int32)
	// CloseAsked says that somebody has closed go-zookeeper's connection.
	CloseAsked()
	// Overdue says that a user function holds up End.
	Overdue()
}
