package zkasync

import (
	"errors"
	"fmt"

	"github.com/zkasync/zkasync-go/internal/mux"
)

// GivenUpError says why [WithRetry], [Retry], a [Live] or a create with [Protected] stopped repeating a request: several
// connections in a row were lost while it was the first one in flight, and the last of them while it was the only one.
// Whatever the cause, repeating it again would make other operations fail with it. The usual cause is a request larger
// than the servers accept, for which they reset the connection: [WithMaxRequestSize] is then above their
// jute.maxbuffer. The outcome says whether the last attempt may have been applied.
type GivenUpError struct {
	Losses int // of connections in a row
	Size   int // of the request, in bytes
	// Err is why the last connection was lost. It is also an ErrConnectionLoss.
	Err error
}

// Error names the number of losses, the size, and the options that may be the cause.
func (e *GivenUpError) Error() string {
	return fmt.Sprintf("given up, since %d connections in a row were lost at this request, which has %d bytes (the servers' "+
		"jute.maxbuffer may be below WithMaxRequestSize; a reply is limited by WithMaxReplySize): %s", e.Losses, e.Size, bare(e.Err))
}

// Unwrap returns the cause of the last loss.
func (e *GivenUpError) Unwrap() error { return e.Err }

// suspicion is mux.Suspicion for requests that are repeated after an error.
type suspicion struct{ mux.Suspicion }

// lostWith is Lost for the error of an attempt. It returns the error to end with, or nil if the request may be repeated.
func (s *suspicion) lostWith(err error) *OpError {
	var e *OpError
	if !errors.As(err, &e) || !errors.Is(e, ErrConnectionLoss) {
		s.Losses = 0
		return nil
	}
	if !s.Lost(e.blame, e.Outcome == OutcomeUnknown) {
		return nil
	}
	end := *e
	end.Err = &GivenUpError{Losses: s.Losses, Size: e.blame.Size, Err: e.Err}
	return &end
}

func isGivenUp(err error) bool {
	var e *GivenUpError
	return errors.As(err, &e)
}
