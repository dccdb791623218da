package recipe

import (
	"context"
	"errors"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// Barrier makes everybody wait as long as its znode exists (kazoo: Barrier, Curator: DistributedBarrier). It is safe for
// concurrent use.
type Barrier struct {
	c    *zkasync.Client
	path string
	cfg  config
}

// NewBarrier returns the barrier at path. Nothing is sent.
func NewBarrier(c *zkasync.Client, path string, opts ...Option) *Barrier {
	return &Barrier{c, path, newConfig(opts)}
}

// Set puts the barrier up, if it does not exist.
func (b *Barrier) Set(ctx context.Context) *future.Future[future.Void] {
	if b.cfg.err != nil {
		return failed[future.Void](b.c, "set", b.path, b.cfg.err)
	}
	return persistent(ctx, b.c, b.path, b.cfg)
}

// Remove removes the barrier, if it exists.
func (b *Barrier) Remove(ctx context.Context) *future.Future[future.Void] {
	if b.cfg.err != nil {
		return failed[future.Void](b.c, "remove", b.path, b.cfg.err)
	}
	return removed(ctx, b.c, b.path)
}

// Wait completes when the barrier does not exist, which may be at once.
func (b *Barrier) Wait(ctx context.Context) *future.Future[future.Void] {
	if b.cfg.err != nil {
		return failed[future.Void](b.c, "wait", b.path, b.cfg.err)
	}
	w := newWait(ctx, b.c, "wait", b.path)
	w.gone(b.path, w.end)
	return w.future()
}

// persistent creates a persistent znode unless it exists.
func persistent(ctx context.Context, c *zkasync.Client, path string, cfg config) *future.Future[future.Void] {
	made := lasting(ctx, c, func(ctx context.Context) *future.Future[zkasync.Created] {
		return c.Create(ctx, path, []byte(cfg.id), cfg.createOptions()...)
	})
	return but(made, zk.ErrNodeExists)
}

// removed deletes a znode if it exists.
func removed(ctx context.Context, c *zkasync.Client, path string) *future.Future[future.Void] {
	gone := lasting(ctx, c, func(ctx context.Context) *future.Future[future.Void] {
		return c.Delete(ctx, path, zkasync.AnyVersion)
	})
	return but(gone, zk.ErrNoNode)
}

// but returns f without its value, counting the error fine as success.
func but[T any](f *future.Future[T], fine error) *future.Future[future.Void] {
	return future.Transform(f, func(_ T, err error) *future.Future[future.Void] {
		if err != nil && !errors.Is(err, fine) {
			return future.Failed[future.Void](err)
		}
		return future.Resolved(future.Void{})
	})
}

// wait is a wait in steps that ends with its context.
type wait struct {
	c       *zkasync.Client
	op      string
	path    string
	promise *future.Promise[future.Void]
}

func newWait(ctx context.Context, c *zkasync.Client, op, path string) *wait {
	ctx = core.OrBackground(ctx)
	w := &wait{c: c, op: op, path: path, promise: future.NewPromise[future.Void](nil)}
	stop := c.AfterFunc(ctx, func() { w.end(context.Cause(ctx)) })
	then(w.promise.Future(), func(future.Void, error) { stop() })
	return w
}

func (w *wait) future() *future.Future[future.Void] { return core.OnHandler(w.c, w.promise.Future()) }

// over reports whether the wait has ended.
func (w *wait) over() bool { return w.promise.Future().Ready() }

// end completes the wait, with an error if there is one.
func (w *wait) end(err error) {
	if err != nil {
		w.promise.Reject(&Error{Op: w.op, Path: w.path, Err: err})
		return
	}
	w.promise.Resolve(future.Void{})
}

// gone calls next when a znode does not exist.
func (w *wait) gone(path string, next func(error)) {
	w.look(path, func(st *zk.Stat) bool { return st == nil }, next)
}

// look calls next when right accepts the state of a znode. It looks again after each change.
func (w *wait) look(path string, right func(*zk.Stat) bool, next func(error)) {
	if w.over() {
		return
	}
	ask(w.c, func(ctx context.Context) *future.Future[zkasync.Watched[*zk.Stat]] { return w.c.ExistsW(ctx, path) },
		func(seen zkasync.Watched[*zk.Stat], err error) {
			switch {
			case err != nil:
				next(err)
			case right(seen.Value):
				w.c.Unwatch(seen.Event)
				next(nil)
			default:
				then(seen.Event, func(_ zkasync.Event, err error) {
					if over(err) {
						next(err)
						return
					}
					w.look(path, right, next)
				})
				then(w.promise.Future(), func(future.Void, error) { w.c.Unwatch(seen.Event) })
			}
		})
}
