package handler

import (
	"context"
	"fmt"
	"log/slog"
)

// Task is a callback with its arguments. It is an alias, so that other packages
// can declare what they need of a handler without importing this one.
//
// A task that has a method String() string is called by that name in errors and
// reports, any other by its type. String may be called from any goroutine while
// Run runs, and after it.
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

// Lane is one order of tasks: they run one at a time, in the order in which
// Execute was called. It is safe for concurrent use and belongs to its handler,
// for as long as that lives.
type Lane interface {
	// Execute runs task once. It neither waits for room nor drops the task: the queue grows without bound. Where no
	// goroutine of the handler's runs the tasks (an Inline handler, or one that is not running) they run before Execute
	// returns, unless Execute was called from within a task or while another goroutine runs tasks: then after the one
	// that runs now.
	Execute(task Task)
}

// Handler runs callbacks. Create one by one of the constructors. It serves one client at a time and is safe for
// concurrent use. Other packages can implement it only by embedding one, so methods may be added.
type Handler interface {
	// Start begins to run tasks the handler's own way. logger may be nil. It fails
	// with the error of [Check], and with
	// [ErrRunning] if the handler runs or has not finished stopping. A handler
	// can be started again after Stop.
	Start(logger *slog.Logger) error

	// Lane returns the lane for callbacks of a kind about a path, which may be "".
	// Two calls return the same value if, and only if, their tasks are in one order.
	// It does not allocate.
	Lane(kind Kind, path string) Lane

	// Stop runs everything that is queued, and what these tasks queue, until nothing
	// is left, and joins the handler's goroutines. Whoever goes on executing tasks
	// meanwhile puts off the end. Any number of calls, at the same time or later, wait
	// for the same end. Stopping what does not run does nothing.
	//
	// If ctx ends first, Stop returns a [*StuckError] with the name of the callback
	// that still runs. Called from within a callback, where it would wait for its own
	// caller, it returns a [*StuckError] that wraps [ErrInCallback] at once. Either way
	// the stop goes on by itself: once that callback returns, the rest runs and the
	// goroutines end.
	Stop(ctx context.Context) error

	// InCallback reports whether the calling goroutine is now inside one of this
	// handler's callbacks. It looks through the caller's stack, which takes a few
	// microseconds, if any callback runs, and next to nothing otherwise.
	InCallback() bool

	// Running returns the name of a callback that runs now, "" if none does.
	Running() string

	// check returns what is wrong with the arguments of the constructor.
	check() error
}

// Check returns what is wrong with the arguments and options with which h was created, or nil.
func Check(h Handler) error { return h.check() }
