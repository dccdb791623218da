package recipe

import (
	"context"
	"errors"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// Remove removes the items with an id that nobody has taken, in the layout of [CuratorIDQueue], and returns how many it
// removed. If the outcome for one is unknown (zkasync.ErrOutcomeUnknown), so is that number; calling Remove again is
// harmless.
func (q *Queue) Remove(ctx context.Context, id string) *future.Future[int] {
	_, err := q.layout.named(id)
	if err = errors.Join(q.cfg.err, err); err != nil {
		return failed[int](q.c, "remove", q.path, err)
	}
	ctx, id = core.OrBackground(ctx), cleanID(id)
	list := core.Retry(ctx, q.c, quorate(q.c, func(ctx context.Context) *future.Future[zkasync.Children] {
		return q.c.Children(ctx, q.items)
	}))
	return core.OnHandler(q.c, future.Transform(list, func(list zkasync.Children, err error) *future.Future[int] {
		if err != nil && !core.IsNoNode(err) {
			return future.Failed[int](&Error{Op: "remove", Path: q.path, Err: err})
		}
		var all []*future.Future[bool]
		for _, item := range q.layout.order(list.Names) {
			if item.id == id {
				all = append(all, q.removeItem(ctx, item.name))
			}
		}
		return future.Then(future.All(all...), func(removed []bool) (n int, err error) {
			for _, r := range removed {
				if r {
					n++
				}
			}
			return n, nil
		})
	}))
}

// removeItem removes an item if nobody has taken it: only then can its lock be created, which is deleted along with it.
func (q *Queue) removeItem(ctx context.Context, name string) *future.Future[bool] {
	ops := []zkasync.MultiOp{zkasync.DeleteOp(core.Join(q.items, name), zkasync.AnyVersion)}
	if q.locks != "" {
		lock := core.Join(q.locks, name)
		opts := append(q.cfg.aclOptions(), zkasync.Ephemeral())
		ops = []zkasync.MultiOp{zkasync.CreateOp(lock, []byte(q.cfg.id), opts...), ops[0], zkasync.DeleteOp(lock, zkasync.AnyVersion)}
	}
	gone := core.Retry(ctx, q.c, writing(q.c, func(ctx context.Context) *future.Future[[]zkasync.MultiResult] {
		return q.c.Multi(ctx, ops...)
	}))
	return future.Transform(gone, func(_ []zkasync.MultiResult, err error) *future.Future[bool] {
		switch {
		case refusedAt(err, 0) && q.locks != "" && core.IsNoNode(err): // the folder of the locks is missing
			return future.FlatMap(q.ensure(ctx, q.locks), func(string) *future.Future[bool] { return q.removeItem(ctx, name) })
		case err == nil:
			return future.Resolved(true)
		case errors.Is(err, zkasync.ErrOutcomeUnknown):
			return future.Failed[bool](&Error{Op: "remove", Path: core.Join(q.items, name), Err: err})
		case core.IsNoNode(err), errors.Is(err, zk.ErrNodeExists): // it is gone, or somebody has it
			return future.Resolved(false)
		default:
			return future.Failed[bool](&Error{Op: "remove", Path: core.Join(q.items, name), Err: err})
		}
	})
}
