package future

import (
	"errors"
	"fmt"
	"runtime/debug"
)

var (
	// ErrPending is returned by [Future.Result] before the completion.
	ErrPending = errors.New("future: not completed yet")
	// ErrNoFutures is the failure of [First] when it is given no future.
	ErrNoFutures = errors.New("future: no futures given")
	// ErrNilFuture is the failure of a future derived from a nil *Future, for example when the function given to
	// [FlatMap] returns nil.
	ErrNilFuture = errors.New("future: nil future")
	// ErrGoexit is the failure of a future whose function ended its goroutine by
	// runtime.Goexit, as testing.T's FailNow does, instead of returning.
	ErrGoexit = errors.New("future: function called runtime.Goexit")
	// ErrCycle is the failure of a future made by [FlatMap] whose function
	// returned that same future.
	ErrCycle = errors.New("future: future waits for itself")
	// ErrWouldDeadlock is the failure of a wait that could never end: one inside a function given to [Then], [FlatMap] or
	// [Recover], for something that completes only after that function has returned. The error names the function. Use
	// FlatMap to continue with the result of another future.
	ErrWouldDeadlock = errors.New("future: wait could never end")
	// ErrNilError replaces a nil error passed to Reject or Failed, so that a failure never looks like a success.
	ErrNilError = errors.New("future: failed with a nil error")
)

// PanicError is the failure of a future whose function panicked.
type PanicError struct {
	Value any    // what panic was called with
	Stack []byte // the stack at the panic, as runtime/debug.Stack formats it
}

// Error names the panic's value. The stack is in its field only.
func (e *PanicError) Error() string { return fmt.Sprintf("future: function panicked: %v", e.Value) }

// Unwrap returns the panic's value if it is an error, and nil otherwise.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// run calls fn with arg and passes the result to done, even if fn panics or ends its
// goroutine: a future must never stay pending for good. In b, the call goes by the
// name of users, the user function.
func run[A, T any](b *batch, users any, fn func(A) (T, error), arg A, done func(T, error)) {
	var value T
	err := ErrGoexit
	defer func() {
		b.leave()
		if r := recover(); r != nil {
			err = &PanicError{Value: r, Stack: debug.Stack()}
		}
		done(value, err)
	}()
	b.enter(users)
	value, err = fn(arg)
}
