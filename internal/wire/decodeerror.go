package wire

import (
	"errors"
	"fmt"
	"io"
)

// errBadLength is the cause of a DecodeError about a length below -1, which is
// jute's null.
var errBadLength = errors.New("invalid length")

// DecodeError says why bytes could not be decoded. It unwraps to
// io.ErrUnexpectedEOF if the bytes end before the record does.
type DecodeError struct {
	What   string // what was being read, such as "stat"
	Offset int    // where, from the start of what the decoder was given
	Want   int64  // how many bytes are needed there at least, or the invalid length
	Have   int    // how many bytes are there
	Err    error
}

// Error implements error.
func (e *DecodeError) Error() string {
	if errors.Is(e.Err, errBadLength) {
		return fmt.Sprintf("wire: decode %s: %v %d at offset %d", e.What, e.Err, e.Want, e.Offset)
	}
	return fmt.Sprintf("wire: decode %s: want %d bytes at offset %d, have %d: %v",
		e.What, e.Want, e.Offset, e.Have, e.Err)
}

// Unwrap returns the cause.
func (e *DecodeError) Unwrap() error { return e.Err }

func short(what string, offset int, want int64, have int) error {
	return &DecodeError{What: what, Offset: offset, Want: want, Have: have, Err: io.ErrUnexpectedEOF}
}

func badLength(what string, offset int, length int32, have int) error {
	return &DecodeError{What: what, Offset: offset, Want: int64(length), Have: have, Err: errBadLength}
}
