package jute

import (
	"strings"
	"unicode/utf8"
)

// Text is a jute string, which may be null.
type Text struct {
	S    string
	Null bool
}

// TextOf decodes UTF-8 as Java does, which replaces what is malformed.
func TextOf(p []byte) string {
	if utf8.Valid(p) {
		return string(p)
	}
	var b strings.Builder
	for len(p) > 0 {
		r, n := utf8.DecodeRune(p)
		if r == utf8.RuneError && n == 1 {
			n = malformedLength(p)
		}
		b.WriteRune(r)
		p = p[n:]
	}
	return b.String()
}

// malformedLength returns how many of the bytes at the start of p Java replaces by one character: a surrogate, the beginning of a
// character that does not go on, or one byte that cannot begin any.
func malformedLength(p []byte) int {
	more, low, high := 0, byte(0x80), byte(0xbf)
	switch b := p[0]; {
	case b == 0xe0:
		more, low = 2, 0xa0
	case b > 0xe0 && b <= 0xef:
		more = 2
	case b == 0xf0:
		more, low = 3, 0x90
	case b > 0xf0 && b < 0xf4:
		more = 3
	case b == 0xf4:
		more, high = 3, 0x8f
	}
	n := 1
	for n <= more && n < len(p) && p[n] >= low && p[n] <= high {
		n++
		low, high = 0x80, 0xbf
	}
	return n
}
