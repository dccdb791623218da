package mux

import (
	"context"
	"time"

	"github.com/zkasync/zkasync-go/zkasync/internal/wire"
)

// Request is one request of ours. Exactly one of Reply and Fail is called, exactly once, with no lock held.
type Request interface {
	// Op is the operation's code.
	Op() wire.OpCode
	// Size is the length of the record that Append appends, in bytes.
	Size() int
	// Append appends the record behind the request header.
	Append(b []byte) []byte
	// Context decides whether the request may still be sent; nil means always.
	Context() context.Context
	// Reply hands over the server's answer. Body aliases the read buffer and is valid only during the call.
	Reply(code int32, body []byte)
	// Fail ends the request without an answer.
	Fail(f Failure)
}

// Step is a request of a restoration that may not be the last of its kind.
type Step interface {
	Request
	// Next is called behind Reply. It reports whether another request follows, before anything queued: goOn is called with it,
	// at once or later, on any goroutine, or never if the connection ends first.
	Next(goOn func(Request)) bool
}

// Reason says why a request got no answer.
type Reason uint8

const (
	// ReasonLoss: the connection was lost.
	ReasonLoss Reason = iota + 1
	// ReasonExpired: the server said that the session is over.
	ReasonExpired
	// ReasonContext: the request's context ended before the request was written.
	ReasonContext
	// ReasonRefused: the mux takes no requests, see [Mux.Refuse].
	ReasonRefused
	// ReasonReply: the server has answered, but with more than is accepted. Cause is a [*ReplySizeError].
	ReasonReply
)

// Failure is what is known of a request that got no answer.
type Failure struct {
	Reason Reason
	// Sent reports whether the whole request was handed to the connection, so that the server may have applied it.
	Sent  bool
	Cause error
	Blame Blame // at the loss of a connection
}

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
