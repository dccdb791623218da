package session

import (
	"github.com/zkasync/zkasync-go/internal/mux"
	"github.com/zkasync/zkasync-go/internal/watch"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// Owner is the client, as its session sees it. Its methods must not block. Those that come from the connection are called in the
// order in which things happen there, see mux.Observer.
type Owner interface {
	// Established is called for each connection that has a session, with the server's name as it was given. It returns what to
	// send first; watches are restored as of zxid.
	Established(s mux.Session, name string, zxid int64) mux.Opening
	// Restored is called when these requests have been answered.
	Restored(readOnly bool)
	// Disconnected is called at the end of each established connection. Suspended follows, unless the client is stopping.
	Disconnected(cause error)
	Suspended(cause error)
	// ClockRanOut is called when, by the local clock, the session can no longer be alive. It may still turn out to be.
	ClockRanOut()
	// Unheard(true) is called repeatedly while the server may not have heard from the client for nearly a session timeout
	// though there is a connection, and Unheard(false) once when that is over.
	Unheard(on bool)
	// Expired is called when a server has said that the session is over, before waiting requests fail; ExpiredDone is called
	// after they have failed.
	Expired(id int64)
	ExpiredDone()
	// Event is called for each watch event, whoever has set the watch.
	Event(e wire.WatchEvent, at watch.Place)
	// WatchesLost is called when a connection was lost at a request with which go-zookeeper restores watches.
	WatchesLost()
	// ReplyDropped is called when the reply to one of go-zookeeper's requests was too large.
	ReplyDropped(cause *mux.ReplySizeError)
	// Demanded is called when the server demands credentials that the client lacks. Code is that of the refusal.
	Demanded(code int32)
	// CloseAsked is called when somebody has closed go-zookeeper's connection.
	CloseAsked()
	// Overdue is called when a user function holds up End.
	Overdue()
}
