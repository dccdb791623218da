package cache

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync"
)

// ErrClosed says that a cache or a subscription was closed by its user.
var ErrClosed = errors.New("closed")

// LimitError says that a cache has ended because its tree exceeded a limit.
type LimitError struct {
	What  string // "znodes" or "bytes"
	Limit int64
}

// Error names the limit.
func (e *LimitError) Error() string {
	return fmt.Sprintf("the tree has more than %d %s", e.Limit, e.What)
}

// Error says why a cache has ended, or why one of its operations has failed.
type Error struct {
	Op   string // the operation, for example "sync"
	Path string // of the cache
	Err  error
}

// Error reads "cache: sync /config: why".
func (e *Error) Error() string { return fmt.Sprintf("cache: %s %s: %v", e.Op, plain(e.Path), e.Err) }

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// plain returns a path for an error message: quoted if it has characters that could not be printed as they are.
func plain(path string) string {
	if quoted := strconv.Quote(path); quoted != `"`+path+`"` {
		return quoted
	}
	return path
}

// fate is what a failed read means to the cache.
type fate int

const (
	hidden    fate = iota // the server does not return the data
	absent                // there is no such znode
	lost                  // no answer came: the read is repeated
	throttled             // the server has not executed it: the read is repeated after a pause
	fatal                 // there will be no more answers
)

func fateOf(err error) fate {
	var givenUp *zkasync.GivenUpError
	var code zkasync.ServerError
	switch {
	case errors.As(err, &code) && errors.Is(code, zkasync.ErrSessionExpired): // every read is answered so until the connection ends
		return throttled
	case errors.Is(err, zk.ErrNoNode):
		return absent
	case errors.As(err, &givenUp): // reading it ends every connection
		return hidden
	case errors.Is(err, zkasync.ErrConnectionLoss), errors.Is(err, zkasync.ErrSessionExpired):
		return lost
	case errors.Is(err, zkasync.ErrThrottled):
		return throttled
	case errors.Is(err, zkasync.ErrNotSent), errors.Is(err, zkasync.ErrClosed), errors.Is(err, zkasync.ErrAuthFailed):
		return fatal
	default:
		return hidden
	}
}

// causeOf returns err without the name of the request that failed with it.
func causeOf(err error) error {
	var op *zkasync.OpError
	var own *Error
	switch {
	case errors.As(err, &op):
		return op.Err
	case errors.As(err, &own):
		return own.Err
	default:
		return err
	}
}
