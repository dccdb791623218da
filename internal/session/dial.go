package session

import (
	"errors"
	"log/slog"
	"net"
	"time"

	"github.com/zkasync/zkasync-go/internal/hosts"
)

// errElsewhere has go-zookeeper ask the list for the server once more: it is told by name what it is connected to.
var errElsewhere = errors.New("another server has answered")

// dial is go-zookeeper's Dialer. It seeks a server, whatever the address, and gives way to a stop at once. When a pass over the
// servers is over go-zookeeper has to be given a connection, if only one that fails, to look whether somebody has closed it.
func (r *Run) dial(_, address string, _ time.Duration) (net.Conn, error) {
	hand, server := r.seeker.Found()
	if hand == nil && r.mayDial() {
		if !r.seeker.Seek() {
			return r.m.NewPretended(), nil
		}
		if hand, server = r.seeker.Found(); server.Addr != address {
			return nil, errElsewhere
		}
	}
	if hand == nil || r.ctx.Err() != nil {
		r.seeker.Drop()
		return r.m.NewPretended(), nil
	}
	if hand.Replaces() {
		r.Log(slog.LevelWarn, "another session was granted than the one offered", "server", server.String())
		return r.m.NewExpired(hand), nil
	}
	r.seeker.Take()
	return r.m.NewConn(hand), nil
}

// mayDial is false when the client stops. Behind refused credentials it waits for that.
func (r *Run) mayDial() bool {
	if r.refused.Load() {
		<-r.ctx.Done()
	}
	return r.ctx.Err() == nil
}

// The methods of reach.Session.

// Timeout is that of the session, or what is asked for.
func (r *Run) Timeout() time.Duration { return r.clock.negotiated() }

// Left is the time until the session can no longer be alive.
func (r *Run) Left() time.Duration { return r.clock.left() }

// Gone is since when the session is over by the local clock.
func (r *Run) Gone() time.Time { return r.clock.goneSince() }

// Trying notes whose answer is waited for.
func (r *Run) Trying(s hosts.Server) {
	r.mu.Lock()
	r.awaited = s
	r.mu.Unlock()
}

// Failed notes why there is no connection.
func (r *Run) Failed(s hosts.Server, err error) {
	r.mu.Lock()
	r.lastError = err
	r.mu.Unlock()
	r.Log(slog.LevelWarn, "cannot connect", "server", s.String(), "error", err)
}

// Log tells the client's logger.
func (r *Run) Log(level slog.Level, msg string, args ...any) { r.cfg.Log(level, msg, args...) }
