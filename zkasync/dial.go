package zkasync

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"
)

// errElsewhere has go-zookeeper ask hosts for the server once more: it is told by name what it is connected to.
var errElsewhere = errors.New("another server has answered")

// dial is go-zookeeper's Dialer. It seeks a server, whatever the address, and gives way to a stop at once.
func (r *run) dial(_, address string, _ time.Duration) (net.Conn, error) {
	if r.won == nil && r.mayDial() {
		if !r.sought() {
			return r.m.NewPretended(), nil
		}
		if r.won.server.addr != address {
			return nil, errElsewhere
		}
	}
	won := r.won
	if won == nil || r.ctx.Err() != nil {
		r.dropWon()
		return r.m.NewPretended(), nil
	}
	if won.hand.Replaces() {
		r.log(slog.LevelWarn, "another session was granted than the one offered", "server", won.server.String())
		return r.m.NewExpired(won.hand), nil
	}
	r.won = nil
	return r.m.NewConn(won.hand), nil
}

// sought goes on seeking; true when a server is found. When a pass over the servers is over, or the client stops, it is
// false: go-zookeeper has to be given a connection, if only one that fails, to look whether somebody has closed it.
func (r *run) sought() bool {
	if r.seeking == nil {
		r.seeking = r.newSeek()
	}
	r.seeking.run()
	if r.won = r.seeking.won; r.won == nil && r.ctx.Err() == nil {
		return false
	}
	r.endSeek()
	return r.won != nil
}

func (r *run) endSeek() {
	if r.seeking != nil {
		r.seeking.end()
		r.seeking = nil
	}
}

// dropWon gives up a server that was found and is not wanted any more.
func (r *run) dropWon() {
	if r.won != nil {
		r.won.hand.Close()
		r.won = nil
	}
}

// mayDial is false when the client stops. Behind refused credentials it waits for that.
func (r *run) mayDial() bool {
	if r.c.State() == StateAuthFailed {
		<-r.ctx.Done()
	}
	return r.ctx.Err() == nil
}

// connect dials, and secures the connection when TLS is asked for.
func (cfg *config) connect(ctx context.Context, network string, s server) (net.Conn, error) {
	sock, err := cfg.dial(ctx, network, s.addr)
	if err == nil && ctx.Err() != nil { // the dialer has come too late
		_ = sock.Close()
		err = context.Cause(ctx)
	}
	if err != nil || cfg.tls == nil {
		return sock, err
	}
	tlsConfig := cfg.tls
	if tlsConfig.ServerName == "" && !tlsConfig.InsecureSkipVerify {
		host, _, err := net.SplitHostPort(s.name)
		if err != nil {
			_ = sock.Close()
			return nil, err
		}
		tlsConfig = tlsConfig.Clone()
		tlsConfig.ServerName, _, _ = strings.Cut(host, "%") // certificates know no zones of IPv6 addresses
	}
	secured := tls.Client(sock, tlsConfig)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = sock.Close()
		return nil, fmt.Errorf("tls handshake with %v: %w", s, err)
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

// trying notes whose answer is waited for, for Start's error.
func (r *run) trying(s server) {
	r.mu.Lock()
	r.awaited = s
	r.mu.Unlock()
}

// attemptFailed notes why there is no connection, for Start's error and the log.
func (r *run) attemptFailed(s server, err error) {
	r.mu.Lock()
	r.lastError = err
	r.mu.Unlock()
	r.log(slog.LevelWarn, "cannot connect", "server", s.String(), "error", err)
}

func (r *run) log(level slog.Level, msg string, args ...any) { r.c.log(level, msg, args...) }

func (c *Client) log(level slog.Level, msg string, args ...any) { c.logs.add(level, msg, args...) }

// debugLog takes go-zookeeper's log, which tells of trouble that is ours to report.
type debugLog struct{ logs *logbook }

func (d debugLog) Printf(format string, args ...any) {
	if d.logs.l != nil {
		d.logs.add(slog.LevelDebug, fmt.Sprintf(format, args...))
	}
}
