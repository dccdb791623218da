package zkasync

import (
	"context"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// authRequest is AddAuth.
type authRequest struct {
	op[future.Void]
	cred credential
}

// AddAuth adds a credential to the session (kazoo: add_auth_async): "digest" with "user:password", "ip", "world" (which
// everybody has, so nothing is sent), or a scheme that the servers have a provider for. Once accepted, it is sent on each
// new connection before anything else. One that the server does not accept fails with [ErrAuthFailed] and is the end of
// the connection: the state becomes AuthFailed. So it does at a server that demands credentials (enforce.auth.enabled) of a
// client that has sent something else before, if only a heartbeat: give those with [WithAuth].
func (c *Client) AddAuth(ctx context.Context, scheme string, credential []byte) *future.Future[future.Void] {
	o := &authRequest{cred: newCredential(scheme, credential)}
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

func (o *authRequest) Size() int { return o.cred.size() }

func (o *authRequest) Append(b []byte) []byte { return o.cred.append(b) }

func (o *authRequest) Reply(code int32, _ []byte) {
	if err := o.v.c.authAnswered(o.cred, code); err != nil {
		o.promise.Reject(err)
		return
	}
	o.promise.Resolve(future.Void{})
}
