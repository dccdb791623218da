package sasl

import (
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// The example of RFC 2831, chapter 4, for another service.
func TestDigest_ExampleOfTheRFC(t *testing.T) {
	t.Parallel()
	const nonce, cnonce, uri = "OA6MG9tEQGm2hh", "OA6MHXh6VqTrRk", "imap/elwood.innosoft.com"
	secret := md5.Sum([]byte("chris:elwood.innosoft.com:secret"))
	if got, want := digest(secret[:], nonce, cnonce, "AUTHENTICATE:"+uri), "d388dad90d4bbd760a152321f2143af7"; got != want {
		t.Errorf("response %s, want %s", got, want)
	}
	if got, want := digest(secret[:], nonce, cnonce, ":"+uri), "ea40f60335c427b5527b84dbabcdfffd"; got != want {
		t.Errorf("proof %s, want %s", got, want)
	}
}

// begun returns a conversation that has said its first word.
func begun(t *testing.T, d *Digest) Conversation {
	t.Helper()
	d.nonce = func() string { return "mine" }
	talk, err := d.Start(t.Context(), Server{Host: "zk1"})
	if err != nil {
		t.Fatal(err)
	}
	first, done, err := talk.Next(t.Context(), nil)
	if err != nil || done || first == nil || len(first) > 0 {
		t.Fatalf("first: %q %v %v, want an empty one that is not null", first, done, err)
	}
	return talk
}

const plain = `realm="zk-sasl-md5",nonce="theirs",qop="auth",charset=utf-8,algorithm=md5-sess`

func TestDigest_Answers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		user, password, challenge string
		want                      string // the answer, without its response and what follows
		user1, realm1, password1  string // as they go into the digest
	}{
		"plain": {"bob", "builder", plain,
			`charset=utf-8,username="bob",realm="zk-sasl-md5",nonce="theirs",nc=00000001,cnonce="mine",digest-uri="zookeeper/zk-sasl-md5"`,
			"bob", "zk-sasl-md5", "builder"},
		"quotes": {`b"o\b`, `"`, strings.Replace(plain, "theirs", `the\"irs\\`, 1),
			`charset=utf-8,username="b\"o\\b",realm="zk-sasl-md5",nonce="the\"irs\\",nc=00000001,cnonce="mine",digest-uri="zookeeper/zk-sasl-md5"`,
			`b"o\b`, "zk-sasl-md5", `"`},
		"Latin-1 beside UTF-8": {"jürgen", "grün", plain,
			`charset=utf-8,username="jürgen",realm="zk-sasl-md5",nonce="theirs",nc=00000001,cnonce="mine",digest-uri="zookeeper/zk-sasl-md5"`,
			"j\xfcrgen", "zk-sasl-md5", "gr\xfcn"},
		"UTF-8": {"łódź", "5€", plain,
			`charset=utf-8,username="łódź",realm="zk-sasl-md5",nonce="theirs",nc=00000001,cnonce="mine",digest-uri="zookeeper/zk-sasl-md5"`,
			"łódź", "zk-sasl-md5", "5€"},
		"Latin-1 alone": {"jürgen", "grün", `nonce="theirs",algorithm=md5-sess`,
			"username=\"j\xfcrgen\"" + `,nonce="theirs",nc=00000001,cnonce="mine",digest-uri="zookeeper/zk-sasl-md5"`,
			"j\xfcrgen", "", "gr\xfcn"},
		"another realm": {"bob", "builder", strings.Replace(plain, "zk-sasl-md5", "EXAMPLE", 1),
			`charset=utf-8,username="bob",realm="EXAMPLE",nonce="theirs",nc=00000001,cnonce="mine",digest-uri="zookeeper/zk-sasl-md5"`,
			"bob", "EXAMPLE", "builder"},
		"several realms": {"bob", "builder", `realm="a",` + plain,
			`charset=utf-8,username="bob",realm="zk-sasl-md5",nonce="theirs",nc=00000001,cnonce="mine",digest-uri="zookeeper/zk-sasl-md5"`,
			"bob", "zk-sasl-md5", "builder"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			talk := begun(t, DigestMD5(test.user, test.password))
			answer, done, err := talk.Next(t.Context(), []byte(test.challenge))
			if err != nil || done {
				t.Fatalf("%v %v", done, err)
			}
			fields, err := parseDirectives(answer)
			if err != nil {
				t.Fatalf("%q: %v", answer, err)
			}
			nonce, _ := fields.first("nonce")
			secret := md5.Sum([]byte(test.user1 + ":" + test.realm1 + ":" + test.password1))
			want := fmt.Sprintf("%s,response=%s,qop=auth", test.want, digest(secret[:], nonce, "mine", "AUTHENTICATE:"+digestURI))
			if string(answer) != want {
				t.Errorf("answer\n%s, want\n%s", answer, want)
			}
			proof := "rspauth=" + digest(secret[:], nonce, "mine", ":"+digestURI)
			if _, done, err := talk.Next(t.Context(), []byte(proof)); err != nil || !done {
				t.Errorf("after the proof: %v %v", done, err)
			}
		})
	}
}

// What a server says that is not to be trusted or not to be answered.
func TestDigest_Refuses(t *testing.T) {
	t.Parallel()
	for challenge, want := range map[string]string{
		"":                                       "does not offer DIGEST-MD5",
		`nonce="a"`:                              "algorithm",
		`algorithm=md5-sess`:                     "without a nonce",
		`nonce="",algorithm=md5-sess`:            "without a nonce",
		`nonce="a",nonce="b",algorithm=md5-sess`: "2 directives nonce",
		`nonce="a",algorithm=md5`:                "md5-sess",
		`nonce="a",algorithm=md5-sess,qop="auth-int,auth-conf"`:    "only auth",
		`nonce="a",algorithm=md5-sess,charset=latin1`:              "charset",
		`nonce="a",algorithm=md5-sess,charset=utf-8,charset=utf-8`: "charset",
		`nonce="a`:                     "closing quote",
		`nonce="a\`:                    "closing quote",
		`nonce=`:                       "without a value",
		`nonce`:                        "want name=value",
		`=a`:                           "want name=value",
		`nonce="a" algorithm=md5-sess`: "want a comma",
		`nonce="` + strings.Repeat("a", maxChallenge) + `",algorithm=md5`: "bytes",
	} {
		_, done, err := begun(t, DigestMD5("bob", "hush")).Next(t.Context(), []byte(challenge))
		if err == nil || done || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%.60q: %v %v, want an error with %q", challenge, done, err, want)
		}
	}
	for _, text := range []string{"łódź", "5€"} {
		_, _, err := begun(t, DigestMD5("bob", text)).Next(t.Context(), []byte(`nonce="a",algorithm=md5-sess`))
		if err == nil || strings.Contains(err.Error(), text) {
			t.Errorf("without UTF-8: %v", err)
		}
	}
}

func TestDigest_WantsAProof(t *testing.T) {
	t.Parallel()
	for proof, want := range map[string]error{
		"": errNoProof,
		"rspauth=00000000000000000000000000000000": errWrongProof,
		`rspauth=""`: errWrongProof,
		plain:        nil,
		`realm="a"`:  nil,
	} {
		talk := begun(t, DigestMD5("bob", "builder"))
		if _, _, err := talk.Next(t.Context(), []byte(plain)); err != nil {
			t.Fatal(err)
		}
		if _, done, err := talk.Next(t.Context(), []byte(proof)); err == nil || done || want != nil && !errors.Is(err, want) {
			t.Errorf("%q: %v %v, want %v", proof, done, err, want)
		}
	}
}

// A nonce that is too old is exchanged once.
func TestDigest_StaleNonce(t *testing.T) {
	t.Parallel()
	talk := begun(t, DigestMD5("bob", "builder"))
	if _, _, err := talk.Next(t.Context(), []byte(plain)); err != nil {
		t.Fatal(err)
	}
	stale := strings.Replace(plain, "theirs", "newer", 1) + ",stale=true"
	answer, done, err := talk.Next(t.Context(), []byte(stale))
	if err != nil || done || !strings.Contains(string(answer), `nonce="newer"`) {
		t.Fatalf("%q %v %v, want another answer", answer, done, err)
	}
	if _, done, err := talk.Next(t.Context(), []byte(stale)); err == nil || done {
		t.Errorf("again: %v %v", done, err)
	}
}

func TestDigest_ChecksItsInput(t *testing.T) {
	t.Parallel()
	for _, d := range []*Digest{DigestMD5("", "x"), DigestMD5("a\xff", "x"), DigestMD5("bob", "hush\xff")} {
		if err := d.Check(); err == nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("%v: %v", d, err)
		}
		if _, err := d.Start(context.Background(), Server{}); err == nil {
			t.Errorf("%v starts", d)
		}
	}
	if err := DigestMD5("bob", "").Check(); err != nil {
		t.Error(err)
	}
}

// No verb shows the password.
func TestDigest_HidesThePassword(t *testing.T) {
	t.Parallel()
	d := DigestMD5("bob", "hush")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
		for _, v := range []any{d, []*Digest{d}, struct{ M Mechanism }{d}, begun(t, d)} {
			if text := fmt.Sprintf(verb, v); strings.Contains(text, "hush") || strings.Contains(text, fmt.Sprintf("%x", "hush")) {
				t.Errorf("%s of a %T shows %s", verb, v, text)
			}
		}
	}
}

// No challenge ends the program, what is quoted is read back as it was, and a server without the password proves nothing.
func FuzzChallenge(f *testing.F) {
	f.Add([]byte(plain))
	f.Add([]byte(`realm="a\"b" , nonce = "x\\",,qop="auth,auth-int",algorithm=md5-sess,stale=true`))
	f.Add([]byte(`nonce="`))
	f.Add([]byte(`=,=`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if fields, err := parseDirectives(text); err == nil {
			for _, values := range fields {
				for _, v := range values {
					again, rest, err := parseValue(quote(v))
					if err != nil || again != v || rest != "" {
						t.Errorf("%q is read back as %q, %q, %v", v, again, rest, err)
					}
				}
			}
		}
		d := DigestMD5("bob", "builder")
		d.nonce = func() string { return "mine" }
		talk, _ := d.Start(context.Background(), Server{})
		_, _, _ = talk.Next(context.Background(), nil)
		answer, done, err := talk.Next(context.Background(), text)
		if done || err != nil && len(answer) > 0 {
			t.Fatalf("%q %v %v", answer, done, err)
		}
		if err != nil {
			return
		}
		if fields, err := parseDirectives(answer); err != nil && len(answer) < maxChallenge || len(fields["response"]) > 1 {
			t.Errorf("answer %q: %v", answer, err)
		}
		if _, done, _ := talk.Next(context.Background(), text); done {
			t.Errorf("%q passes for a proof", text)
		}
		if utf8.Valid(text) && strings.Contains(string(answer), "builder") && !strings.Contains(string(text), "builder") {
			t.Error("the password travels")
		}
	})
}
