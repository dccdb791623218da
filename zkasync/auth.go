package zkasync

import (
	"context"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// authRequest is the request of AddAuth.
type authRequest struct {
	op[future.Void]
	cred credential
}

// AddAuth adds a credential to the session (kazoo: add_auth_async): "digest" with "user:password", "ip", "world" (which
// everybody has, so nothing is sent), or a scheme for which the servers have a provider. Once accepted, it is sent first
// on each new connection. If the server rejects it, the future fails with [ErrAuthFailed], the connection ends, and the
// state becomes AuthFailed. The same happens on a server that requires credentials (enforce.auth.enabled) if the client
// has sent anything before them, even a heartbeat: pass such credentials to [WithAuth] instead.
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
		o.v.c.tally.add(OutcomeRejected)
		o.promise.Reject(err)
		return
	}
	o.promise.Resolve(future.Void{})
}
