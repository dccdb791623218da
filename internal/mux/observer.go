package mux

import (
	"time"

	"github.com/zkasync/zkasync-go/internal/wire"
)

// Session is a session as a server granted it in a handshake.
type Session struct {
	ID       int64
	Password []byte
	Timeout  int32 // milliseconds
	ReadOnly bool
	Server   string // the server's address
}

// Observer is told what happens to the session. Its methods are called with no lock held. All but Unheard and CloseAsked run
// on the reading side of a connection: one at a time, in order with the completions of requests.
type Observer interface {
	// Established is called after a handshake. What it returns is sent before anything else.
	Established(s Session) Opening
	// Restored is called after the replies to that. Queued requests are sent afterwards.
	Restored()
	// Lost is called when an established connection has ended and the requests pending on it have failed. The server has
	// certainly heard from the client at the time heard, and perhaps later.
	Lost(cause error, heard time.Time)
	// Unheard(true) is called repeatedly while the server may have heard nothing from the client for nearly a session
	// timeout, and Unheard(false) once when that is over. The connection's clock calls it.
	Unheard(on bool)
	// Expired is called when the server has said that the session is over, before the waiting requests fail; ExpiredDone is
	// called after they have failed.
	Expired()
	ExpiredDone()
	// CloseAsked is called when go-zookeeper asks to close the session though Stop was not called. The goroutine that writes
	// for go-zookeeper calls it.
	CloseAsked()
	// ReplyDropped is called when the reply to one of go-zookeeper's requests was too large and was discarded.
	ReplyDropped(cause *ReplySizeError)
	// Demanded is called when the server ends the connection because it demands credentials that the client lacks.
	Demanded(code int32)
	// WatchesLost is called when a connection was lost at a request with which go-zookeeper restores watches.
	WatchesLost(b Blame)
	// Event is called for each watch event, in its place among the replies. Zxid is that of the change, or -1 if the server
	// does not send it.
	Event(e wire.WatchEvent, zxid int64)
}
