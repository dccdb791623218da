package zkasync

import (
	"context"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// DescendantCount returns how many znodes are below path, at any depth, without path itself (Java: getAllChildrenNumber; servers since
// 3.6, ZOOKEEPER-3260). It costs a server time in proportion to its whole tree. The usual rejections are zk.ErrNoNode and zk.ErrNoAuth.
//
// For servers that do not know the request see [Client.WhoAmI].
func (c *Client) DescendantCount(ctx context.Context, path string) *future.Future[int] {
	return ask(&c.view, ctx, c.completion(path), descendantsKind, path)
}

var descendantsKind = &readKind[int]{code: wire.OpGetAllChildrenNumber, decode: decodeCount}

func decodeCount(_ *view, body []byte) (int, error) {
	n, _, err := wire.DecodeInt32(body)
	return int(n), err
}
