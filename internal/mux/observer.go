package mux

import (
	"time"

	"github.com/zkasync/zkasync-go/internal/wire"
)

// Session is what a handshake agreed on.
type Session struct {
	ID       int64
	Password []byte
	Timeout  int32 // milliseconds
	ReadOnly bool
	Server   string // the address of the connection's other end
}

// Observer is told what happens to the session. All methods run on the goroutine that found out, one at a time, in order with the completions around them, and hold no lock.
type Observer interface {
	// Established follows a handshake. The requests that it returns are sent before anything else.
	Established(s Session) []Request
	// Restored follows the replies to these requests; what waits is sent afterwards.
	Restored()
	// Lost follows the failure of all that was pending on an established connection, whose server has heard from this side at
	// heard, and perhaps later.
	Lost(cause error, heard time.Time)
	// Unheard tells that the server of a connection may have heard nothing from this side for nearly a session timeout, again and
	// again while that is so, and once when it is so no longer.
	Unheard(on bool)
	// Expired comes before the waiting requests fail, ExpiredDone after.
	Expired()
	ExpiredDone()
	// CloseAsked: somebody had go-zookeeper close the session without stopping the mux first.
	CloseAsked()
	// ReplyDropped: a reply to somebody else's request, on go-zookeeper's side of the connection, was larger than
	// is accepted.
	ReplyDropped(cause *ReplySizeError)
	// Demanded: the server demands credentials that the client does not have, and ends the connection.
	Demanded(code int32)
	// WatchesLost: a connection was lost at a request of go-zookeeper's that restores watches.
	WatchesLost(b Blame)
	// Event is a watch event from the server, in its place among the replies. Zxid is that of the change, -1 where the server
	// does not tell.
	Event(e wire.WatchEvent, zxid int64)
}
