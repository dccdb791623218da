package zkasync

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Hook observes what a client does, for traces, metrics and logs. It is a value of any type that implements one or more of
// the interfaces whose names end in Hook: [OperationStartHook], [OperationEndHook], [RequestHook], [AttemptHook],
// [ConnectHook], [DisconnectHook], [StateHook], [WatchHook] and [SlowCallbackHook]. Only their methods are called; the
// interfaces that it does not implement cost nothing. [WithHooks] adds it to a client. The modules
// zkasync/zkprom and zkasync/zkotel have hooks for Prometheus and OpenTelemetry.
//
// # Where hooks run
//
// OnOperationStart runs on the goroutine that calls the client's method, before the method returns, and with no lock held. It
// may run on many goroutines at once. All other methods run on one goroutine, which the client keeps for hooks: one call
// at a time, in the order in which things happened, and a moment later. So each call carries the time of what it reports.
// Calls of hooks and callbacks are not ordered: when a callback runs, or a future is ready, the hooks may not have been called
// yet.
//
// A hook must not block. Nothing in the client waits for it, but calls queue up behind it: when 65536 of them wait, further
// ones are dropped and counted ([Stats].DroppedHookCalls), and the log says so. OnOperationStart holds up its caller, and
// must not call operations of the client, since each would call it again.
//
// A hook that panics, or calls runtime.Goexit, is reported to the client's logger as a callback is, and is called again for
// the next event. An OnOperationStart that panics has no effect on the operation.
//
// Hooks are called from the start of the client to its stop. Close waits until all calls have returned, and none follows
// it. If one does not return within the close timeout, Close fails with an error that names the hook. A Walk whose loop is
// not over by then has no end.
//
// # What is an operation
//
// Each future that a method of [Client] or [Bulk] returns for work at the servers is one operation, with one start and one
// end, however many requests it takes. The requests are reported separately, to [RequestHook]:
//
//   - A get that travels together with others is an operation of its own; they share one request.
//   - EnsurePath, DeleteAll, ChildrenData, CreateOrSet, Walk, Create with MakeParents or Protected, and Delete with
//     Guaranteed are one operation each. Their steps are requests of it.
//   - GetW, ExistsW and ChildrenW are a "get", "exists" and "children". What becomes of their watches is reported to
//     [WatchHook].
//   - Each write of a [Bulk] is an operation. Its transactions are requests of no operation.
//   - With [WithRetry] an operation has one start and one end, and a request for each time that it was sent. With [Retry],
//     whose function submits an operation for each attempt, each attempt is an operation.
//   - A [Live] submits no operations. Its reads are requests of no operation.
//   - Package recipe and the packages below it use the client as any program does: hooks see the operations that they
//     submit.
//
// An operation that is refused because it breaks a rule has a start and an end as well, unless the client is not started or
// has stopped. Requests through Conn(), heartbeats, and the requests that restore a session are not reported at all.
type Hook any

// OperationStartHook is called for each operation before it is submitted.
type OperationStartHook interface {
	// OnOperationStart returns the context that hooks get with everything that follows in this operation: ctx itself, or one
	// that carries a span, say. The deadline and the rest of the operation's own context stay in force. ctx is never nil.
	OnOperationStart(ctx context.Context, op OperationStart) context.Context
}

// OperationStart is the start of an operation.
type OperationStart struct {
	Name string    // as in errors: "get", "create", "ensure path"
	Path string    // as passed to the client, "" if there is none or there are several
	At   time.Time // when it was submitted
}

// OperationEndHook is called for each operation when its future is complete.
type OperationEndHook interface {
	// OnOperationEnd gets the context that OnOperationStart returned.
	OnOperationEnd(ctx context.Context, op OperationEnd)
}

// OperationEnd is the end of an operation.
type OperationEnd struct {
	OperationStart

	Err     error   // nil: it has succeeded; usually an *OpError
	Outcome Outcome // what is known of one that failed; OutcomeNone if it succeeded

	Took time.Duration // from the start to the end
	// Queued is the time from the start until the first request was written, or until the end if none was; Wire is the time
	// from then until the last answer or failure of a request. The rest of Took was spent on repetitions after that, and on
	// completing the future.
	Queued, Wire time.Duration

	// Requests counts the requests that were written for it, repetitions included: 1 for most, 0 if none was.
	Requests       int
	Sent, Received int    // bytes of these requests and of their answers; of shared ones, only its part
	Server         string // the address that the last request went to; "" if there was none
}

// RequestHook is called for each request that was written to a connection, when it has been answered or has failed.
type RequestHook interface {
	// OnRequest gets the context of the operation: of the first one, if several travelled together, and the background
	// context if there is none.
	OnRequest(ctx context.Context, r Request)
}

// Request is a request that was written.
type Request struct {
	Name       string        // as in errors: "get", "multi read"
	Path       string        // in the client's chroot; "" if there is none or there are several
	Operations int           // how many gets, or writes of a [Bulk], have travelled in it; 1 for all other requests
	Server     string        // the address that it went to
	Queued     time.Duration // from the submission (of the first one, if there are several) to the writing
	At         time.Time     // when it was written
	Wire       time.Duration // from then to the answer or the failure
	Sent       int           // bytes of its frame
	Received   int           // bytes of the answer's frame, 0 if there was none
	Err        error         // nil: answered with success; a ServerError, or why there is no answer
}

// AttemptHook is called for each attempt to reach a server.
type AttemptHook interface{ OnAttempt(a Attempt) }

// Attempt is an attempt to reach a server: to connect, and to shake hands.
type Attempt struct {
	Server string // host:port, with the resolved address if that is another
	At     time.Time
	Took   time.Duration
	Err    error // nil: the server has answered the handshake
}

// ConnectHook is called for each connection when its session is established, before credentials and watches are restored.
type ConnectHook interface{ OnConnect(c Connection) }

// Connection is an established connection.
type Connection struct {
	Server    string // the address
	SessionID int64
	Timeout   time.Duration // of the session, as granted
	ReadOnly  bool          // the server has lost its quorum
	Reconnect bool          // it is not the first one since the start
	At        time.Time
}

// DisconnectHook is called at the end of each established connection.
type DisconnectHook interface{ OnDisconnect(d Disconnection) }

// Disconnection is the end of a connection.
type Disconnection struct {
	Connection
	Lasted time.Duration
	Err    error // why; it matches ErrClosed when the client has stopped
}

// StateHook is called for each change of the client's state.
type StateHook interface{ OnStateChange(s StateEvent) }

// StateEvent is a change of the state.
type StateEvent struct {
	StateChange
	At time.Time
}

// WatchHook is called for what becomes of watches, both those that users have set and those of live values.
type WatchHook interface{ OnWatch(w WatchEvent) }

// WatchStep is what has happened to a watch.
type WatchStep uint8

const (
	// WatchSet: the server watches. This is reported once for every watch, and not again when a reconnect restores it.
	WatchSet WatchStep = iota + 1
	// WatchFired: an event has arrived. It ends a one-shot watch.
	WatchFired
	// WatchResync: events may have been missed, see [Event].
	WatchResync
	// WatchLost: the watch ended without an event, because the session or the client has ended or somebody has removed it.
	WatchLost
)

// String returns "set", "fired", "resync" or "lost".
func (s WatchStep) String() string {
	switch s {
	case WatchSet:
		return "set"
	case WatchFired:
		return "fired"
	case WatchResync:
		return "resync"
	case WatchLost:
		return "lost"
	default:
		return "invalid"
	}
}

// WatchEvent is what has happened to one watch.
type WatchEvent struct {
	Path  string // that is watched
	Kind  string // "data", "exists" or "children" of one-shot watches, "persistent" or "persistent recursive"
	Step  WatchStep
	Event Event // of WatchFired and WatchResync
	Err   error // of WatchLost and WatchResync
	At    time.Time
}

// SlowCallbackHook is called for callbacks, and functions of derived futures, that take long, since others wait behind them.
type SlowCallbackHook interface{ OnSlowCallback(s SlowCallback) }

// SlowCallback is a callback that takes long. The hook is called when it has run for the time of [WithSlowCallback], and again
// when it returns.
type SlowCallback struct {
	Name     string // of the function, with its file and line where that is known
	At       time.Time
	Took     time.Duration // so far
	Returned bool
}

// DefaultSlowCallback is the default of [WithSlowCallback].
const DefaultSlowCallback = time.Second

// WithHooks adds hooks, which are called in the given order. Each must implement at least one of the interfaces that [Hook]
// lists.
func WithHooks(hooks ...Hook) Option {
	return Option{func(cfg *config) error {
		for _, h := range hooks {
			if !isHook(h) {
				return fmt.Errorf("hook of type %T implements none of the hook interfaces", h)
			}
			cfg.hooks = append(cfg.hooks, h)
		}
		return nil
	}}
}

// WithSlowCallback sets how long a callback runs before [SlowCallbackHook] is called. The default is a second.
func WithSlowCallback(d time.Duration) Option {
	return Option{func(cfg *config) error {
		if d <= 0 {
			return errors.New("slow callback time " + d.String() + " is not positive")
		}
		cfg.slowCallback = d
		return nil
	}}
}

func isHook(h Hook) bool {
	switch h.(type) {
	case OperationStartHook, OperationEndHook, RequestHook, AttemptHook, ConnectHook, DisconnectHook, StateHook, WatchHook,
		SlowCallbackHook:
		return true
	}
	return false
}
