package recipe

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

var (
	// ErrLocked is the error of [Mutex.TryLock] and its like: somebody else has it.
	ErrLocked = errors.New("somebody else has it")
	// ErrInUse is the error of a Lock of a value that holds the lock already or waits for it. A lock does not belong to
	// a goroutine: whoever wants to contend once more makes a value of its own.
	ErrInUse = errors.New("this value has the lock already, or waits for it")
	// ErrReleased is the cause of the end of what was given back by Unlock.
	ErrReleased = errors.New("it was given back")
	// ErrDeleted is the cause of the end of what was held by a znode that somebody has deleted.
	ErrDeleted = errors.New("its znode was deleted")
	// ErrNotHeld is the error of [Held.Multi] when the lock is somebody else's by now, or nobody's. Nothing was applied.
	ErrNotHeld = errors.New("it is no longer held")
)

// notHeld is ErrNotHeld and says why. The session's end is told in words only: whoever repeats what a lost session has failed must not
// repeat this.
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
	Op   string // as "lock"
	Path string // of the recipe
	Err  error  // why
	// Removed completes when no znode of the attempt is left, which a context that has ended does not hold up: it is deleted in
	// the background, for as long as the session lives. It is nil if there was none.
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

// because is why something has ended, without the operation and the path that it was told with.
func because(why error) error {
	var e *Error
	if errors.As(why, &e) {
		return e.Err
	}
	return why
}
