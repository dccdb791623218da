package recipe

import (
	"context"
	"math"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// exists continues when there is a znode already. data is what it was to be created with.
func (n *Node) exists(data []byte) {
	n.mu.Lock()
	take := n.cfg.over && !n.took && !n.closed
	n.took = n.took || take
	n.mu.Unlock()
	if !take {
		n.look()
		return
	}
	ask(n.c, func(ctx context.Context) *future.Future[*zk.Stat] { return n.c.Exists(ctx, n.name) },
		func(st *zk.Stat, err error) {
			switch {
			case err != nil:
				n.fail(err)
			case st == nil || st.EphemeralOwner == n.c.Session().ID: // gone by now, or created by a create whose reply was lost
				n.look()
			case !isSession(st.EphemeralOwner): // it may hold what somebody needs: wait for its end
				n.look()
			default:
				n.replace(st.Version, data)
			}
		})
}

// isSession reports whether the owner of a znode is a session: it is 0 for persistent znodes, and has a special form for
// containers and those with a time to live.
func isSession(owner int64) bool {
	return owner != 0 && uint64(owner)>>56 != 0xff && owner != math.MinInt64
}

// replace replaces another session's znode with our own. Whatever the outcome, a look at what exists then says how to continue.
func (n *Node) replace(version int32, data []byte) {
	opts := []zkasync.CreateOption{zkasync.Ephemeral()}
	if n.cfg.acl != nil {
		opts = append(opts, zkasync.WithACL(n.cfg.acl))
	}
	replaced := n.c.Multi(context.Background(), zkasync.DeleteOp(n.name, version), zkasync.CreateOp(n.name, data, opts...))
	then(replaced, func([]zkasync.MultiResult, error) { n.look() })
}
