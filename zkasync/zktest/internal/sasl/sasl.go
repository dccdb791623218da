// Package sasl is the server's side of SASL's DIGEST-MD5 (RFC 2831).
package sasl

import (
	"crypto/md5"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

const (
	realm      = "zk-sasl-md5" // ZooKeeperSaslServer's, which is no host's name
	nonceCount = "00000001"    // a nonce is used once
)

// Challenge asks a client to show that it knows a password. A nonce is used once.
func Challenge(nonce string) string {
	return fmt.Sprintf(`realm=%q,nonce=%q,qop="auth",charset=utf-8,algorithm=md5-sess`, realm, nonce)
}

// Check looks at what a client answers to the challenge with a nonce, given the passwords of all users. It returns the
// user's name and what proves to the client that the server knows the password as well.
func Check(users map[string]string, nonce, token string) (user, proof string, err error) {
	got := parseDirectives(token)
	password, known := users[got["username"]]
	if !known || nonce == "" || got["nonce"] != nonce || got["nc"] != nonceCount || got["qop"] != "auth" && got["qop"] != "" {
		return "", "", errors.New("sasl: not what was asked for")
	}
	want := digestMD5("AUTHENTICATE:", password, got)
	if subtle.ConstantTimeCompare([]byte(got["response"]), []byte(want)) != 1 {
		return "", "", errors.New("sasl: wrong password")
	}
	return got["username"], "rspauth=" + digestMD5(":", password, got), nil
}

// digestMD5 is the response-value of RFC 2831 for the fields of a client's answer; method tells the client's from the
// server's.
func digestMD5(method, password string, fields map[string]string) string {
	sum := func(s string) string { b := md5.Sum([]byte(s)); return string(b[:]) }
	inHex := func(s string) string { return hex.EncodeToString([]byte(sum(s))) }
	a1 := sum(fields["username"]+":"+fields["realm"]+":"+password) + ":" + fields["nonce"] + ":" + fields["cnonce"]
	if id := fields["authzid"]; id != "" {
		a1 += ":" + id
	}
	return inHex(strings.Join([]string{
		inHex(a1), fields["nonce"], fields["nc"], fields["cnonce"], "auth", inHex(method + fields["digest-uri"]),
	}, ":"))
}

// parseDirectives reads key=value and key="value", separated by commas. What is no such thing is left out.
func parseDirectives(s string) map[string]string {
	fields := make(map[string]string)
	for s != "" {
		key, rest, found := strings.Cut(s, "=")
		if !found {
			break
		}
		var value strings.Builder
		quoted := strings.HasPrefix(rest, `"`)
		i := 0
		if quoted {
			i = 1
		}
		for ; i < len(rest); i++ {
			switch {
			case quoted && rest[i] == '\\' && i+1 < len(rest):
				i++
				value.WriteByte(rest[i])
				continue
			case quoted && rest[i] == '"':
				quoted = false
				continue
			case !quoted && rest[i] == ',':
			default:
				value.WriteByte(rest[i])
				continue
			}
			break
		}
		fields[strings.ToLower(strings.TrimSpace(key))] = strings.TrimSpace(value.String())
		s = strings.TrimLeft(rest[min(i, len(rest)):], ", ")
	}
	return fields
}
