package jute

import "testing"

// The wanted strings are what Java 17 makes of the bytes.
func TestTextOf_ReplacesAsJavaDoes(t *testing.T) {
	for bytes, want := range map[string]string{
		"/a":                   "/a",
		"/é€😀":                 "/é€😀",
		"\xff\xff":             "\ufffd\ufffd",
		"\x80a":                "\ufffda",
		"\xc0\x80":             "\ufffd\ufffd",
		"\xc3/":                "\ufffd/",
		"\xe2\x82":             "\ufffd",
		"\xe2\x82/":            "\ufffd/",
		"\xe0\x80\x80":         "\ufffd\ufffd\ufffd",
		"\xed\xa0\x80":         "\ufffd", // a surrogate
		"\xf0\x90\x80":         "\ufffd",
		"\xf0\x80":             "\ufffd\ufffd",
		"\xf4\x90\x80\x80":     "\ufffd\ufffd\ufffd\ufffd",
		"\xf0\x9f\x98\xe2\x82": "\ufffd\ufffd",
		"\xf5":                 "\ufffd",
	} {
		if got := TextOf([]byte(bytes)); got != want {
			t.Errorf("%x: %q, want %q", bytes, got, want)
		}
	}
}
