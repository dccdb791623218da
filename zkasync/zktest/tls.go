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

// WithTLS makes all connections use TLS, with certificates made for this server alone. [Server.Options] includes what
// package zkasync needs for that, [Server.TLSConfig] is for other clients. With requireClient the server accepts only
// clients with a certificate of its authority, which that configuration contains; the client's id of the scheme "x509"
// is the certificate's subject.
func WithTLS(requireClient bool) Option {
	return Option{func(cfg *config) (err error) {
		cfg.TLS, cfg.clientTLS, err = newTLS(requireClient)
		return err
	}}
}

// TLSConfig returns a client's configuration, nil for a server without TLS.
func (s *Server) TLSConfig() *tls.Config {
	if s.w.cfg.clientTLS == nil {
		return nil
	}
	return s.w.cfg.clientTLS.Clone()
}

func newTLS(requireClient bool) (server, client *tls.Config, err error) {
	ca, caKey, err := newCertificate("zktest authority", nil, nil)
	if err != nil {
		return nil, nil, err
	}
	pool := x509.NewCertPool()
	pool.AddCert(ca)
	var pairs [2]tls.Certificate
	for i, name := range []string{"zktest server", "zktest client"} {
		cert, key, err := newCertificate(name, ca, caKey)
		if err != nil {
			return nil, nil, err
		}
		pairs[i] = tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key, Leaf: cert}
	}
	server = &tls.Config{Certificates: pairs[:1], ClientCAs: pool, MinVersion: tls.VersionTLS12}
	client = &tls.Config{RootCAs: pool, ServerName: serverName, MinVersion: tls.VersionTLS12}
	if requireClient {
		server.ClientAuth = tls.RequireAndVerifyClientCert
		client.Certificates = pairs[1:]
	}
	return server, client, nil
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
