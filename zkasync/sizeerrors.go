package zkasync

import (
	"errors"
	"fmt"

	"github.com/zkasync/zkasync-go/internal/mux"
)

// ReplySizeError is the cause of the failure of an operation whose reply is larger than [WithMaxReplySize] allows. The
// server has executed the operation, so a write may have been applied, but its reply is not known: the outcome is
// [OutcomeUnknown]. The connection and all other operations continue. No retry repeats the operation, since its reply
// would be too large again.
type ReplySizeError struct {
	Size  int // of the reply, in bytes
	Limit int // of WithMaxReplySize, in bytes
}

// Error names both sizes and the option.
func (e *ReplySizeError) Error() string {
	return fmt.Sprintf("the server's reply of %d bytes exceeds the limit of %d (WithMaxReplySize)", e.Size, e.Limit)
}

func replySizeError(cause error) error {
	var e *mux.ReplySizeError
	if errors.As(cause, &e) {
		return &ReplySizeError{Size: e.Size, Limit: e.Limit}
	}
	return cause
}

// isReplySize reports whether err says that a reply was too large.
func isReplySize(err error) bool {
	var e *ReplySizeError
	return errors.As(err, &e)
}

// mayAskAgain reports whether a failed read is worth another attempt: no answer came, but one may come next time.
func mayAskAgain(err error) bool {
	return (isUnknown(err) || errors.Is(err, ErrConnectionLoss)) && !isReplySize(err) && !isGivenUp(err)
}
