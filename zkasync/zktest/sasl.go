package zktest

import (
	"crypto/md5"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"strings"
)

// WithSASL has clients authenticate by SASL's DIGEST-MD5 (RFC 2831) with the passwords of these users, as a server does
// whose JAAS configuration has them. A client's id of the scheme "sasl" is its user's name.
func WithSASL(passwords map[string]string) Option {
	return Option{func(cfg *config) error {
		if len(passwords) == 0 {
			return errors.New("sasl without users")
		}
		cfg.saslUsers = maps.Clone(passwords)
		return nil
	}}
}

const (
	saslRealm = "zk-sasl-md5" // ZooKeeperSaslServer's, which is no host's name
	saslNC    = "00000001"    // a nonce is used once
)

// receiveSASL takes a step of a SASL negotiation. As with credentials, the answer does not wait for requests before it. A
// server that is not configured for SASL answers each step with nothing.
func (c *conn) receiveSASL(xid int32, body []byte) {
	d := decoder{body: body}
	token := d.buffer()
	if d.bad {
		c.hangUp()
		return
	}
	answer, err := c.saslStep(string(token))
	code := codeOK
	if err != nil {
		code = codeAuthFailed
	}
	start := c.begin(xid, 0, code)
	if answer == "" {
		c.putInt32(nullLength)
	} else {
		c.putString(answer)
	}
	c.finishFrame(start)
	if err != nil {
		c.hangUp()
	}
}

// saslStep is a step of DIGEST-MD5: an empty token asks for the challenge, the next one answers it.
func (c *conn) saslStep(token string) (answer string, err error) {
	users := c.srv.w.cfg.saslUsers
	switch {
	case len(users) == 0:
		return "", nil
	case token == "":
		c.nonce = fmt.Sprintf("%016x%016x", mix(uint64(c.number)), mix(uint64(c.srv.w.zxid)))
		return fmt.Sprintf(`realm=%q,nonce=%q,qop="auth",charset=utf-8,algorithm=md5-sess`, saslRealm, c.nonce), nil
	}
	got := parseDirectives(token)
	password, known := users[got["username"]]
	nonce := c.nonce
	c.nonce = ""
	if !known || nonce == "" || got["nonce"] != nonce || got["nc"] != saslNC || got["qop"] != "auth" && got["qop"] != "" {
		return "", errors.New("sasl: not what was asked for")
	}
	want := digestMD5("AUTHENTICATE:", password, got)
	if subtle.ConstantTimeCompare([]byte(got["response"]), []byte(want)) != 1 {
		return "", errors.New("sasl: wrong password")
	}
	c.addID(identity{schemeSASL, got["username"]})
	return "rspauth=" + digestMD5(":", password, got), nil
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
