package handler

import (
	"context"
	"fmt"
	"log/slog"
)

// Task is a callback with its arguments. It is an alias, so that other packages
// can declare what they need of a handler without importing this one.
//
// A task with a method String() string is called by that name in errors and reports,
// any other by its type. String may be called from any goroutine while Run runs, and
// after it.
type Task = interface{ Run() }

// Kind says what a callback reports.
type Kind uint8

// The kinds of callbacks.
const (
	Completion Kind = iota // an operation has its result
	Watch                  // a watch has an event
	State                  // the session's state has changed
)

// String returns "completion", "watch" or "state".
func (k Kind) String() string {
	switch k {
	case Completion:
		return "completion"
	case Watch:
		return "watch"
	case State:
		return "state"
	default:
		return fmt.Sprintf("Kind(%d)", uint8(k))
	}
}

// Lane is one sequence of tasks: they run one at a time, in the order in which
// Execute was called. It is safe for concurrent use, and valid as long as its
// handler.
type Lane interface {
	// Execute runs task once. It neither waits for room nor drops the task: the queue grows without bound. If no
	// goroutine of the handler runs the tasks (an Inline handler, or one that is not running), the task runs before
	// Execute returns, unless Execute was called from within a task or while another goroutine runs tasks: then it
	// runs after the current one.
	Execute(task Task)
}

// Handler runs callbacks. Create one with one of the constructors. It serves one client at a time and is safe for
// concurrent use. Other packages can implement it only by embedding one, so methods may be added.
type Handler interface {
	// Start starts to run tasks in the handler's own way. logger may be nil. It fails
	// with the error of [Check], or with [ErrRunning] if the handler is running or has
	// not finished stopping. A handler can be started again after Stop.
	Start(logger *slog.Logger) error

	// Lane returns the lane for callbacks of a kind about a path, which may be "".
	// Two calls return the same value if and only if their tasks share one sequence.
	// It does not allocate.
	Lane(kind Kind, path string) Lane

	// Stop runs everything that is queued, and what these tasks queue, until nothing
	// is left, and joins the handler's goroutines. Tasks executed meanwhile delay the
	// end. All calls, at the same time or later, wait for the same end. Stopping a
	// handler that is not running does nothing.
	//
	// If ctx is done first, Stop returns a [*StuckError] with the name of the callback
	// that is still running. Called from within a callback, where it would wait for its
	// own caller, it returns a [*StuckError] that wraps [ErrInCallback] at once. Either
	// way the stop continues by itself: once that callback returns, the rest runs and the
	// goroutines end.
	Stop(ctx context.Context) error

	// InCallback reports whether the calling goroutine is inside one of this handler's
	// callbacks. If any callback is running, it searches the caller's stack, which takes
	// a few microseconds; otherwise it costs next to nothing.
	InCallback() bool

	// Running returns the name of a callback that is running, or "" if none is.
	Running() string

	// Waiting returns how many tasks are queued that have not started. It looks at all queues, so it is meant for a look
	// from time to time.
	Waiting() int

	// check returns what is wrong with the arguments of the constructor.
	check() error
}

// Check returns what is wrong with the arguments and options with which h was created, or nil.
func Check(h Handler) error { return h.check() }
