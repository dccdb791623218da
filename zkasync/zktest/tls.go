package zktest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"time"
)

// tlsSetup is what both ends of TLS connections need.
type tlsSetup struct{ server, client *tls.Config }

// WithTLS has all connections use TLS, with certificates made for this server alone. [Server.Options] has what package
// zkasync needs for it, [Server.TLSConfig] what others do. With requireClient the server takes no client without a
// certificate of its authority, which that configuration carries; the client's id of the scheme "x509" is its subject.
func WithTLS(requireClient bool) Option {
	return Option{func(cfg *config) (err error) {
		cfg.tls, err = newTLS(requireClient)
		return err
	}}
}

// TLSConfig returns a client's configuration, nil for a server without TLS.
func (s *Server) TLSConfig() *tls.Config {
	if s.w.cfg.tls == nil {
		return nil
	}
	return s.w.cfg.tls.client.Clone()
}

func newTLS(requireClient bool) (*tlsSetup, error) {
	ca, caKey, err := newCertificate("zktest authority", nil, nil)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AddCert(ca)
	var pairs [2]tls.Certificate
	for i, name := range []string{"zktest server", "zktest client"} {
		cert, key, err := newCertificate(name, ca, caKey)
		if err != nil {
			return nil, err
		}
		pairs[i] = tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key, Leaf: cert}
	}
	setup := &tlsSetup{
		server: &tls.Config{Certificates: pairs[:1], ClientCAs: pool, MinVersion: tls.VersionTLS12},
		client: &tls.Config{RootCAs: pool, ServerName: serverName, MinVersion: tls.VersionTLS12},
	}
	if requireClient {
		setup.server.ClientAuth = tls.RequireAndVerifyClientCert
		setup.client.Certificates = pairs[1:]
	}
	return setup, nil
}

// serverName is the name in the certificate of every server, whatever its address.
const serverName = "zktest.invalid"

// newCertificate makes a certificate, signed by its parent or, without one, by itself. It does not expire in the lifetime
// of a test, whatever the clock shows: a bubble of testing/synctest begins in the year 2000.
func newCertificate(name string, parent *x509.Certificate, parentKey *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("make a key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		return nil, nil, fmt.Errorf("make a certificate: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:              time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		DNSNames:              []string{serverName, "localhost"},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		BasicConstraintsValid: true,
	}
	if parent == nil {
		template.IsCA = true
		template.KeyUsage |= x509.KeyUsageCertSign
		parent, parentKey = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, parentKey)
	if err != nil {
		return nil, nil, fmt.Errorf("make a certificate: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	return cert, key, err
}

// secure does the handshake of a TLS connection and takes the client's certificate for one of its ids. It runs without
// the lock; a client that takes too long is cut off as one that sends no connect request is.
func (c *conn) secure() error {
	secured, ok := c.sock.(*tls.Conn)
	if !ok {
		return nil
	}
	if err := secured.Handshake(); err != nil {
		return err
	}
	w := c.srv.w
	w.lock()
	defer w.release()
	if peers := secured.ConnectionState().PeerCertificates; len(peers) > 0 {
		c.addID(identity{schemeX509, peers[0].Subject.String()})
	}
	return nil
}
