package recipe

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// Queue hands each of its items to one consumer at a time. The consumer has the item until [Item.Consume],
// [Item.Release], or the end of its session: if a consumer dies, another one gets the item. So every item is consumed,
// and an item may be worked on twice (kazoo: LockingQueue, Curator: DistributedQueue and its relatives with a lock path,
// each with its [QueueLayout], so that consumers and producers of both can share it). It is safe for concurrent use.
//
// Items are taken in the order of their times or priorities, and then of their arrival; they are finished in whatever
// order their consumers finish. An item that may not be read, or that is not encoded as the layout says, is left where
// it is and does not delay the others: see [Queue.Skipped]. Znodes that are not items are ignored.
//
// # When ZooKeeper is good enough as a queue
//
// As a rule it is not: a majority of the servers writes every item to disk three times (put, taken, consumed), all
// servers keep all items in memory, and the list of a queue is read as a whole. It is good enough for jobs that are
// rare, small and must not be lost: a few a second, hundreds waiting, kilobytes each.
//
//   - Put takes one round trip, Consume one, and Take two: the lists are read, and then the lock is created if the item still
//     exists, and the item is read along with it.
//   - Each waiting name takes 24 bytes of the list that is read when the queue has changed, 19 with Curator: with 10,000 items
//     that is 240 kB for each Take. Clients in Java refuse lists of 1 MiB (jute.maxbuffer) or more, about 43,000 items;
//     zkasync refuses those above WithMaxReplySize.
//   - An item and all items of one Put are bounded by 1 MiB (jute.maxbuffer of the servers), together with their names.
//   - Waiting sets a watch on the lists. At each change all waiting clients read them again, but each Queue value does so
//     once. So use one value for all consumers of a process, and call Take once for each worker.
//
// docs/performance.md shows how many items a second this allows.
type Queue struct {
	c      *zkasync.Client
	cfg    config
	path   string
	layout QueueLayout
	items  string // the folder
	locks  string // "" if there are none

	mu      sync.Mutex
	takers  []*taker            // callers waiting for an item, in order
	calls   uint64              // number of calls of Take
	busy    map[string]struct{} // items that this value has, or is about to take
	skipped map[string]error
	waiting names // the items
	taken   names // the locks
	looking bool
	alarm   alarm // of the first item that is not due
}

// NewQueue returns the queue at path, which is created if it is missing. Nothing is sent.
func NewQueue(c *zkasync.Client, path string, layout QueueLayout, opts ...Option) *Queue {
	q := &Queue{c: c, cfg: newConfig(opts), path: path, layout: layout}
	q.items, q.locks = layout.folders(path)
	q.busy, q.skipped = make(map[string]struct{}), make(map[string]error)
	if q.items == q.locks && q.cfg.err == nil {
		q.cfg.err = fmt.Errorf("the lock path %s is that of the items", plain(q.locks))
	}
	return q
}

// Put puts items into the queue, all or none, and returns their paths (kazoo: put, put_all). If the outcome is unknown
// (zkasync.ErrOutcomeUnknown), they may be in the queue, and putting them again may duplicate them.
func (q *Queue) Put(ctx context.Context, values ...[]byte) *future.Future[[]string] {
	rank, err := q.layout.plain()
	return q.put(ctx, rank, err, values)
}

// PutAt is Put for items that must not be taken before a time, to the millisecond, in the layout of [CuratorDelayQueue].
func (q *Queue) PutAt(ctx context.Context, due time.Time, values ...[]byte) *future.Future[[]string] {
	rank, err := q.layout.due(due)
	return q.put(ctx, rank, err, values)
}

// PutID is Put for items with an id, which need not be unique, in the layout of [CuratorIDQueue]. Slashes and bars in it
// become underscores.
func (q *Queue) PutID(ctx context.Context, id string, values ...[]byte) *future.Future[[]string] {
	rank, err := q.layout.named(id)
	return q.put(ctx, rank, err, values)
}

// PutPriority is Put with a priority; the lowest comes first.
func (q *Queue) PutPriority(ctx context.Context, priority int, values ...[]byte) *future.Future[[]string] {
	rank, err := q.layout.ranked(priority)
	return q.put(ctx, rank, err, values)
}

func (q *Queue) put(ctx context.Context, rank string, err error, values [][]byte) *future.Future[[]string] {
	if err = errors.Join(q.cfg.err, err); err != nil {
		return failed[[]string](q.c, "put", q.path, err)
	}
	p := &put{q: q, ctx: core.OrBackground(ctx)}
	opts := append(q.cfg.aclOptions(), zkasync.Sequential())
	for _, value := range values {
		p.ops = append(p.ops, zkasync.CreateOp(core.Join(q.items, rank), q.layout.encode(value), opts...))
	}
	return core.OnHandler(q.c, p.send())
}

// put is one call of Put.
type put struct {
	q   *Queue
	ctx context.Context
	ops []zkasync.MultiOp
}

func (p *put) send() *future.Future[[]string] {
	made := core.Retry(p.ctx, p.q.c, writing(p.q.c, func(ctx context.Context) *future.Future[[]zkasync.MultiResult] {
		return p.q.c.Multi(ctx, p.ops...)
	}))
	return future.Transform(made, func(results []zkasync.MultiResult, err error) *future.Future[[]string] {
		switch {
		case errors.Is(err, zk.ErrNoNode): // the folder is missing
			return future.FlatMap(p.q.ensure(p.ctx, p.q.items), func(string) *future.Future[[]string] { return p.send() })
		case err != nil:
			return future.Failed[[]string](&Error{Op: "put", Path: p.q.path, Err: err})
		}
		var paths []string
		for _, r := range results {
			paths = append(paths, r.Path)
		}
		return future.Resolved(paths)
	})
}

// ensure creates a folder.
func (q *Queue) ensure(ctx context.Context, path string) *future.Future[string] {
	return lasting(ctx, q.c, func(ctx context.Context) *future.Future[string] {
		return q.c.EnsurePath(ctx, path, q.cfg.aclOptions()...)
	})
}

// Len returns how many items the server has, including those that are taken. It reads the list: see [Queue] for the
// cost.
func (q *Queue) Len(ctx context.Context) *future.Future[int] {
	if q.cfg.err != nil {
		return failed[int](q.c, "count", q.path, q.cfg.err)
	}
	return future.Transform(q.c.Children(ctx, q.items), func(list zkasync.Children, err error) *future.Future[int] {
		if err != nil && !core.IsNoNode(err) {
			return future.Failed[int](&Error{Op: "count", Path: q.path, Err: err})
		}
		n := 0
		for _, name := range list.Names {
			if _, ok := q.layout.parse(name); ok {
				n++
			}
		}
		return future.Resolved(n)
	})
}

// Skipped returns, by path, the items that this value has met and cannot read: a human has to decide what to do with
// them. The same Queue value does not look at them again.
func (q *Queue) Skipped() map[string]error {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := make(map[string]error, len(q.skipped))
	for name, why := range q.skipped {
		all[core.Join(q.items, name)] = why
	}
	return all
}
