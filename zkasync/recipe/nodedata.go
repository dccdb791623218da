package recipe

import (
	"bytes"
	"context"
	"errors"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// SetData sets the data of the znode, now and whenever it is created again. The future completes when the znode has that
// data, or later data, or does not exist and will be created with it.
func (n *Node) SetData(data []byte) *future.Future[future.Void] {
	n.mu.Lock()
	closed, why := n.closed, n.err
	n.data = bytes.Clone(data)
	n.changes++
	n.mu.Unlock()
	if closed && n.there.Ready() {
		if _, err := n.there.Result(); err == nil {
			return failed[future.Void](n.c, "set", n.name, because(why))
		}
	}
	return future.FlatMap(n.there, func(future.Void) *future.Future[future.Void] { return n.write() })
}

// write makes the znode hold the current data.
func (n *Node) write() *future.Future[future.Void] {
	written := persist(context.Background(), n.c, func(ctx context.Context) *future.Future[zk.Stat] {
		n.mu.Lock() // until it is submitted, so that no older data is sent after newer
		defer n.mu.Unlock()
		made := future.Resolved(zk.Stat{}) // with this data, later
		if n.owner == 0 {
			return made
		}
		return ofSession(ctx, n.c, n.owner, made, func(ctx context.Context) *future.Future[zk.Stat] {
			return n.c.Set(ctx, n.path, n.data, zkasync.AnyVersion)
		})
	})
	return future.Transform(written, func(_ zk.Stat, err error) *future.Future[future.Void] {
		if err != nil && !core.IsNoNode(err) && !errors.Is(err, zkasync.ErrSessionExpired) {
			return future.Failed[future.Void](err)
		}
		return future.Resolved(future.Void{})
	})
}
