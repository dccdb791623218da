// Package tlsfiles makes TLS configurations of PEM files that may be replaced while a client runs, as cert-manager, Vault and
// Kubernetes do with certificates that live for days:
//
//	files, err := tlsfiles.Load(tlsfiles.Options{
//		Certificate: "/etc/tls/tls.crt",
//		Key:         "/etc/tls/tls.key",
//		Roots:       "/etc/tls/ca.crt",
//	})
//	c, err := zkasync.Connect(ctx, servers, zkasync.WithTLSFunc(files.Config))
//
// The files are read for each connection, so there is neither a goroutine nor a delay: a connection uses what is there when it
// is made. Connections that exist stay as they are.
package tlsfiles

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// Options name the files.
type Options struct {
	// Certificate is a PEM file with the client's certificate and those between it and the authority, and Key one with its
	// key, not encrypted. They may be one file. Without them the client has no certificate.
	Certificate, Key string
	// Roots is a PEM file with the authorities that the servers' certificates may come from. Without it they are those of the
	// system, which Go reads once for each process.
	Roots string
	// Base has everything else, such as MinVersion or ServerName; nil stands for Go's defaults. It must not change.
	Base *tls.Config
	// Report is called at each connection for which a file cannot be read, and once for each content that cannot be used. The client goes
	// on with what it has read before. Nil: nobody is told. It may be called from several goroutines.
	Report func(error)
}

// Files are files that have been read. They are safe for concurrent use.
type Files struct {
	o Options

	mu    sync.Mutex
	pair  *tls.Certificate // nil: none
	roots *x509.CertPool   // nil: the system's
	read  contents         // what they were made of
	bad   contents         // what was read later and cannot be used
}

// contents are those of the files.
type contents struct{ certificate, key, roots []byte }

func (c contents) samePair(d contents) bool {
	return bytes.Equal(c.certificate, d.certificate) && bytes.Equal(c.key, d.key)
}

// Load reads the files. It fails if one of them is missing or cannot be used.
func Load(o Options) (*Files, error) {
	if (o.Certificate == "") != (o.Key == "") {
		return nil, fmt.Errorf("tlsfiles: certificate %q and key %q: want both or none", o.Certificate, o.Key)
	}
	f := &Files{o: o}
	now, err := f.readAll()
	if err != nil {
		return nil, err
	}
	if f.pair, err = f.parsePair(now); err != nil {
		return nil, err
	}
	if f.roots, err = f.parseRoots(now); err != nil {
		return nil, err
	}
	f.read = now
	return f, nil
}

// Config reads the files again and returns a configuration for one connection. If they cannot be used, because they are missing,
// half written or do not belong together, it returns the one that it has returned before. The error is always nil, and the context is
// not used: Config has the shape that zkasync.WithTLSFunc wants.
func (f *Files) Config(context.Context) (*tls.Config, error) {
	err := f.refresh()
	if err != nil && f.o.Report != nil {
		f.o.Report(err)
	}
	c := &tls.Config{}
	if f.o.Base != nil {
		c = f.o.Base.Clone()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.o.Roots != "" {
		c.RootCAs = f.roots
	}
	if f.pair != nil {
		c.Certificates, c.GetClientCertificate = []tls.Certificate{*f.pair}, nil
	}
	return c, nil
}

// refresh takes over what has changed. It returns what is wrong with a content that it has not seen before.
func (f *Files) refresh() error {
	now, err := f.readAll()
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		return err
	}
	var wrong []error
	if !now.samePair(f.read) {
		pair, err := f.parsePair(now)
		switch {
		case err == nil:
			f.pair, f.read.certificate, f.read.key = pair, now.certificate, now.key
		case !now.samePair(f.bad):
			wrong = append(wrong, err)
		}
	}
	if !bytes.Equal(now.roots, f.read.roots) {
		roots, err := f.parseRoots(now)
		switch {
		case err == nil:
			f.roots, f.read.roots = roots, now.roots
		case !bytes.Equal(now.roots, f.bad.roots):
			wrong = append(wrong, err)
		}
	}
	f.bad = now
	return errors.Join(wrong...)
}

func (f *Files) readAll() (c contents, err error) {
	for _, file := range []struct {
		name string
		into *[]byte
	}{{f.o.Certificate, &c.certificate}, {f.o.Key, &c.key}, {f.o.Roots, &c.roots}} {
		if file.name == "" {
			continue
		}
		if *file.into, err = read(file.name); err != nil {
			return contents{}, fmt.Errorf("tlsfiles: %w", err)
		}
	}
	return c, nil
}

// maxFile is more than any bundle of authorities has, in bytes.
const maxFile = 16 << 20

func read(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	b, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err == nil && len(b) > maxFile {
		err = fmt.Errorf("%s is larger than %d bytes", name, maxFile)
	}
	return b, err
}

func (f *Files) parsePair(c contents) (*tls.Certificate, error) {
	if f.o.Certificate == "" {
		return nil, nil
	}
	pair, err := tls.X509KeyPair(c.certificate, c.key)
	if err == nil {
		_, err = certificates(c.certificate)
	}
	if err != nil {
		return nil, fmt.Errorf("tlsfiles: certificate %s with key %s: %w", f.o.Certificate, f.o.Key, err)
	}
	return &pair, nil
}

func (f *Files) parseRoots(c contents) (*x509.CertPool, error) {
	if f.o.Roots == "" {
		return nil, nil
	}
	all, err := certificates(c.roots)
	if err != nil {
		return nil, fmt.Errorf("tlsfiles: roots %s: %w", f.o.Roots, err)
	}
	pool := x509.NewCertPool()
	for _, cert := range all {
		pool.AddCert(cert)
	}
	return pool, nil
}

// certificates parses all certificates of a PEM file. A block that is cut off is an error: a file that is half written must not pass
// for a shorter one.
func certificates(b []byte) (all []*x509.Certificate, err error) {
	for {
		var block *pem.Block
		block, rest := pem.Decode(b)
		if block == nil {
			break
		}
		if skipped := bytes.Count(b[:len(b)-len(rest)], begin); skipped != 1 {
			return nil, errCut
		}
		if b = rest; block.Type != "CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		all = append(all, cert)
	}
	if bytes.Contains(b, begin) {
		return nil, errCut
	}
	if len(all) == 0 {
		return nil, errors.New("no certificate in it")
	}
	return all, nil
}

var (
	begin  = []byte("-----BEGIN ")
	errCut = errors.New("a PEM block is incomplete")
)
