package zktest_test

import (
	"crypto/md5"
	"fmt"
	"strings"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// authenticateSASL authenticates by DIGEST-MD5 as a client does, and returns the last answer.
func authenticateSASL(t testing.TB, r *raw, user, password string) (wire.ReplyHeader, string) {
	t.Helper()
	step := func(token string) (wire.ReplyHeader, string) {
		r.send(wire.OpSASL, str(token))
		h, rest, err := r.reply()
		must(t, err)
		answer, _, err := wire.DecodeString(rest)
		must(t, err)
		return h, answer
	}
	_, challenge := step("")
	_, nonce, _ := strings.Cut(challenge, `nonce="`)
	nonce, _, _ = strings.Cut(nonce, `"`)
	const realm, uri, cnonce = "zk-sasl-md5", "zookeeper/zk-sasl-md5", "fresh"
	inHex := func(s string) string { return fmt.Sprintf("%x", md5.Sum([]byte(s))) }
	secret := md5.Sum([]byte(user + ":" + realm + ":" + password))
	response := inHex(strings.Join([]string{inHex(string(secret[:]) + ":" + nonce + ":" + cnonce), nonce, "00000001", cnonce, "auth",
		inHex("AUTHENTICATE:" + uri)}, ":"))
	return step(fmt.Sprintf(`charset=utf-8,username=%q,realm=%q,nonce=%q,nc=00000001,cnonce=%q,digest-uri=%q,maxbuf=65536,response=%s,qop=auth`,
		user, realm, nonce, cnonce, uri, response))
}

func TestSASL_DigestMD5(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t, zktest.WithSASL(map[string]string{"bob": "builder"}))
	r := openRaw(t, srv)
	if h, answer := authenticateSASL(t, r, "bob", "builder"); h.Err != 0 || h.Zxid != 0 || !strings.HasPrefix(answer, "rspauth=") {
		t.Fatalf("%+v %q", h, answer)
	}
	r.send(wire.OpCreate, cat(str("/bobs"), null, acls(ace(zk.PermAll, "sasl", "bob")), num(0)))
	if h, _, err := r.reply(); err != nil || h.Err != 0 {
		t.Errorf("create: %d, %v", h.Err, err)
	}
	r.send(wire.OpGetData, cat(str("/bobs"), boolean(false)))
	if h, _, err := r.reply(); err != nil || h.Err != 0 {
		t.Errorf("get: %d, %v", h.Err, err)
	}
	stranger := openRaw(t, srv)
	stranger.send(wire.OpGetData, cat(str("/bobs"), boolean(false)))
	if h, _, err := stranger.reply(); err != nil || h.Err != -102 {
		t.Errorf("a stranger's get: %d, %v", h.Err, err)
	}
	if h, _ := authenticateSASL(t, stranger, "bob", "guess"); h.Err != -115 {
		t.Errorf("a wrong password: %d", h.Err)
	}
	if _, err := stranger.read(); err == nil {
		t.Error("the connection stays")
	}
}

// A server that is not configured for SASL answers with null, and does not know ids of SASL.
func TestSASL_NotConfigured(t *testing.T) {
	t.Parallel()
	r := openRaw(t, zktest.Run(t))
	r.send(wire.OpSASL, str(""))
	if h, rest, err := r.reply(); err != nil || h.Err != 0 || string(rest) != string(null) {
		t.Errorf("%+v %x %v", h, rest, err)
	}
	r.send(wire.OpCreate, cat(str("/a"), null, acls(ace(zk.PermAll, "sasl", "bob")), num(0)))
	if h, _, err := r.reply(); err != nil || h.Err != -114 {
		t.Errorf("create: %d, %v", h.Err, err)
	}
}
