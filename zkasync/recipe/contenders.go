package recipe

import (
	"context"
	"errors"
	"slices"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// Contender is a participant in the queue of a lock or an election.
type Contender struct {
	Path       string // of the znode
	Identifier string // the znode's data, as set by WithIdentifier, kazoo and Curator; a candidate's value in an election
	Fence      int64
	SessionID  int64 // of the client
}

// contenders reads a queue: its names, and then all its znodes at once. Contenders that are gone by then are left out.
func contenders(ctx context.Context, c *zkasync.Client, dir string, r role) *future.Future[[]Contender] {
	return future.Transform(c.Children(ctx, dir), func(list zkasync.Children, err error) *future.Future[[]Contender] {
		switch {
		case errors.Is(err, zk.ErrNoNode):
			return future.Resolved[[]Contender](nil)
		case err != nil:
			return future.Failed[[]Contender](err)
		}
		var reads []*future.Future[zkasync.Node]
		var paths []string
		for _, q := range r.queue(list.Names) {
			path := core.Join(dir, q.name)
			paths = append(paths, path)
			reads = append(reads, c.Get(ctx, path))
		}
		return future.Then(future.Settle(reads...), func(rs []future.Result[zkasync.Node]) ([]Contender, error) {
			return found(paths, rs)
		})
	})
}

func found(paths []string, nodes []future.Result[zkasync.Node]) (all []Contender, err error) {
	for i, r := range nodes {
		switch {
		case errors.Is(r.Err, zk.ErrNoNode):
		case r.Err != nil:
			return nil, r.Err
		default:
			st := r.Value.Stat
			all = append(all, Contender{paths[i], string(r.Value.Data), st.Czxid, st.EphemeralOwner})
		}
	}
	return all, nil
}

// queue returns the contenders among the names, in their order.
func (r role) queue(names []string) []contender {
	var all []contender
	for _, name := range names {
		if c, ok := parse(name, r.excludes); ok {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b contender) int {
		if a.before(b) {
			return -1
		}
		return 1
	})
	return all
}
