package wire

import (
	"errors"
	"fmt"
	"io"
)

// errBadLength is the cause of a DecodeError whose length no peer may send: less
// than -1, which is jute's null.
var errBadLength = errors.New("invalid length")

// DecodeError says why bytes are not the record that they should be. It unwraps
// to io.ErrUnexpectedEOF if the record goes on behind the end of the bytes.
type DecodeError struct {
	What   string // what was being read, such as "stat"
	Offset int    // where, from the start of what the decoder was given
	Want   int64  // the bytes it needs there, at least, or the length it claims
	Have   int    // the bytes that are there
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
