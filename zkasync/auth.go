package zkasync

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync/internal/mux"
	"github.com/zkasync/zkasync-go/zkasync/internal/wire"
)

// credential proves who the client is.
type credential struct {
	scheme  string
	secret  []byte
	suspect *suspicion // of its restorations
}

func checkCredential(scheme string, secret []byte) error {
	switch {
	case scheme == "":
		return errors.New("scheme is empty")
	case scheme == schemeWorld && len(secret) > 0 && string(secret) != "anyone":
		return errors.New(`the only credential of scheme world is "anyone"`)
	case scheme == "digest" && bytes.IndexByte(secret, ':') < 1:
		return errors.New(`a credential of scheme digest is "user:password"`)
	}
	return nil
}

// schemeWorld is everybody. Servers know it in ACLs only and would end the connection at such a request, so nothing is
// sent for it.
const schemeWorld = "world"

func newCredential(scheme string, secret []byte) credential {
	return credential{scheme, bytes.Clone(secret), new(suspicion)}
}

// credentials are what is sent first on every connection.
type credentials struct {
	mu   sync.Mutex
	list []credential
}

func (s *credentials) add(c credential) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := slices.ContainsFunc(s.list, func(k credential) bool {
		return k.scheme == c.scheme && bytes.Equal(k.secret, c.secret)
	})
	if !known {
		s.list = append(s.list, c)
	}
}

func (s *credentials) all() []credential {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.list)
}

// authOp is AddAuth, or its repetition on a new connection.
type authOp struct {
	op[future.Void]
	cred     credential
	restores bool
}

// AddAuth adds a credential to the session (kazoo: add_auth_async): "digest" with "user:password", "ip", "world" (which
// everybody has, so nothing is sent), or a scheme that the servers have a provider for. Once accepted, it is sent on each
// new connection before anything else. One that the server does not accept fails with [ErrAuthFailed] and is the end of
// the connection: the state becomes AuthFailed. So it does at a server that demands credentials (enforce.auth.enabled) of a
// client that has sent something else before, if only a heartbeat: give those with [WithAuth].
func (c *Client) AddAuth(ctx context.Context, scheme string, credential []byte) *future.Future[future.Void] {
	o := &authOp{cred: newCredential(scheme, credential)}
	o.init(&c.view, ctx, c.completion(""), wire.OpSetAuth, "")
	if err := checkCredential(scheme, credential); err != nil {
		o.refuse(err)
		return o.future()
	}
	if scheme == schemeWorld {
		o.promise.Resolve(future.Void{})
		return o.future()
	}
	return o.send(o)
}

func (o *authOp) Size() int { return 12 + len(o.cred.scheme) + len(o.cred.secret) }

func (o *authOp) Append(b []byte) []byte { return wire.AppendAuth(b, o.cred.scheme, o.cred.secret) }

func (o *authOp) Reply(code int32, _ []byte) {
	if code == 0 {
		o.cred.suspect.Losses = 0
		o.v.c.creds.add(o.cred)
		o.promise.Resolve(future.Void{})
		return
	}
	err := rejection(o.code.String()+" "+printable(o.cred.scheme), "", code)
	if code != wire.CodeAuthFailed {
		err.Err = fmt.Errorf("%w: %w", ErrAuthFailed, err.Err)
	}
	o.v.c.authFailed(err)
	o.promise.Reject(err)
}

// lossesOfCredential is how many losses in a row are put down to a credential that each connection must begin with: to
// do without it is the end of the client, so a bad network must not lead there.
const lossesOfCredential = 10

// Fail implements mux.Request.
func (o *authOp) Fail(f mux.Failure) {
	o.op.Fail(f)
	s := o.cred.suspect
	if o.restores && s.Lost(f.Blame, f.Sent) && s.Losses >= lossesOfCredential {
		end := &GivenUpError{Losses: s.Losses, Size: f.Blame.Size, Err: &lossError{f.Cause}}
		o.v.c.authFailed(&OpError{
			Op:  o.code.String() + " " + printable(o.cred.scheme),
			Err: fmt.Errorf("%w: %w", ErrAuthFailed, end),
		})
	}
}

// restoreAuth returns the requests that repeat all credentials.
func (c *Client) restoreAuth() []mux.Request {
	var rs []mux.Request
	for _, cred := range c.creds.all() {
		o := &authOp{cred: cred, restores: true}
		o.init(&c.view, nil, nil, wire.OpSetAuth, "")
		rs = append(rs, o)
	}
	return rs
}
