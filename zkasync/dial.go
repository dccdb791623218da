package zkasync

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"time"
)

// dial is go-zookeeper's Dialer. Its address comes from hosts. It is where the pauses between attempts are made, and it
// gives way to a stop at once.
func (r *run) dial(network, address string, _ time.Duration) (net.Conn, error) {
	if !r.mayDial() {
		return r.m.NewPretended(), nil
	}
	offer := r.offerTo(address)
	sock, err := r.c.cfg.connect(r.ctx, network, address)
	if r.ctx.Err() != nil {
		if sock != nil {
			_ = sock.Close()
		}
		return r.m.NewPretended(), nil
	}
	if err != nil {
		r.attemptFailed(address, err)
		return nil, err
	}
	return r.m.NewConn(sock, offer), nil
}

// mayDial waits until the next dial is due; false when the client stops.
func (r *run) mayDial() bool {
	if r.c.State() == AuthFailed {
		<-r.ctx.Done()
		return false
	}
	if pause := r.hosts.pause(); pause > 0 {
		t := time.NewTimer(pause)
		defer t.Stop()
		select {
		case <-t.C:
		case <-r.ctx.Done():
		}
	}
	return r.ctx.Err() == nil
}

// connect dials, and secures the connection when TLS is asked for. The name is resolved here, each time.
func (cfg *config) connect(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, cfg.dialTimeout())
	defer cancel()
	sock, err := cfg.dial(ctx, network, address)
	if err != nil || cfg.tls == nil {
		return sock, err
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		_ = sock.Close()
		return nil, err
	}
	tlsConfig := cfg.tls
	if tlsConfig.ServerName == "" && !tlsConfig.InsecureSkipVerify {
		tlsConfig = tlsConfig.Clone()
		tlsConfig.ServerName = host
	}
	secured := tls.Client(sock, tlsConfig)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = sock.Close()
		return nil, fmt.Errorf("tls handshake with %s: %w", address, err)
	}
	return abruptTLS{Conn: secured, raw: sock}, nil
}

// abruptTLS is a TLS connection whose Close does not send the alert that ends TLS in good order, for which it would wait up
// to five seconds on a peer that does not read. Sessions have an end of their own.
type abruptTLS struct {
	*tls.Conn
	raw net.Conn
}

func (c abruptTLS) Close() error { return c.raw.Close() }

// attemptFailed notes why there is no connection, for Start's error and the log.
func (r *run) attemptFailed(address string, err error) {
	r.mu.Lock()
	r.lastError = err
	r.mu.Unlock()
	r.log(slog.LevelWarn, "cannot connect", "server", address, "error", err)
}

func (r *run) log(level slog.Level, msg string, args ...any) {
	if l := r.c.cfg.logger; l != nil {
		l.Log(context.Background(), level, "zkasync: "+msg, args...)
	}
}

// debugLog takes go-zookeeper's log, which tells of trouble that is ours to report.
type debugLog struct{ l *slog.Logger }

func (d debugLog) Printf(format string, args ...any) {
	if d.l != nil && d.l.Enabled(context.Background(), slog.LevelDebug) {
		d.l.Debug("zkasync: " + fmt.Sprintf(format, args...))
	}
}
