package zkasync

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Texts from outside, as paths and the errors of dialers, go to logs and terminals. There control characters, and those that
// turn the direction of writing, could make a text look like another.

// printable returns a name from outside as it is, or quoted if there is anything in it that is not to be seen.
func printable(name string) string {
	if isPlain(name) {
		return name
	}
	return strconv.Quote(name)
}

// escaped returns a text from outside with what is not to be seen in it as Go's escape sequences.
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
