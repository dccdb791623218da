package zkasync

import (
	"bytes"
	"fmt"
	"time"

	"github.com/zkasync/zkasync-go/internal/mux"
)

// Session is a session at the servers.
type Session struct {
	// ID is the session's id, 0 if there is none. It is the EphemeralOwner of the znodes that end with the session.
	ID int64
	// Password goes with the id in [WithSession]. Anyone who has both can take over the session, so String omits it.
	Password []byte
	// Timeout is the timeout that the server granted, which may be shorter or longer than the one requested by
	// [WithSessionTimeout]: the session ends when the server has not heard from the client for that long (Java:
	// getSessionTimeout).
	Timeout time.Duration
	// ReadOnly says that this is a temporary session of a server without a quorum, see [WithReadOnly]: no znode belongs
	// to it.
	ReadOnly bool
}

// String returns the id as servers log it, and the timeout.
func (s Session) String() string {
	return fmt.Sprintf("session %#x with a timeout of %v", s.ID, s.Timeout)
}

// Session returns the session. It is the zero value until the first session after the start, and after Close. A session
// that has ended is returned until the next one starts; see [Client.State].
func (c *Client) Session() Session {
	r := c.runs.now()
	if r == nil {
		return Session{}
	}
	return sessionOf(r.session.Session())
}

func sessionOf(s mux.Session) Session {
	return Session{
		ID:       s.ID,
		Password: bytes.Clone(s.Password),
		Timeout:  time.Duration(s.Timeout) * time.Millisecond,
		ReadOnly: s.ReadOnly,
	}
}

// WithSession makes the first connection resume a session that another client started, as returned by that client's
// [Client.Session] (kazoo: client_id). Only the id and the password are used. If the server no longer knows the session,
// a new one starts, as after any expiry. The other client loses its connection.
func WithSession(s Session) Option {
	return Option{func(cfg *config) error {
		if s.ID == 0 || len(s.Password) != passwordSize {
			return fmt.Errorf("session %#x with a password of %d bytes: want an id other than 0 and %d bytes",
				s.ID, len(s.Password), passwordSize)
		}
		cfg.resume = mux.Session{ID: s.ID, Password: bytes.Clone(s.Password)}
		return nil
	}}
}

// Detached is a session that [Client.Detach] has left at the servers.
type Detached struct {
	Session Session // for [WithSession] of the client that takes it over
	// Stays is how long the servers keep the session from now on, at least: its timeout, less the time for which they may not
	// have heard from the client. It is 0 if by the local clock the session may be over.
	Stays time.Duration
}
