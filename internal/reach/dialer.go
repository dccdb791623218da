package reach

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strings"

	"github.com/zkasync/zkasync-go/internal/hosts"
)

// DialFunc connects to an address, as net.Dialer.DialContext does.
type DialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// Dialer makes connections.
type Dialer struct {
	Dial DialFunc
	// TLS returns the configuration of one connection; nil stands for connections without TLS.
	TLS func(context.Context) (*tls.Config, error)
}

// Connect dials, and secures the connection if TLS is configured.
func (d Dialer) Connect(ctx context.Context, s hosts.Server) (net.Conn, error) {
	sock, err := d.Dial(ctx, "tcp", s.Addr)
	if err == nil && ctx.Err() != nil { // the dialer has succeeded too late
		_ = sock.Close()
		err = context.Cause(ctx)
	}
	if err != nil || d.TLS == nil {
		return sock, err
	}
	tlsConfig, err := d.TLS(ctx)
	if err != nil {
		_ = sock.Close()
		return nil, fmt.Errorf("tls configuration for %v: %w", s, err)
	}
	if tlsConfig.ServerName == "" && !tlsConfig.InsecureSkipVerify {
		host, _, err := net.SplitHostPort(s.Name)
		if err != nil {
			_ = sock.Close()
			return nil, err
		}
		tlsConfig = tlsConfig.Clone()
		tlsConfig.ServerName, _, _ = strings.Cut(host, "%") // certificates contain no zones of IPv6 addresses
	}
	secured := tls.Client(sock, tlsConfig)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = sock.Close()
		return nil, fmt.Errorf("tls handshake with %v: %w", s, err)
	}
	return abruptTLS{Conn: secured, raw: sock}, nil
}

// abruptTLS is a TLS connection whose Close does not send the alert that ends TLS properly: if the peer does not read, sending it
// would take up to five seconds. A ZooKeeper session does not need it, since a request ends the session.
type abruptTLS struct {
	*tls.Conn
	raw net.Conn
}

func (c abruptTLS) Close() error { return c.raw.Close() }
