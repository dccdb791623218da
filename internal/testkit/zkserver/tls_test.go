package zkserver

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"testing"
)

// ruok sends "ruok" over TLS and returns the answer.
func ruok(t *testing.T, s *Server, cfg *tls.Config) (string, error) {
	t.Helper()
	conn, err := (&tls.Dialer{Config: cfg}).DialContext(testContext(t), "tcp", s.TLSAddr())
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "ruok"); err != nil {
		return "", err
	}
	answer, err := io.ReadAll(conn)
	return string(answer), err
}

func TestTLS_ServesThoseWhoTrustIt(t *testing.T) {
	t.Parallel()
	s := Run(t, WithTLS())
	if answer, err := ruok(t, s, s.TLSConfig()); answer != "imok" {
		t.Errorf("answer %q, %v", answer, err)
	}
	anonymous := s.TLSConfig()
	anonymous.Certificates = nil
	if answer, err := ruok(t, s, anonymous); answer != "imok" {
		t.Errorf("answer to a client without a certificate %q, %v", answer, err)
	}
	named := s.TLSConfig()
	named.ServerName = "localhost"
	if answer, err := ruok(t, s, named); answer != "imok" {
		t.Errorf("answer as localhost %q, %v", answer, err)
	}
	var unknown x509.UnknownAuthorityError
	if _, err := ruok(t, s, &tls.Config{}); !errors.As(err, &unknown) {
		t.Errorf("a client that does not know the authority: %v", err)
	}
	create(t, connect(t, s.Addr()), "/plain", "") // the other port still serves
}

func TestTLS_MutualRefusesTheAnonymous(t *testing.T) {
	t.Parallel()
	s := Run(t, WithMutualTLS())
	if answer, err := ruok(t, s, s.TLSConfig()); answer != "imok" {
		t.Errorf("answer %q, %v", answer, err)
	}
	anonymous := s.TLSConfig()
	anonymous.Certificates = nil
	if answer, err := ruok(t, s, anonymous); err == nil {
		t.Errorf("a client without a certificate got the answer %q", answer)
	}
}

func TestTLS_OffByDefault(t *testing.T) {
	t.Parallel()
	s := &Server{}
	if s.TLSAddr() != "" || s.TLSConfig() != nil {
		t.Errorf("TLSAddr() is %q, TLSConfig() is %v", s.TLSAddr(), s.TLSConfig())
	}
}
