package recipe

import (
	"bytes"
	"context"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// KeepNumbered is [KeepNode] for a sequential znode, so that any number of sessions may have one each; it gets a new
// number whenever it is created again. Its name starts with Curator's protection prefix, by which it is found if the
// reply to its creation is lost (Curator: PersistentNode with EPHEMERAL_SEQUENTIAL).
func KeepNumbered(c *zkasync.Client, path string, data []byte, opts ...Option) *Node {
	return keep(&Node{c: c, name: path, numbered: true, cfg: newConfig(opts), data: bytes.Clone(data)})
}

// send requests the znode once.
func (n *Node) send(ctx context.Context, data []byte) *future.Future[zkasync.Created] {
	opts := n.cfg.createOptions(zkasync.Ephemeral())
	if n.numbered { // if the outcome of its creation cannot be found out, it is deleted by its prefix
		opts = append(opts, zkasync.Sequential(), zkasync.ProtectedPrefix(role{}.prefix()))
	}
	return n.c.Create(ctx, n.name, data, opts...)
}
