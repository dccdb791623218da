package sasl

import (
	"errors"
	"fmt"
	"strings"
)

// maxChallenge is how long a challenge may be, in bytes (RFC 2831, 2.1.1).
const maxChallenge = 2048

// challenge is the server's digest-challenge.
type challenge struct {
	realm    string
	hasRealm bool
	nonce    string
	utf8     bool // texts are UTF-8
	stale    bool // the nonce of the last answer was too old
}

// parseChallenge parses a digest-challenge and refuses what this client cannot or must not answer.
func parseChallenge(text []byte) (*challenge, error) {
	fields, err := parseDirectives(text)
	if err != nil {
		return nil, err
	}
	for _, once := range []string{"nonce", "qop", "stale", "charset", "algorithm"} {
		if n := len(fields[once]); n > 1 {
			return nil, fmt.Errorf("challenge with %d directives %s, want one at most", n, once)
		}
	}
	c := new(challenge)
	if c.nonce, _ = fields.first("nonce"); c.nonce == "" {
		return nil, errors.New("challenge without a nonce")
	}
	if algorithm, _ := fields.first("algorithm"); algorithm != "md5-sess" {
		return nil, fmt.Errorf("challenge with the algorithm %.20q, want md5-sess", algorithm)
	}
	if qop, found := fields.first("qop"); found && !offers(qop, "auth") {
		return nil, fmt.Errorf("the server demands the protection %.40q, this client has only auth", qop)
	}
	if charset, found := fields.first("charset"); found {
		if charset != "utf-8" {
			return nil, fmt.Errorf("challenge with the charset %.20q, want utf-8", charset)
		}
		c.utf8 = true
	}
	stale, _ := fields.first("stale")
	c.stale = strings.EqualFold(stale, "true")
	c.realm, c.hasRealm = fields.first("realm")
	for _, realm := range fields["realm"] {
		if realm == digestRealm {
			c.realm = realm
		}
	}
	return c, nil
}

// offers reports whether a list has an item.
func offers(list, want string) bool {
	for item := range strings.SplitSeq(list, ",") {
		if strings.Trim(item, " \t") == want {
			return true
		}
	}
	return false
}

// directives are the values of each directive by its name in small letters, in their order.
type directives map[string][]string

func (d directives) first(name string) (string, bool) {
	if len(d[name]) == 0 {
		return "", false
	}
	return d[name][0], true
}

// parseDirectives parses a list of name=value and name="value" (RFC 2831, 7.1).
func parseDirectives(text []byte) (directives, error) {
	if len(text) >= maxChallenge {
		return nil, fmt.Errorf("challenge of %d bytes, want fewer than %d", len(text), maxChallenge)
	}
	d := make(directives)
	for s := skipBlanks(string(text)); s != ""; {
		if s[0] == ',' {
			s = skipBlanks(s[1:])
			continue
		}
		name, rest, found := strings.Cut(s, "=")
		name = strings.ToLower(strings.TrimRight(name, blanks))
		if !found || name == "" || strings.ContainsFunc(name, notOfToken) {
			return nil, fmt.Errorf("challenge with %.20q, want name=value", s)
		}
		value, rest, err := parseValue(skipBlanks(rest))
		if err != nil {
			return nil, fmt.Errorf("challenge with directive %.20s %w", name, err)
		}
		d[name] = append(d[name], value)
		s = skipBlanks(rest)
		if s != "" && s[0] != ',' {
			return nil, fmt.Errorf("challenge with %.20q behind directive %.20s, want a comma", s, name)
		}
	}
	return d, nil
}

// parseValue takes a token or a quoted-string from the front of s.
func parseValue(s string) (value, rest string, err error) {
	if !strings.HasPrefix(s, `"`) {
		end := strings.IndexFunc(s, notOfToken)
		if end < 0 {
			end = len(s)
		}
		if end == 0 {
			return "", "", errors.New("without a value")
		}
		return s[:end], s[end:], nil
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:], nil
		case s[i] == '\\':
			if i++; i == len(s) {
				return "", "", errNoQuote
			}
		}
		b.WriteByte(s[i])
	}
	return "", "", errNoQuote
}

var errNoQuote = errors.New("without a closing quote")

const blanks = " \t\r\n"

func skipBlanks(s string) string { return strings.TrimLeft(s, blanks) }

// notOfToken reports what a token cannot have.
func notOfToken(r rune) bool {
	return r <= ' ' || r >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r)
}
