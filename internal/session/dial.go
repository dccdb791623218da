package session

import (
	"errors"
	"log/slog"
	"net"
	"time"

	"github.com/zkasync/zkasync-go/internal/hosts"
)

// errElsewhere makes go-zookeeper ask the list for a server once more. The list then names the one that was found.
var errElsewhere = errors.New("another server has answered")

// dial is go-zookeeper's Dialer. It seeks a server, whatever the address is, and returns at once when the client stops. After a
// pass over the servers without success it returns a connection that fails, so that go-zookeeper checks whether it was closed.
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
	r.mu.Lock()
	r.server = server
	r.mu.Unlock()
	return r.m.NewConn(hand), nil
}

// mayDial returns false if the client stops. After credentials were rejected, it waits until the client stops.
func (r *Run) mayDial() bool {
	if r.refused.Load() {
		<-r.ctx.Done()
	}
	return r.ctx.Err() == nil
}

// Timeout, Left, Gone, Trying, Failed and Log implement reach.Session.

// Timeout returns the session timeout, or the requested one if none has been negotiated.
func (r *Run) Timeout() time.Duration { return r.clock.negotiated() }

// Left returns how long the session can still be alive, see reach.Session.
func (r *Run) Left() time.Duration { return r.clock.left() }

// Gone returns since when the session is over by the local clock, or the zero time if it is not.
func (r *Run) Gone() time.Time { return r.clock.goneSince() }

// Trying records the server whose answer is awaited.
func (r *Run) Trying(s hosts.Server) {
	r.mu.Lock()
	r.awaited = s
	r.mu.Unlock()
}

// Failed records why there is no connection.
func (r *Run) Failed(s hosts.Server, err error) {
	r.mu.Lock()
	r.lastError = err
	r.failures++
	r.mu.Unlock()
	r.Log(slog.LevelWarn, "cannot connect", "server", s.String(), "error", err)
}

// Tried reports the end of an attempt.
func (r *Run) Tried(s hosts.Server, took time.Duration, err error) {
	if r.cfg.Tried != nil {
		r.cfg.Tried(s.String(), took, err)
	}
}

// Log writes to the client's log.
func (r *Run) Log(level slog.Level, msg string, args ...any) { r.cfg.Log(level, msg, args...) }
