package zkasync_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// startFails returns the error of a start that must fail.
func startFails(t *testing.T, servers string, opts ...zkasync.Option) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	c, err := zkasync.Connect(ctx, servers, opts...)
	if err == nil {
		t.Error("connected")
		_ = c.Close()
		return errors.New("none")
	}
	return err
}

func TestTLS_ServerIsVerified(t *testing.T) {
	t.Parallel()
	server := check.Process(t, whyTLS, zkserver.WithTLS())
	_, port, err := net.SplitHostPort(server.TLSAddr())
	if err != nil {
		t.Fatal(err)
	}
	named := func(name string) zkasync.Option {
		cfg := server.TLSConfig()
		cfg.ServerName = name
		return zkasync.WithTLS(cfg)
	}
	// elsewhere dials the same server whatever the address, so that an address may name a host that is not in the certificate.
	elsewhere := zkasync.WithDialer(func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server.TLSAddr())
	})
	t.Run("accepted", func(t *testing.T) {
		for _, test := range []struct {
			servers string
			opts    []zkasync.Option
		}{
			{server.TLSAddr(), []zkasync.Option{zkasync.WithTLS(server.TLSConfig())}},
			{"localhost:" + port, []zkasync.Option{zkasync.WithTLS(server.TLSConfig())}},
			{"zk.example:1", []zkasync.Option{named("localhost"), elsewhere}},
			{"zk.example:1", []zkasync.Option{zkasync.WithTLS(&tls.Config{InsecureSkipVerify: true}), elsewhere}},
		} {
			c := connect(t, test.servers, test.opts...)
			must(t, c.Exists(t.Context(), "/"))
		}
	})
	t.Run("another name", func(t *testing.T) {
		t.Parallel()
		err := startFails(t, "zk.example:1", zkasync.WithTLS(server.TLSConfig()), elsewhere)
		var wrong x509.HostnameError
		if !errors.As(err, &wrong) || wrong.Host != "zk.example" {
			t.Errorf("start: %v, want a HostnameError for zk.example", err)
		}
		err = startFails(t, server.TLSAddr(), named("zk.example"))
		if !errors.As(err, &wrong) {
			t.Errorf("start: %v, want a HostnameError", err)
		}
	})
	t.Run("another authority", func(t *testing.T) {
		t.Parallel()
		err := startFails(t, server.TLSAddr(), zkasync.WithTLS(&tls.Config{RootCAs: x509.NewCertPool()}))
		var unknown x509.UnknownAuthorityError
		if !errors.As(err, &unknown) || !strings.Contains(err.Error(), "tls handshake with "+server.TLSAddr()) {
			t.Errorf("start: %v, want an UnknownAuthorityError that names the server", err)
		}
	})
	t.Run("no TLS spoken", func(t *testing.T) {
		t.Parallel()
		if err := startFails(t, server.Addr(), zkasync.WithTLS(server.TLSConfig())); !strings.Contains(err.Error(), "tls") {
			t.Errorf("start: %v", err)
		}
		_ = startFails(t, server.TLSAddr())
	})
}

// The name is verified, not the address that it resolves to. An IPv6 address is verified without its zone.
func TestTLS_WhatIsVerified(t *testing.T) {
	t.Parallel()
	server := check.Process(t, whyTLS, zkserver.WithTLS())
	_, port, err := net.SplitHostPort(server.TLSAddr())
	mustDo(t, err)
	resolver := zkasync.WithResolver(func(context.Context, string) ([]string, error) { return []string{"127.0.0.1"}, nil })
	c := connect(t, "localhost:"+port, zkasync.WithTLS(server.TLSConfig()), resolver)
	must(t, c.Exists(t.Context(), "/"))
	dialer := zkasync.WithDialer(func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server.TLSAddr())
	})
	for servers, want := range map[string]string{
		"zk.example:" + port:          "zk.example",
		"[fe80::1%eth0]:" + port:      "fe80::1",
		"[2001:db8::2%25x]:" + port:   "2001:db8::2",
		"[2001:db8::2%25x.y]:" + port: "2001:db8::2",
	} {
		opt := resolver
		if strings.HasPrefix(servers, "[") {
			opt = dialer
		}
		err := startFails(t, servers, zkasync.WithTLS(server.TLSConfig()), opt)
		var wrong x509.HostnameError
		if !errors.As(err, &wrong) || wrong.Host != want {
			t.Errorf("%s: %v, want a HostnameError for %s", servers, err, want)
		}
	}
}

func TestTLS_OperationsAndReconnect(t *testing.T) {
	t.Parallel()
	server := check.Process(t, whyTLS, zkserver.WithMutualTLS())
	p := zkproxy.Run(t, server.TLSAddr())
	c := connect(t, p.Addr(), zkasync.WithTLS(server.TLSConfig()))
	ctx := t.Context()
	var s sequence
	follow(&s, c.Create(ctx, "/a", make([]byte, 1<<19)), nil)
	for range 1000 {
		follow(&s, c.Get(ctx, "/"), nil)
	}
	s.check(t)
	watch := must(t, c.GetW(ctx, "/a")).Event
	p.SetTarget(nowhere)
	p.Cut()
	poll(t, "suspended", func() bool { return c.State() == zkasync.StateSuspended })
	set := c.Set(ctx, "/a", nil, 0)
	p.SetTarget(server.TLSAddr())
	must(t, set)
	must(t, watch)
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	anonymous := server.TLSConfig()
	anonymous.Certificates = nil
	_ = startFails(t, server.TLSAddr(), zkasync.WithTLS(anonymous))
}
