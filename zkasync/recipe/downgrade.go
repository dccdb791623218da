package recipe

import (
	"context"
	"errors"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// Downgrade turns a writer's lock into a reader's: other readers get the lock too, and no writer does in between (Curator:
// acquiring the read lock while holding the write lock). held then ends, and the Held of the future takes its place in
// the queue, before all waiters, with a context of its own and the same fence. If Downgrade fails, held is unchanged;
// the error is [ErrNotHeld] if held had ended.
func (m *RWMutex) Downgrade(ctx context.Context, held *Held) *future.Future[*Held] {
	w := held.q
	var err error
	switch {
	case w.dir != m.write.path || w.role.name != m.write.role.name || w.role.except != "":
		err = errors.New("it is not held by the writer's side of this lock")
	case held.ctx.Err() != nil:
		err = errors.Join(ErrNotHeld, context.Cause(held.ctx))
	case m.read.busy.Swap(true):
		err = ErrInUse
	}
	if err != nil {
		return failed[*Held](w.c, "downgrade", m.write.path, err)
	}
	q := &claim{c: w.c, cfg: w.cfg, op: "downgrade", dir: w.dir, role: m.read.role, data: w.data, ctx: ctx, as: held.fence}
	q.done = func() { m.read.busy.Store(false) }
	q.role.except = base(held.path)
	d := &downgrade{q: q, writer: held, path: core.Join(q.dir, q.role.prefix()+q.role.name+number(held.path, w.role.name))}
	q.make, q.made = d.create, d.path
	return future.Then(q.begin(), func(reader *Held) (*Held, error) {
		held.Unlock()
		return reader, nil
	})
}

// number returns the number that the server has appended to the name of a contender.
func number(path, name string) string {
	znode := base(path)
	for i := len(znode) - len(name); i >= 0; i-- {
		if znode[i:i+len(name)] == name {
			return znode[i+len(name):]
		}
	}
	return ""
}

// downgrade creates the reader's znode. It has the writer's number, so that it takes the writer's place in the queue
// (CURATOR-621), and is created only if the writer's exists.
type downgrade struct {
	q      *claim
	writer *Held
	path   string
}

func (d *downgrade) create() *future.Future[zkasync.Created] {
	q := d.q
	opts := []zkasync.CreateOption{zkasync.Ephemeral()}
	if q.cfg.acl != nil {
		opts = append(opts, zkasync.WithACL(q.cfg.acl))
	}
	made := core.Retry(q.ctx, q.c, writing(q.c, func(ctx context.Context) *future.Future[[]zkasync.MultiResult] {
		return q.c.Multi(ctx, zkasync.CheckOp(d.writer.path, zkasync.AnyVersion), zkasync.CreateOp(d.path, q.data, opts...))
	}))
	return future.Transform(made, func(_ []zkasync.MultiResult, err error) *future.Future[zkasync.Created] {
		switch {
		case err == nil:
			return future.Resolved(zkasync.Created{Path: d.path})
		case refusedAt(err, 0):
			return future.Failed[zkasync.Created](ErrNotHeld)
		case errors.Is(err, zk.ErrNodeExists), errors.Is(err, zkasync.ErrOutcomeUnknown):
			return d.find()
		default:
			return future.Failed[zkasync.Created](err)
		}
	})
}

// find finds out whether the znode was created when the reply was lost.
func (d *downgrade) find() *future.Future[zkasync.Created] {
	q := d.q
	there := core.Retry(q.ctx, q.c, func(ctx context.Context) *future.Future[*zk.Stat] { return q.c.Exists(ctx, d.path) })
	return future.FlatMap(there, func(st *zk.Stat) *future.Future[zkasync.Created] {
		switch {
		case st == nil:
			return d.create()
		case st.EphemeralOwner != q.c.Session().ID:
			return future.Failed[zkasync.Created](ErrNotHeld) // the writer's session is over
		default:
			return future.Resolved(zkasync.Created{Path: d.path, Stat: *st})
		}
	})
}
