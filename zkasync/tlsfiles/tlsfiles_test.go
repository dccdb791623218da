package tlsfiles_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/zkasync/tlsfiles"
)

// issued is a certificate with its key, in PEM.
type issued struct {
	cert, key []byte
	x509      *x509.Certificate
	private   *ecdsa.PrivateKey
}

// issue makes a certificate; a nil authority makes one that signs itself.
func issue(t testing.TB, name string, authority *issued) *issued {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: authority == nil, BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	parent, signer := template, key
	if authority != nil {
		parent, signer = authority.x509, authority.private
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return &issued{pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), cert, key}
}

// folder has the files of a client.
type folder struct {
	t       testing.TB
	dir     string
	reports []error
}

func newFolder(t testing.TB) *folder { return &folder{t: t, dir: t.TempDir()} }

func (d *folder) name(file string) string { return filepath.Join(d.dir, file) }

func (d *folder) write(file string, parts ...[]byte) {
	d.t.Helper()
	if err := os.WriteFile(d.name(file), bytes.Join(parts, nil), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

func (d *folder) load() (*tlsfiles.Files, error) {
	return tlsfiles.Load(tlsfiles.Options{Certificate: d.name("crt"), Key: d.name("key"), Roots: d.name("roots"),
		Report: func(err error) { d.reports = append(d.reports, err) }})
}

// meet shakes hands between a server with a certificate and the client, and returns whom the server has met.
func meet(t testing.TB, files *tlsfiles.Files, server *issued) (client string, err error) {
	t.Helper()
	pair, err := tls.X509KeyPair(server.cert, server.key)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := files.Config(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	cfg.ServerName = "127.0.0.1"
	a, b := link(t)
	met := tls.Server(a, &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequestClientCert, SessionTicketsDisabled: true})
	done := make(chan error, 1)
	go func() { done <- met.Handshake() }()
	if err := tls.Client(b, cfg).Handshake(); err != nil {
		b.Close()
		<-done
		return "", err
	}
	if err := <-done; err != nil {
		return "", err
	}
	for _, c := range met.ConnectionState().PeerCertificates {
		return c.Subject.CommonName, nil
	}
	return "", nil
}

// link returns the two ends of a connection.
func link(t testing.TB) (a, b net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if b, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if a, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = a.Close(), b.Close() })
	return a, b
}

func TestFiles_AreReadForEachConnection(t *testing.T) {
	t.Parallel()
	old, next := issue(t, "old authority", nil), issue(t, "next authority", nil)
	oldServer, nextServer := issue(t, "server", old), issue(t, "server", next)
	one, two := issue(t, "one", old), issue(t, "two", next)
	d := newFolder(t)
	d.write("crt", one.cert)
	d.write("key", one.key)
	d.write("roots", old.cert)
	files, err := d.load()
	if err != nil {
		t.Fatal(err)
	}
	is := func(server *issued, want string) {
		t.Helper()
		if got, err := meet(t, files, server); err != nil || got != want {
			t.Errorf("met %q, %v, want %q", got, err, want)
		}
	}
	is(oldServer, "one")
	if _, err := meet(t, files, nextServer); err == nil {
		t.Error("a server of another authority was accepted")
	}
	d.write("roots", []byte("# both\n"), old.cert, []byte("# and\n"), next.cert)
	is(nextServer, "one")
	d.write("crt", two.cert)
	is(nextServer, "one") // the key is not there yet
	d.write("key", two.key)
	is(nextServer, "two")
	d.write("roots", next.cert[:len(next.cert)/2])
	is(oldServer, "two")
	d.write("roots", next.cert)
	if _, err := meet(t, files, oldServer); err == nil {
		t.Error("a server of an authority that was removed is accepted")
	}
	is(nextServer, "two")
	if len(d.reports) != 2 || !strings.Contains(d.reports[0].Error(), d.name("crt")) || !strings.Contains(d.reports[1].Error(), d.name("roots")) {
		t.Errorf("reports %q, want one for each content that cannot be used", d.reports)
	}
}

// Whatever part of a file is there, the client goes on with what it had.
func TestFiles_HalfWritten(t *testing.T) {
	t.Parallel()
	authority := issue(t, "authority", nil)
	server, one, two := issue(t, "server", authority), issue(t, "one", authority), issue(t, "two", authority)
	d := newFolder(t)
	d.write("crt", one.cert)
	d.write("key", one.key)
	d.write("roots", authority.cert, one.cert)
	files, err := d.load()
	if err != nil {
		t.Fatal(err)
	}
	roots := append(bytes.Clone(one.cert), authority.cert...)
	for n := 0; n < len(roots)-1; n += 37 {
		d.write("roots", roots[:n])
		if n == len(one.cert) {
			continue // whole, as it stands
		}
		if got, err := meet(t, files, server); err != nil || got != "one" {
			t.Fatalf("with %d bytes of the roots: %q, %v", n, got, err)
		}
	}
	d.write("roots", roots)
	chain := append(bytes.Clone(two.cert), authority.cert...)
	d.write("key", two.key)
	for n := len(two.cert) + 40; n < len(chain)-1; n += 37 {
		d.write("crt", chain[:n])
		if got, err := meet(t, files, server); err != nil || got != "one" {
			t.Fatalf("with %d bytes of the chain: %q, %v", n, got, err)
		}
	}
	for _, file := range []string{"crt", "key", "roots"} {
		if err := os.Remove(d.name(file)); err != nil {
			t.Fatal(err)
		}
		if got, err := meet(t, files, server); err != nil || got != "one" {
			t.Fatalf("without %s: %q, %v", file, got, err)
		}
	}
}

func TestLoad_Refuses(t *testing.T) {
	t.Parallel()
	authority := issue(t, "authority", nil)
	one, two := issue(t, "one", authority), issue(t, "two", authority)
	for want, parts := range map[string][3][]byte{
		"private key does not match": {one.cert, two.key, authority.cert},
		"no certificate in it":       {one.cert, one.key, one.key},
		"incomplete":                 {one.cert, one.key, append(bytes.Clone(one.cert), one.cert[:100]...)},
		"roots":                      {one.cert, one.key, []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")},
	} {
		d := newFolder(t)
		d.write("crt", parts[0])
		d.write("key", parts[1])
		d.write("roots", parts[2])
		if _, err := d.load(); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "tlsfiles: ") {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if _, err := newFolder(t).load(); err == nil {
		t.Error("files that are missing")
	}
	if _, err := tlsfiles.Load(tlsfiles.Options{Certificate: "a"}); err == nil || !strings.Contains(err.Error(), "want both") {
		t.Errorf("a certificate without a key: %v", err)
	}
}

// Without files it is Go's configuration: the authorities of the system, and no certificate.
func TestLoad_OfNothing(t *testing.T) {
	t.Parallel()
	files, err := tlsfiles.Load(tlsfiles.Options{Base: &tls.Config{MinVersion: tls.VersionTLS13}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := files.Config(context.Background())
	if err != nil || c.RootCAs != nil || len(c.Certificates) > 0 || c.MinVersion != tls.VersionTLS13 || c.InsecureSkipVerify {
		t.Errorf("%+v, %v", c, err)
	}
}

// A client whose certificate is renewed while it runs.
func ExampleLoad() {
	files, err := tlsfiles.Load(tlsfiles.Options{
		Certificate: "/etc/tls/tls.crt",
		Key:         "/etc/tls/tls.key",
		Roots:       "/etc/tls/ca.crt",
		Report:      func(err error) { fmt.Println("renewal:", err) },
	})
	if err != nil {
		fmt.Println("start:", err)
		return
	}
	_ = files.Config // for zkasync.WithTLSFunc
	// Output: start: tlsfiles: open /etc/tls/tls.crt: no such file or directory
}
