package zkserver

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// certificates are a new authority, and a key pair signed by it that both the server
// and its clients use.
type certificates struct {
	authority []byte // DER
	pair      tls.Certificate
}

const (
	keyStoreFile   = "server.pem"
	trustStoreFile = "authority.pem"
)

func newCertificates() (*certificates, error) {
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	ca := template("zkserver authority", 1)
	ca.IsCA, ca.BasicConstraintsValid, ca.KeyUsage = true, true, x509.KeyUsageCertSign
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, &caKey.PublicKey, caKey)
	if err != nil {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	leaf := template("localhost", 2)
	leaf.DNSNames, leaf.IPAddresses = []string{"localhost"}, []net.IP{net.ParseIP(host)}
	leaf.KeyUsage = x509.KeyUsageDigitalSignature
	leaf.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, ca, &key.PublicKey, caKey)
	if err != nil {
		return nil, err
	}
	return &certificates{caDER, tls.Certificate{Certificate: [][]byte{leafDER}, PrivateKey: key}}, nil
}

func template(name string, serial int64) *x509.Certificate {
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: big.NewInt(serial),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.Add(24 * time.Hour),
	}
}

// write writes both stores into dir as PEM, which servers read since 3.5.5
// (ZOOKEEPER-3057), so that no Java tool is needed.
func (c *certificates) write(dir string) error {
	key, err := x509.MarshalPKCS8PrivateKey(c.pair.PrivateKey)
	if err != nil {
		return err
	}
	store := append(pemBlock("PRIVATE KEY", key), pemBlock("CERTIFICATE", c.pair.Certificate[0])...)
	if err := os.WriteFile(filepath.Join(dir, keyStoreFile), store, 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, trustStoreFile), pemBlock("CERTIFICATE", c.authority), 0o600)
}

func (c *certificates) settings(dir string, port int, clientAuth bool) []setting {
	auth := "none"
	if clientAuth {
		auth = "need"
	}
	return []setting{
		{"secureClientPortAddress", host},
		{"secureClientPort", strconv.Itoa(port)},
		{"ssl.keyStore.location", filepath.ToSlash(filepath.Join(dir, keyStoreFile))},
		{"ssl.keyStore.type", "PEM"},
		{"ssl.trustStore.location", filepath.ToSlash(filepath.Join(dir, trustStoreFile))},
		{"ssl.trustStore.type", "PEM"},
		{"ssl.clientAuth", auth},
	}
}

func (c *certificates) clientConfig() *tls.Config {
	pool := x509.NewCertPool()
	// The certificate was made by newCertificates, so it can be parsed.
	if ca, err := x509.ParseCertificate(c.authority); err == nil {
		pool.AddCert(ca)
	}
	return &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{c.pair}, MinVersion: tls.VersionTLS12}
}

func pemBlock(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}
