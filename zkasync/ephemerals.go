package zkasync

import (
	"context"
	"slices"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// Ephemerals returns the sorted paths of the session's ephemeral znodes at or below path (Java: getEphemerals; servers since
// 3.6, ZOOKEEPER-3269). The znode at path need not exist.
//
// For servers that do not know the request, see [Client.WhoAmI].
func (c *Client) Ephemerals(ctx context.Context, path string) *future.Future[[]string] {
	kind := &readKind[[]string]{code: wire.OpGetEphemerals, decode: func(v *view, body []byte) ([]string, error) {
		return decodeEphemerals(v, path, body)
	}}
	return ask(&c.view, ctx, c.completion(path), kind, path)
}

// decodeEphemerals leaves out paths that are not at or below path: servers compare prefixes, and "/a" is a prefix of "/ab".
func decodeEphemerals(v *view, path string, body []byte) ([]string, error) {
	all, _, err := wire.DecodeStrings(body)
	if err != nil {
		return nil, err
	}
	below := make([]string, 0, len(all))
	for _, full := range all {
		if p, ok := v.inside(full); ok && isAtOrBelow(path, p) {
			below = append(below, p)
		}
	}
	slices.Sort(below)
	return below, nil
}

// isAtOrBelow reports whether path is root or below it.
func isAtOrBelow(root, path string) bool {
	n := len(root)
	return root == "/" || path == root || len(path) > n && path[:n] == root && path[n] == '/'
}
