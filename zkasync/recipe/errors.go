package recipe

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

var (
	// ErrLocked is the error of [Mutex.TryLock] and similar methods when somebody else holds the lock.
	ErrLocked = errors.New("somebody else has it")
	// ErrInUse is the error of Lock on a value that already holds the lock or waits for it. A lock does not belong to a
	// goroutine: to contend once more, use another value.
	ErrInUse = errors.New("this value has the lock already, or waits for it")
	// ErrReleased is the cause after something was given back, as by Unlock.
	ErrReleased = errors.New("it was given back")
	// ErrDeleted is the cause after somebody deleted the znode of what was held.
	ErrDeleted = errors.New("its znode was deleted")
	// ErrNotHeld is the error of [Held.Multi] when the lock is no longer held. Nothing was applied.
	ErrNotHeld = errors.New("it is no longer held")
)

// notHeld returns ErrNotHeld with the reason. It mentions the end of the session only in words: code that repeats what failed
// with a lost session must not repeat this.
func notHeld(cause error) error {
	var end *zkasync.SessionEndError
	switch {
	case cause == nil:
		return ErrNotHeld
	case errors.As(cause, &end):
		return fmt.Errorf("%w: %v", ErrNotHeld, cause)
	default:
		return fmt.Errorf("%w: %w", ErrNotHeld, cause)
	}
}

// Error is the error of a recipe's operation.
type Error struct {
	Op   string // such as "lock"
	Path string // of the recipe
	Err  error  // the cause
	// Removed completes when no znode of the attempt is left. The znode is deleted in the background as long as the session
	// lives, even after the context is done. Removed is nil if there was none.
	Removed *future.Future[future.Void]
}

// Error reads "recipe: lock /locks/a: why".
func (e *Error) Error() string {
	return fmt.Sprintf("recipe: %s %s: %s", e.Op, plain(e.Path), e.Err)
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// plain quotes a path that a terminal would not show as it is.
func plain(path string) string {
	if quoted := strconv.Quote(path); quoted != `"`+path+`"` {
		return quoted
	}
	return path
}

// because returns why something has ended, without the operation and path of the error that reported it.
func because(why error) error {
	var e *Error
	if errors.As(why, &e) {
		return e.Err
	}
	return why
}
