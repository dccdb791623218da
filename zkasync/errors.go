package zkasync

import (
	"errors"
	"strings"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/mux"
)

// Errors to be matched with errors.Is. They also match go-zookeeper's errors for the same conditions: errors.Is(err,
// zk.ErrConnectionClosed) is true for a connection loss.
var (
	// ErrConnectionLoss: the connection was lost before the reply came. Such an error is also ErrNotSent or
	// ErrOutcomeUnknown.
	ErrConnectionLoss error = &sentinel{"connection lost", zk.ErrConnectionClosed}
	// ErrNotSent: the operation never left the client. Repeating it is safe.
	ErrNotSent error = &sentinel{text: "not sent"}
	// ErrOutcomeUnknown: the operation was sent, and the server may or may not have applied it.
	ErrOutcomeUnknown error = &sentinel{text: "outcome unknown"}
	// ErrClosed: the client is not started, is closing or is closed.
	ErrClosed error = &sentinel{"client closed", zk.ErrClosing}
	// ErrSessionExpired: the server ended the session, with its ephemeral znodes and watches.
	ErrSessionExpired error = &sentinel{"session expired", zk.ErrSessionExpired}
	// ErrAuthFailed: the server rejected credentials. The client must be restarted before it can be used again.
	ErrAuthFailed error = &sentinel{"authentication failed", zk.ErrAuthFailed}
	// ErrDetached is the Err of the Closed state after [Client.Detach]: the session goes on at the servers.
	ErrDetached error = &sentinel{text: "the session was left to the servers"}
	// ErrNoSession: there was no session that [Client.Detach] could have left to the servers.
	ErrNoSession error = &sentinel{text: "there is no session"}
	// ErrView: the client was made by [Client.Chroot] and shares the session of another. Start, stop and move that one.
	ErrView error = &sentinel{text: "this is a view"}
)

// sentinel is an error that also matches go-zookeeper's error for the same condition.
type sentinel struct {
	text string
	zk   error
}

func (s *sentinel) Error() string        { return s.text }
func (s *sentinel) Is(target error) bool { return s.zk != nil && target == s.zk }

// Outcome is what is known about a failed operation.
type Outcome uint8

const (
	// OutcomeNone: the error does not concern an operation, but for example the end of a watch, a subscription or a live
	// value.
	OutcomeNone Outcome = iota
	// OutcomeRejected: the server refused it and applied nothing. For an operation of several steps (EnsurePath,
	// DeleteAll, Create with MakeParents or Protected), this holds for the step that failed; other steps may have been
	// applied.
	OutcomeRejected
	// OutcomeNotSent: it never left the client.
	OutcomeNotSent
	// OutcomeUnknown: it was sent, and no reply arrived.
	OutcomeUnknown
)

// String returns the outcome in words.
func (o Outcome) String() string {
	switch o {
	case OutcomeRejected:
		return "rejected"
	case OutcomeNotSent:
		return "not sent"
	case OutcomeUnknown:
		return "outcome unknown"
	default:
		return "none"
	}
}

// OpError is the error of a failed operation.
type OpError struct {
	Op      string  // the operation, such as "get" or "create"
	Path    string  // the path passed to it, without the chroot
	Outcome Outcome // what is known
	Err     error   // the cause

	blame mux.Blame // what to blame for the loss of the connection
}

// Error returns "zkasync: get /path: node does not exist", or "zkasync: get /path: not sent: connection lost: ...". The text
// is one line without control characters, whatever the path and the cause contain.
func (e *OpError) Error() string {
	var b strings.Builder
	b.WriteString("zkasync: ")
	b.WriteString(e.Op)
	if e.Path != "" {
		b.WriteByte(' ')
		b.WriteString(printable(e.Path))
	}
	if e.Outcome == OutcomeNotSent || e.Outcome == OutcomeUnknown {
		b.WriteString(": ")
		b.WriteString(e.Outcome.String())
	}
	b.WriteString(": ")
	b.WriteString(bare(e.Err))
	return b.String()
}

// Unwrap returns the cause.
func (e *OpError) Unwrap() error { return e.Err }

// Is matches ErrNotSent and ErrOutcomeUnknown by the outcome.
func (e *OpError) Is(target error) bool {
	switch target {
	case ErrNotSent:
		return e.Outcome == OutcomeNotSent
	case ErrOutcomeUnknown:
		return e.Outcome == OutcomeUnknown
	default:
		return false
	}
}

// bare returns an error's text without a package name in front, which an outer error has stated already. The error may come
// from a dialer, a certificate or a server.
func bare(err error) string {
	return escaped(strings.TrimPrefix(strings.TrimPrefix(err.Error(), "zkasync: "), "zk: "))
}

// lossError is a connection loss with its cause.
type lossError struct{ cause error }

func (e *lossError) Error() string {
	if e.cause == nil {
		return ErrConnectionLoss.Error()
	}
	return ErrConnectionLoss.Error() + ": " + escaped(e.cause.Error())
}

func (e *lossError) Unwrap() []error {
	if e.cause == nil {
		return []error{ErrConnectionLoss}
	}
	return []error{ErrConnectionLoss, e.cause}
}

// failure turns a failure reported by the multiplexer into an error.
func failure(op, path string, f mux.Failure) *OpError {
	e := &OpError{Op: op, Path: path, Outcome: OutcomeNotSent, Err: f.Cause, blame: f.Blame}
	if f.Sent {
		e.Outcome = OutcomeUnknown
	}
	switch f.Reason {
	case mux.ReasonLoss:
		if e.Err = f.Cause; !isGivenUp(f.Cause) {
			e.Err = &lossError{f.Cause}
		}
	case mux.ReasonExpired:
		e.Err = ErrSessionExpired
	case mux.ReasonReply:
		e.Err = replySizeError(f.Cause)
	}
	return e
}

// rejection returns the error for a server's code.
func rejection(op, path string, code int32) *OpError {
	return &OpError{Op: op, Path: path, Outcome: OutcomeRejected, Err: ServerError{code}}
}

// refusal returns the error for an operation that is refused before anything is sent.
func refusal(op, path string, err error) *OpError {
	return &OpError{Op: op, Path: path, Outcome: OutcomeNotSent, Err: err}
}

// undecodable returns the error for a reply that cannot be decoded. The server has applied the operation, but its answer
// is lost.
func undecodable(op, path string, err error) *OpError {
	return &OpError{Op: op, Path: path, Outcome: OutcomeUnknown, Err: err}
}

// isUnknown and isNoNode examine the error of a step.
func isUnknown(err error) bool { return errors.Is(err, ErrOutcomeUnknown) }
func isNoNode(err error) bool  { return errors.Is(err, zk.ErrNoNode) }
