// Package sasl implements the server's side of SASL's DIGEST-MD5 (RFC 2831).
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
	realm      = "zk-sasl-md5" // as in ZooKeeperSaslServer; it is not the name of a host
	nonceCount = "00000001"    // a nonce is used only once
)

// Challenge returns the challenge with which a client must prove that it knows a password. A nonce must be used only once.
func Challenge(nonce string) string {
	return fmt.Sprintf(`realm=%q,nonce=%q,qop="auth",charset=utf-8,algorithm=md5-sess`, realm, nonce)
}

// Check checks a client's answer to the challenge with this nonce, given the passwords of all users. It returns the user's name, and
// a proof for the client that the server knows the password too.
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

// digestMD5 returns the response-value of RFC 2831 for the fields of a client's answer. The method distinguishes the client's value
// from the server's.
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

// parseDirectives parses pairs of the form key=value and key="value", separated by commas. It ignores anything else.
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
