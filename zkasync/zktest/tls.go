package zktest

import (
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
	"slices"
	"strings"
	"time"
)

// WithTLS makes all connections use TLS, with certificates made for this server alone. [Server.Options] includes what
// package zkasync needs for that, [Server.TLSConfig] is for other clients in Go and [Server.TLSFiles] for those in other
// processes. With requireClient the server accepts only clients with a certificate signed by its authority, and TLSConfig
// contains one; otherwise a client may have one. A client's id of the scheme "x509" is the subject of its certificate.
//
// The server's certificate is valid for localhost and the loopback addresses, and for the names and addresses of hosts.
func WithTLS(requireClient bool, hosts ...string) Option {
	return Option{func(cfg *config) error {
		for _, host := range hosts {
			if host == "" || strings.ContainsAny(host, "/ ") {
				return fmt.Errorf("tls for the host %q: it is neither a name nor an address", host)
			}
		}
		made, err := newTLS(requireClient, hosts)
		if err != nil {
			return err
		}
		cfg.TLS, cfg.clientTLS, cfg.tlsFiles = made.server, made.client, made.files
		return nil
	}}
}

// TLSConfig returns a client's configuration, or nil for a server without TLS.
func (s *Server) TLSConfig() *tls.Config {
	if s.w.cfg.clientTLS == nil {
		return nil
	}
	return s.w.cfg.clientTLS.Clone()
}

// TLSFiles is what clients of a server with TLS need, in the PEM format.
type TLSFiles struct {
	CA     []byte // the certificate of the authority that signed the others
	Client []byte // a client's certificate, and its private key in PKCS #8
}

// TLSFiles returns what clients in other processes need. Both are nil for a server without TLS.
func (s *Server) TLSFiles() TLSFiles {
	files := s.w.cfg.tlsFiles
	return TLSFiles{CA: slices.Clone(files.CA), Client: slices.Clone(files.Client)}
}

type madeTLS struct {
	server, client *tls.Config
	files          TLSFiles
}

func newTLS(requireClient bool, hosts []string) (made madeTLS, err error) {
	ca, caKey, err := newCertificate("zktest authority", nil, nil, nil)
	if err != nil {
		return made, err
	}
	pool := x509.NewCertPool()
	pool.AddCert(ca)
	var pairs [2]tls.Certificate
	for i, name := range []string{"zktest server", "zktest client"} {
		cert, key, err := newCertificate(name, hosts, ca, caKey)
		if err != nil {
			return made, err
		}
		pairs[i] = tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key, Leaf: cert}
	}
	made.server = &tls.Config{Certificates: pairs[:1], ClientCAs: pool, ClientAuth: tls.VerifyClientCertIfGiven, MinVersion: tls.VersionTLS12}
	made.client = &tls.Config{RootCAs: pool, ServerName: serverName, MinVersion: tls.VersionTLS12}
	if requireClient {
		made.server.ClientAuth = tls.RequireAndVerifyClientCert
		made.client.Certificates = pairs[1:]
	}
	key, err := x509.MarshalPKCS8PrivateKey(pairs[1].PrivateKey)
	if err != nil {
		return made, fmt.Errorf("write a key: %w", err)
	}
	made.files.CA = certificatePEM(ca)
	made.files.Client = append(certificatePEM(pairs[1].Leaf), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...)
	return made, nil
}

func certificatePEM(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

// serverName is the name in the certificate of every server, whatever its address.
const serverName = "zktest.invalid"

// newCertificate makes a certificate, signed by its parent or, without one, by itself. It does not expire in the lifetime
// of a test, whatever the clock shows: a bubble of testing/synctest begins in the year 2000.
func newCertificate(name string, hosts []string, parent *x509.Certificate, parentKey *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey, error) {
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
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		BasicConstraintsValid: true,
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
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
