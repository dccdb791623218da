package zkasync

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"

	"github.com/zkasync/zkasync-go/internal/login"
	"github.com/zkasync/zkasync-go/internal/mux"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/sasl"
)

// authRestore sends a credential again on a new connection.
type authRestore struct {
	c    *Client
	cred credential
}

// restoreAuth returns the requests that send all credentials again.
func (c *Client) restoreAuth() []mux.Request {
	var rs []mux.Request
	for _, cred := range c.creds.all() {
		rs = append(rs, &authRestore{c, cred})
	}
	return rs
}

func (r *authRestore) Op() wire.OpCode            { return wire.OpSetAuth }
func (r *authRestore) Context() context.Context   { return nil }
func (r *authRestore) Size() int                  { return r.cred.size() }
func (r *authRestore) Append(b []byte) []byte     { return r.cred.append(b) }
func (r *authRestore) Reply(code int32, _ []byte) { _ = r.c.authAnswered(r.cred, code) }

// lossesOfCredential is how many losses in a row it takes to blame a credential that must come first on each connection.
// Giving it up ends the client's use, so a bad network must not lead there.
const lossesOfCredential = 10

// Fail implements mux.Request.
func (r *authRestore) Fail(f mux.Failure) {
	s := r.cred.suspect
	if s.Lost(f.Blame, f.Sent) && s.Losses >= lossesOfCredential {
		end := &GivenUpError{Losses: s.Losses, Size: f.Blame.Size, Err: &lossError{f.Cause}}
		r.c.authFailed(&OpError{Op: r.cred.what(), Err: fmt.Errorf("%w: %w", ErrAuthFailed, end)})
	}
}

// authAnswered handles a server's answer to a credential. If the server rejects it, the client cannot be used any more,
// and the returned error says so.
func (c *Client) authAnswered(cred credential, code int32) error {
	if code == 0 {
		cred.suspect.Losses = 0
		c.creds.add(cred)
		return nil
	}
	err := rejection(cred.what(), "", code)
	if code != wire.CodeAuthFailed {
		err.Err = fmt.Errorf("%w: %w", ErrAuthFailed, err.Err)
	}
	c.authFailed(err)
	return err
}

// authenticate returns the conversation with the server of a connection, nil if there is none to hold.
func (c *Client) authenticate(s mux.Session, name string) mux.Conversation {
	l := c.cfg.login
	if l == nil {
		return nil
	}
	host, _, err := net.SplitHostPort(name)
	if err != nil {
		host = name
	}
	return l.Begin(&loginHost{c, name}, sasl.Server{Host: host, Addr: s.Server})
}

// loginHost is the client as a conversation with one server sees it.
type loginHost struct {
	c      *Client
	server string
}

// Refused implements login.Host.
func (h *loginHost) Refused(err error) {
	refused := &OpError{Op: h.op(), Outcome: OutcomeRejected}
	var code *login.Rejection
	if errors.As(err, &code) {
		refused.Err = fmt.Errorf("%w: server %s: %w", ErrAuthFailed, h.server, ServerError{code.Code})
	} else {
		refused.Outcome = OutcomeNone
		refused.Err = fmt.Errorf("%w: server %s: %w", ErrAuthFailed, h.server, err)
	}
	h.c.log(slog.LevelWarn, "authentication failed", "server", h.server, "error", refused)
	h.c.authFailed(refused)
}

// Unavailable implements login.Host.
func (h *loginHost) Unavailable(err error) {
	h.c.sink.Load().Abort(fmt.Errorf("%s at server %s: %w", h.op(), h.server, err))
}

func (h *loginHost) op() string { return "sasl " + h.c.cfg.login.Name }
