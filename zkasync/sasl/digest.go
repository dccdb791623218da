package sasl

import (
	"context"
	"crypto/md5"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Digest is the mechanism DIGEST-MD5, see [DigestMD5].
type Digest struct {
	user     string
	password func() string // a function, since fmt would print a text, however deep it is
	nonce    func() string // the client's; fixed in tests
}

// DigestMD5 returns the mechanism DIGEST-MD5 (RFC 2831) for a user of the servers' JAAS configuration:
//
//	Server { org.apache.zookeeper.server.auth.DigestLoginModule required user_bob="builder"; };
//
// The password does not travel, and the server has to prove that it knows it as well. What travels afterwards is neither
// encrypted nor signed (qop is "auth"): use TLS against those who can read or change it. Servers in FIPS mode do not have
// this mechanism (ZOOKEEPER-4889).
//
// The user's name must not be empty. Both are UTF-8, as SASL has them.
func DigestMD5(user, password string) *Digest {
	return &Digest{user: user, password: func() string { return password }, nonce: rand.Text}
}

// Check reports what is wrong with the user's name or the password.
func (d *Digest) Check() error {
	switch {
	case d.user == "":
		return errors.New("user is empty")
	case !utf8.ValidString(d.user):
		return fmt.Errorf("user %q is not valid UTF-8", d.user)
	case !utf8.ValidString(d.password()):
		return errors.New("the password is not valid UTF-8")
	}
	return nil
}

// Name returns "DIGEST-MD5".
func (d *Digest) Name() string { return "DIGEST-MD5" }

// Format prints the mechanism and the user, whatever the verb.
func (d *Digest) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "DIGEST-MD5 as %q", d.user) }

// Start implements [Mechanism].
func (d *Digest) Start(context.Context, Server) (Conversation, error) {
	return &digestTalk{d: d}, d.Check()
}

// Names that ZooKeeper has for itself, whatever its host is called (SecurityUtils.createSaslClient).
const (
	digestRealm = "zk-sasl-md5"
	digestURI   = "zookeeper/" + digestRealm
)

// digestTalk is a conversation. A nonce is used once, so its count is always 1.
type digestTalk struct {
	d      *Digest
	begun  bool
	proof  string // that the server has to give; "" before the first challenge
	repeat bool   // the server has asked for another answer
}

// Errors of a conversation, which name what the server has done.
var (
	errNotOffered = errors.New("the server does not offer DIGEST-MD5: has it a JAAS configuration with a section Server?")
	errNoProof    = errors.New("the server has not proved that it knows the password: it may let in clients that it has refused (allowSaslFailedClients)")
	errWrongProof = errors.New("the server has proved nothing: it does not know the password, or somebody has changed the conversation")
)

// Next implements [Conversation].
func (t *digestTalk) Next(_ context.Context, challenge []byte) (response []byte, done bool, err error) {
	switch {
	case !t.begun:
		t.begun = true
		return []byte{}, false, nil
	case t.proof == "":
		if len(challenge) == 0 {
			return nil, false, errNotOffered
		}
		c, err := parseChallenge(challenge)
		if err != nil {
			return nil, false, err
		}
		return t.answer(c)
	case len(challenge) == 0:
		return nil, false, errNoProof
	}
	return t.verify(challenge)
}

// verify looks at what the server says to the client's answer.
func (t *digestTalk) verify(challenge []byte) (response []byte, done bool, err error) {
	fields, err := parseDirectives(challenge)
	if err != nil {
		return nil, false, err
	}
	proof, found := fields.first("rspauth")
	if !found {
		c, err := parseChallenge(challenge)
		if err != nil {
			return nil, false, err
		}
		if !c.stale || t.repeat {
			return nil, false, errors.New("the server has answered with another challenge instead of a proof")
		}
		t.repeat = true
		return t.answer(c)
	}
	if subtle.ConstantTimeCompare([]byte(strings.ToLower(proof)), []byte(t.proof)) != 1 {
		return nil, false, errWrongProof
	}
	return nil, true, nil
}

// answer is the digest-response of RFC 2831, 2.1.2.
func (t *digestTalk) answer(c *challenge) (response []byte, done bool, err error) {
	encode := latin1
	if c.utf8 {
		encode = latin1IfPossible
	}
	user, ok := encode(t.d.user)
	password, ok2 := encode(t.d.password())
	if !ok || !ok2 {
		return nil, false, errors.New("the server does not take UTF-8, and the user's name or the password needs it")
	}
	realm := c.realm
	if c.utf8 && utf8.ValidString(realm) {
		realm, _ = latin1IfPossible(realm)
	}
	cnonce := t.d.nonce()
	secret := md5.Sum([]byte(user + ":" + realm + ":" + password))
	t.proof = digest(secret[:], c.nonce, cnonce, ":"+digestURI)
	var b strings.Builder
	if c.utf8 {
		b.WriteString("charset=utf-8,")
		user = t.d.user
	}
	fmt.Fprintf(&b, "username=%s", quote(user))
	if c.hasRealm {
		fmt.Fprintf(&b, ",realm=%s", quote(c.realm))
	}
	fmt.Fprintf(&b, ",nonce=%s,nc=00000001,cnonce=%s,digest-uri=%s,response=%s,qop=auth",
		quote(c.nonce), quote(cnonce), quote(digestURI), digest(secret[:], c.nonce, cnonce, "AUTHENTICATE:"+digestURI))
	return []byte(b.String()), false, nil
}

// digest is the response-value of RFC 2831, 2.1.2.1. The client's a2 begins with AUTHENTICATE, the server's does not.
func digest(secret []byte, nonce, cnonce, a2 string) string {
	a1 := string(secret) + ":" + nonce + ":" + cnonce
	return hexMD5(hexMD5(a1) + ":" + nonce + ":00000001:" + cnonce + ":auth:" + hexMD5(a2))
}

func hexMD5(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

// latin1 returns s in ISO 8859-1, in which texts are unless the server offers UTF-8.
func latin1(s string) (string, bool) {
	var b strings.Builder
	for _, r := range s {
		if r > 0xff {
			return "", false
		}
		b.WriteByte(byte(r))
	}
	return b.String(), true
}

// latin1IfPossible returns s as it goes into a digest beside UTF-8: in ISO 8859-1 if it can be (RFC 2831, 2.1.2.1).
func latin1IfPossible(s string) (string, bool) {
	if short, ok := latin1(s); ok {
		return short, true
	}
	return s, true
}

// quote is a quoted-string of RFC 2831.
func quote(s string) string {
	var b strings.Builder
	_ = b.WriteByte('"')
	for i := range len(s) {
		if s[i] == '"' || s[i] == '\\' {
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	b.WriteByte('"')
	return b.String()
}
