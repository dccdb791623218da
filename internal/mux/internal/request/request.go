// Package request defines what the mux and its inner packages know about requests, and how requests end.
package request

import (
	"context"
	"fmt"

	"github.com/zkasync/zkasync-go/internal/wire"
)

// Request is one request of ours. Exactly one of Reply and Fail is called, exactly once, with no lock held.
type Request interface {
	// Op is the operation's code.
	Op() wire.OpCode
	// Size is the length of the record that Append appends, in bytes. A [Departing] request whose record depends on Depart may
	// return the most that it can be.
	Size() int
	// Append appends the record that follows the request header. It does not change the request.
	Append(b []byte) []byte
	// Context decides whether the request may still be sent; nil means always.
	Context() context.Context
	// Reply hands over the server's answer. Body aliases the read buffer and is valid only during the call.
	Reply(code int32, body []byte)
	// Fail ends the request without an answer.
	Fail(f Failure)
}

// Departing is a request that must know when it is sent.
type Departing interface {
	Request
	// Depart is called right before Append, each time the request is sent, with no lock held. The request reserves here what
	// it needs on this connection. If it is no longer wanted, it reserves nothing and returns false: it then fails with
	// [ReasonNeedless].
	Depart() bool
}

// Withheld reports whether r must not be sent after all, and returns the failure to end it with. Otherwise the caller must
// encode r next.
func Withheld(r Request) (f Failure, withheld bool) {
	if d, ok := r.(Departing); ok && !d.Depart() {
		return Failure{Reason: ReasonNeedless}, true
	}
	return Failure{}, false
}

// Step is a request of a restoration that another one may follow, as in a conversation.
type Step interface {
	Request
	// Next is called after Reply. It returns true if another request must be sent before anything queued. Next then passes
	// that request to goOn, at once or later, on any goroutine; if the connection ends first, it need not.
	Next(goOn func(Request)) bool
}

// Opening is what goes first on a new connection.
type Opening struct {
	// Talk comes before anything else, heartbeats included: a server may serve nobody who has not said who he is. Nil: nothing does.
	Talk Conversation
	// Restore follows, before anything queued.
	Restore []Request
}

// Conversation is a number of requests each of which depends on the answer to the one before.
type Conversation interface {
	// Next returns the next request, or nil when the conversation is over. It is called at first and behind each Reply, by the
	// goroutine that reads the connection. It may wait, but no longer than until the connection is dead.
	Next(dead <-chan struct{}) Request
}

// FrameHead is the length of the length field of a frame, Overhead that of a request's frame without its record.
const (
	FrameHead = 4
	Overhead  = 12
)

// Reason says why a request got no answer.
type Reason uint8

const (
	// ReasonLoss: the connection was lost.
	ReasonLoss Reason = iota + 1
	// ReasonExpired: the server said that the session is over.
	ReasonExpired
	// ReasonContext: the request's context ended before the request was written.
	ReasonContext
	// ReasonNeedless: the request was no longer wanted when it was about to be written, see [Departing].
	ReasonNeedless
	// ReasonRefused: the mux accepts no requests, see Mux.Refuse, or was told to fail those that wait, see Mux.FailWaiting.
	ReasonRefused
	// ReasonReply: the server's reply was larger than the limit. Cause is a [*ReplySizeError].
	ReasonReply
)

// Failure is what is known about a request that got no answer.
type Failure struct {
	Reason Reason
	// Sent reports whether the whole request was handed to the connection, so that the server may have applied it.
	Sent  bool
	Cause error
	Blame Blame // set when a connection is lost
}

// ContextFailure returns the failure of a request whose context has ended.
func ContextFailure(ctx context.Context) Failure {
	return Failure{Reason: ReasonContext, Cause: ctx.Err()}
}

// Blame says where a request stood when a connection was lost. Servers answer in order, so a request that ends every
// connection on which it is sent is the first in flight once all before it have been answered.
type Blame struct {
	First bool // it was the first request in flight, or the first that left in part
	Alone bool // it was the only one
	Size  int  // of its frame in bytes, without the length
}

// ReplySizeError reports a reply larger than the limit. Both are in bytes of the frame without its length.
type ReplySizeError struct{ Size, Limit int }

func (e *ReplySizeError) Error() string {
	return fmt.Sprintf("reply of %d bytes exceeds the limit of %d", e.Size, e.Limit)
}

// FailAll fails requests, in order.
func FailAll(rs []Request, f Failure) {
	for _, r := range rs {
		r.Fail(f)
	}
}
