package sasl

import "testing"

// This is the example in section 4 of RFC 2831.
func TestSASL_ExampleOfTheRFC(t *testing.T) {
	t.Parallel()
	fields := parseDirectives(`charset=utf-8,username="chris",realm="elwood.innosoft.com",nonce="OA6MG9tEQGm2hh",nc=00000001,` +
		`cnonce="OA6MHXh6VqTrRk",digest-uri="imap/elwood.innosoft.com",response=d388dad90d4bbd760a152321f2143af7,qop=auth`)
	if got := digestMD5("AUTHENTICATE:", "secret", fields); got != fields["response"] {
		t.Errorf("response %s, want %s", got, fields["response"])
	}
	if got, want := digestMD5(":", "secret", fields), "ea40f60335c427b5527b84dbabcdfffd"; got != want {
		t.Errorf("rspauth %s, want %s", got, want)
	}
}

// No text makes the parser read beyond its end, or loop.
func FuzzParseDirectives(f *testing.F) {
	f.Add(`a="b\"c",d=e`)
	f.Add(`a="`)
	f.Add(`=,=,"`)
	f.Fuzz(func(t *testing.T, s string) {
		for key, value := range parseDirectives(s) {
			if len(key)+len(value) > 3*len(s) {
				t.Errorf("%q is longer than all", key+value)
			}
		}
	})
}
