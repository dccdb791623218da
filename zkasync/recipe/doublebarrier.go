package recipe

import (
	"context"
	"fmt"
	"slices"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// DoubleBarrier lets a number of participants start together and finish together (kazoo: DoubleBarrier, Curator:
// DistributedDoubleBarrier, on the same path as well). A value enters and leaves once; it is safe for concurrent use.
type DoubleBarrier struct {
	c     *zkasync.Client
	path  string
	count int
	cfg   config
	own   string // the own znode
}

// readyName is the znode that says that all have entered.
const readyName = "ready"

// NewDoubleBarrier returns a barrier for count participants at path, which is created if it is missing. Nothing is sent.
func NewDoubleBarrier(c *zkasync.Client, path string, count int, opts ...Option) *DoubleBarrier {
	b := &DoubleBarrier{c: c, path: path, count: count, cfg: newConfig(opts)}
	b.own = core.Join(path, role{hex: true}.prefix())
	if count < 1 && b.cfg.err == nil {
		b.cfg.err = fmt.Errorf("a barrier for %d: want at least 1", count)
	}
	return b
}

// Enter completes when count participants have entered. If ctx or the session ends first, this one has not entered.
func (b *DoubleBarrier) Enter(ctx context.Context) *future.Future[future.Void] {
	if b.cfg.err != nil {
		return failed[future.Void](b.c, "enter", b.path, b.cfg.err)
	}
	session, cancel := b.c.SessionContext(ctx)
	w := newWait(session, b.c, "enter", b.path)
	then(w.promise.Future(), func(_ future.Void, err error) {
		cancel()
		if err != nil {
			b.withdraw()
		}
	})
	opts := b.cfg.createOptions(zkasync.Ephemeral())
	ask(b.c, func(ctx context.Context) *future.Future[future.Void] {
		return but(b.c.Create(ctx, b.own, []byte(b.cfg.id), opts...), zk.ErrNodeExists)
	}, func(_ future.Void, err error) {
		if err != nil {
			w.end(err)
			return
		}
		if w.over() { // the context ended while the znode was being created
			b.withdraw()
			return
		}
		b.open(w)
	})
	return w.future()
}

// open opens the barrier for all once the number is reached. Whether this or another participant opens it, the wait is for the
// barrier to be open.
func (b *DoubleBarrier) open(w *wait) {
	ready := core.Join(b.path, readyName)
	w.look(ready, func(st *zk.Stat) bool { return st != nil }, w.end)
	b.list(w, func(names []string) {
		if len(names) < b.count {
			return
		}
		then(persistent(context.Background(), b.c, ready, b.cfg), func(_ future.Void, err error) {
			if err != nil {
				w.end(err)
			}
		})
	})
}

// list reads the names of the participants, in order.
func (b *DoubleBarrier) list(w *wait, next func(names []string)) {
	ask(b.c, func(ctx context.Context) *future.Future[zkasync.Children] { return b.c.Children(ctx, b.path) },
		func(l zkasync.Children, err error) {
			switch {
			case core.IsNoNode(err):
				next(nil)
			case err != nil:
				w.end(err)
			default:
				names := slices.DeleteFunc(l.Names, func(name string) bool { return name == readyName })
				slices.Sort(names)
				next(names)
			}
		})
}

// Leave completes when all participants have left.
func (b *DoubleBarrier) Leave(ctx context.Context) *future.Future[future.Void] {
	if b.cfg.err != nil {
		return failed[future.Void](b.c, "leave", b.path, b.cfg.err)
	}
	w := newWait(ctx, b.c, "leave", b.path)
	b.leave(w)
	return w.future()
}

// leave waits for the others: the first in order waits for the last, all others wait for the first, so that few are woken.
func (b *DoubleBarrier) leave(w *wait) {
	if w.over() {
		return
	}
	b.list(w, func(names []string) {
		own := base(b.own)
		switch {
		case len(names) == 0 || len(names) == 1 && names[0] == own:
			b.shut(w)
		case names[0] == own:
			b.awaitGone(w, names[len(names)-1])
		default:
			then(b.withdraw(), func(_ future.Void, err error) {
				if err != nil {
					w.end(err)
					return
				}
				b.awaitGone(w, names[0])
			})
		}
	})
}

// shut is for the last one to leave. The barrier stays open until then, as Curator's does, for a participant so slow that all
// others have entered and want to leave before it sees that the barrier is open.
func (b *DoubleBarrier) shut(w *wait) {
	then(removed(context.Background(), b.c, core.Join(b.path, readyName)), func(_ future.Void, err error) {
		if err != nil {
			w.end(err)
			return
		}
		then(b.withdraw(), func(_ future.Void, err error) { w.end(err) })
	})
}

func (b *DoubleBarrier) awaitGone(w *wait, name string) {
	w.gone(core.Join(b.path, name), func(err error) {
		if err != nil {
			w.end(err)
			return
		}
		b.leave(w)
	})
}

// withdraw deletes the own znode.
func (b *DoubleBarrier) withdraw() *future.Future[future.Void] {
	return discard(b.c, b.own, func(ctx context.Context) *future.Future[future.Void] {
		return b.c.Delete(ctx, b.own, zkasync.AnyVersion)
	})
}
