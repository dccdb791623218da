package zkasync

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"sync/atomic"

	"github.com/zkasync/zkasync-go/internal/hosts"
	"github.com/zkasync/zkasync-go/internal/reach"
)

// User functions passed as options are called through userCalls: a function that panics or ends its goroutine yields an
// error, and one that ignores its context is left behind.

// guardDialer returns a dialer that is safe to call.
func (u *userCalls) guardDialer(name string, dial reach.DialFunc) reach.DialFunc {
	name = "dialer (WithDialer) " + name
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		var sock net.Conn
		var failure error
		var claimed atomic.Bool // by whichever comes first, the end of the call or the end of the wait for it
		err := u.do(ctx, name, func() {
			made, err := dial(ctx, network, address)
			if err == nil && made == nil {
				err = fmt.Errorf("%s returned neither a connection nor an error", name)
			}
			if claimed.CompareAndSwap(false, true) {
				sock, failure = made, err
			} else if made != nil {
				_ = made.Close()
			}
		})
		if err != nil && claimed.CompareAndSwap(false, true) {
			return nil, err
		}
		if failure != nil {
			return nil, failure
		}
		return guardConn(sock), nil
	}
}

// guardResolver returns a resolver that is safe to call.
func (u *userCalls) guardResolver(name string, lookup hosts.LookupFunc) hosts.LookupFunc {
	name = "resolver (WithResolver) " + name
	return func(ctx context.Context, host string) ([]string, error) {
		type answer struct {
			addrs []string
			err   error
		}
		answered := make(chan answer, 1)
		err := u.do(ctx, name, func() {
			addrs, err := lookup(ctx, host)
			answered <- answer{addrs, err}
		})
		if err != nil {
			return nil, err
		}
		a := <-answered
		return a.addrs, a.err
	}
}

// guardService returns a resolver of services that is safe to call.
func (u *userCalls) guardService(name string, lookup hosts.ServiceFunc) hosts.ServiceFunc {
	name = "SRV resolver (WithSRVResolver) " + name
	return func(ctx context.Context, service, proto, host string) (string, []*net.SRV, error) {
		type answer struct {
			cname   string
			records []*net.SRV
			err     error
		}
		answered := make(chan answer, 1)
		err := u.do(ctx, name, func() {
			cname, records, err := lookup(ctx, service, proto, host)
			answered <- answer{cname, records, err}
		})
		if err != nil {
			return "", nil, err
		}
		a := <-answered
		return a.cname, a.records, a.err
	}
}

// guardTLS replaces the functions of a configuration with ones that are safe to call. They have no context; a function
// that blocks holds up a connection attempt, or a connection.
func (u *userCalls) guardTLS(c *tls.Config) *tls.Config {
	c = c.Clone()
	if fn := c.VerifyPeerCertificate; fn != nil {
		c.VerifyPeerCertificate = func(raw [][]byte, chains [][]*x509.Certificate) error {
			return u.check("VerifyPeerCertificate", fn, func() error { return fn(raw, chains) })
		}
	}
	if fn := c.VerifyConnection; fn != nil {
		c.VerifyConnection = func(state tls.ConnectionState) error {
			return u.check("VerifyConnection", fn, func() error { return fn(state) })
		}
	}
	if fn := c.GetClientCertificate; fn != nil {
		c.GetClientCertificate = func(info *tls.CertificateRequestInfo) (cert *tls.Certificate, err error) {
			err = u.check("GetClientCertificate", fn, func() (err error) {
				cert, err = fn(info)
				return err
			})
			return cert, err
		}
	}
	return c
}

// guardTLSFunc returns a function that is safe to call, and returns configurations that are.
func (u *userCalls) guardTLSFunc(name string, fn func(context.Context) (*tls.Config, error)) func(context.Context) (*tls.Config, error) {
	name = "function (WithTLSFunc) " + name
	return func(ctx context.Context) (*tls.Config, error) {
		type answer struct {
			config *tls.Config
			err    error
		}
		answered := make(chan answer, 1)
		err := u.do(ctx, name, func() {
			c, err := fn(ctx)
			answered <- answer{c, err}
		})
		if err != nil {
			return nil, err
		}
		a := <-answered
		if a.err == nil && a.config == nil {
			a.err = fmt.Errorf("%s returned neither a configuration nor an error", name)
		}
		if a.err != nil {
			return nil, a.err
		}
		return u.guardTLS(a.config), nil
	}
}

// check calls a function of the TLS configuration.
func (u *userCalls) check(field string, fn any, call func() error) error {
	var verdict error
	name := "function " + field + " (WithTLS) " + functionName(fn)
	if err := u.do(context.Background(), name, func() { verdict = call() }); err != nil {
		return err
	}
	return verdict
}

// errPanicked is the error of a user's connection whose method panicked.
var errPanicked = errors.New("panicked")

// guardedConn is a connection made by a user's dialer.
type guardedConn struct{ net.Conn }

func guardConn(c net.Conn) net.Conn {
	switch c.(type) {
	case *net.TCPConn, *net.UnixConn, *tls.Conn:
		return c
	}
	return guardedConn{c}
}

func (c guardedConn) Read(b []byte) (n int, err error) {
	defer c.caught("Read", &n, &err)
	return c.Conn.Read(b)
}

func (c guardedConn) Write(b []byte) (n int, err error) {
	defer c.caught("Write", &n, &err)
	return c.Conn.Write(b)
}

func (c guardedConn) Close() (err error) {
	defer c.caught("Close", new(int), &err)
	return c.Conn.Close()
}

// caught turns a panic into an error. How much was written is unknown then: all of it may have been.
func (c guardedConn) caught(method string, n *int, err *error) {
	if v := recover(); v != nil {
		*n, *err = 0, fmt.Errorf("method %s of the connection %T %w: %v", method, c.Conn, errPanicked, v)
	}
}
