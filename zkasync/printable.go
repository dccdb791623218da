package zkasync

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Text from outside, such as paths and the errors of dialers, goes to logs and terminals. Control characters, and those that
// change the writing direction, could make one text look like another there.

// printable returns a name from outside as it is, or quoted if it contains anything invisible.
func printable(name string) string {
	if isPlain(name) {
		return name
	}
	return strconv.Quote(name)
}

// escaped returns a text from outside with everything invisible in it as Go escape sequences.
func escaped(text string) string {
	if isPlain(text) {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		piece := text[:size]
		if stray := r == utf8.RuneError && size == 1; stray || !strconv.IsPrint(r) {
			piece = strings.Trim(strconv.Quote(piece), `"`)
		}
		b.WriteString(piece)
		text = text[size:]
	}
	return b.String()
}

func isPlain(text string) bool {
	for _, r := range text {
		if !strconv.IsPrint(r) {
			return false
		}
	}
	return utf8.ValidString(text) // a stray byte reads as U+FFFD, which is printable
}

// escapedError is an error from outside whose text is escaped.
type escapedError struct{ err error }

func (e *escapedError) Error() string { return escaped(e.err.Error()) }
func (e *escapedError) Unwrap() error { return e.err }
