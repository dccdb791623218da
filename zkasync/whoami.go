package zkasync

import (
	"context"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// Identity is one of the identities by which a server knows a client, and with which it compares access control lists.
type Identity struct {
	Scheme string // such as "digest", "ip", "x509" or "sasl"
	ID     string // for "digest", the user's name without the password
}

// WhoAmI returns the identities of the client at its present server (Java: whoAmI; servers since 3.7, ZOOKEEPER-3969).
//
// A server that does not know the request closes the connection when it receives it; the future then fails with
// [ErrUnimplemented]. The first such request to a server is sent while nothing else is in flight, so it costs no other
// operation's reply.
func (c *Client) WhoAmI(ctx context.Context) *future.Future[[]Identity] {
	o := new(whoAmIRequest)
	o.init(&c.view, ctx, c.completion(""), wire.OpWhoAmI, "")
	return o.send(o)
}

// whoAmIRequest is WhoAmI. Its record is empty.
type whoAmIRequest struct{ op[[]Identity] }

func (o *whoAmIRequest) Size() int              { return 0 }
func (o *whoAmIRequest) Append(b []byte) []byte { return b }

func (o *whoAmIRequest) Reply(code int32, body []byte) {
	if code != 0 {
		o.reject(code)
		return
	}
	o.finish(decodeIdentities(body))
}

func decodeIdentities(body []byte) (all []Identity, err error) {
	n, body, err := wire.DecodeInt32(body)
	for ; n > 0 && err == nil; n-- {
		var id Identity
		if id.Scheme, body, err = wire.DecodeString(body); err == nil {
			id.ID, body, err = wire.DecodeString(body)
		}
		all = append(all, id)
	}
	if err != nil {
		return nil, err
	}
	return all, nil
}
