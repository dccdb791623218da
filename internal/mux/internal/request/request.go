// Package request is what the mux and its rooms know of requests: what they ask, and how they end.
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
	// Size is the length of the record that Append appends, in bytes; a request that is not what it is until it departs may
	// tell the most that it can be.
	Size() int
	// Append appends the record behind the request header, and changes nothing.
	Append(b []byte) []byte
	// Context decides whether the request may still be sent; nil means always.
	Context() context.Context
	// Reply hands over the server's answer. Body aliases the read buffer and is valid only during the call.
	Reply(code int32, body []byte)
	// Fail ends the request without an answer.
	Fail(f Failure)
}

// Departing is a request for which the moment counts at which it is sent.
type Departing interface {
	Request
	// Depart is called right before Append, each time that the request is sent, with no lock held. What the request claims of
	// the connection it claims here. If it is not wanted any more it reports false and claims nothing: it then fails with
	// [ReasonNeedless].
	Depart() bool
}

// Withheld reports whether r is not to be sent after all, and how it is to fail then. Otherwise it is encoded next.
func Withheld(r Request) (f Failure, withheld bool) {
	if d, ok := r.(Departing); ok && !d.Depart() {
		return Failure{Reason: ReasonNeedless}, true
	}
	return Failure{}, false
}

// Step is a request of a restoration that may not be the last of its kind.
type Step interface {
	Request
	// Next is called behind Reply. It reports whether another request follows, before anything queued: goOn is called with it,
	// at once or later, on any goroutine, or never if the connection ends first.
	Next(goOn func(Request)) bool
}

// FrameHead is the length of a frame's length, Overhead that of a request's frame without its record.
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
	// ReasonNeedless: the request was not wanted any more when it was to be written, see [Departing].
	ReasonNeedless
	// ReasonRefused: the mux takes no requests, see Mux.Refuse.
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

// ContextFailure is that of a request whose context has ended.
func ContextFailure(ctx context.Context) Failure {
	return Failure{Reason: ReasonContext, Cause: ctx.Err()}
}

// Blame says how a request stood at the loss of a connection. Servers answer in order, so a request that ends each
// connection it is sent on is the first one without an answer, once nothing else is in flight with it.
type Blame struct {
	First bool // the first request in flight that lacks its answer
	Alone bool // the only one
	Size  int  // of its frame, without the length
}

// ReplySizeError reports a reply that is larger than is accepted, in bytes of the frame without its length.
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
