package discovery

import (
	"context"
	"errors"
	"sync"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// persistent keeps the znode of a Static or Permanent instance, which outlives its process.
type persistent struct {
	d    *Discovery
	path string

	ready *future.Future[future.Void]

	mu   sync.Mutex
	data []byte

	order  sync.Mutex                  // held while a step is queued after another; locked before mu
	last   *future.Future[future.Void] // the latest write
	closed *future.Future[future.Void] // nil until it is deleted
}

func newPersistent(d *Discovery, path string, data []byte) *persistent {
	p := &persistent{d: d, path: path, data: data}
	p.last = p.put()
	p.ready = p.last
	return p
}

// Path implements keeper.
func (p *persistent) Path() string { return p.path }

// Ready implements keeper.
func (p *persistent) Ready() *future.Future[future.Void] { return p.ready }

// SetData implements keeper.
func (p *persistent) SetData(data []byte) *future.Future[future.Void] {
	p.order.Lock()
	defer p.order.Unlock()
	if p.closed != nil {
		return fails[future.Void](p.d, "update", p.path, recipe.ErrReleased)
	}
	p.mu.Lock()
	p.data = data
	p.mu.Unlock()
	p.last = behind(p.last, p.put)
	return p.last
}

// Close implements keeper.
func (p *persistent) Close() *future.Future[future.Void] {
	p.order.Lock()
	defer p.order.Unlock()
	if p.closed == nil {
		p.closed = behind(p.last, p.remove)
	}
	return p.closed
}

// behind runs a step when the previous one has ended, so that no repetition of the previous one comes after it.
func behind(before *future.Future[future.Void], step func() *future.Future[future.Void]) *future.Future[future.Void] {
	return future.FlatMap(future.Settle(before), func([]future.Result[future.Void]) *future.Future[future.Void] { return step() })
}

// steps runs a chain of requests, and repeats the whole chain when the connection is lost. That does no harm, as each step
// accepts what exists already.
func (p *persistent) steps(chain func(context.Context) *future.Future[future.Void]) *future.Future[future.Void] {
	return core.Retry(zkasync.MarkIdempotent(context.Background()), p.d.c, chain)
}

func (p *persistent) remove() *future.Future[future.Void] {
	return p.steps(func(ctx context.Context) *future.Future[future.Void] {
		gone := p.d.c.Delete(ctx, p.path, zkasync.AnyVersion)
		return future.Recover(gone, func(err error) (future.Void, error) {
			if core.IsNoNode(err) {
				err = nil
			}
			return future.Void{}, err
		})
	})
}

// put makes sure that the znode exists, is persistent and has the current data.
func (p *persistent) put() *future.Future[future.Void] { return p.steps(p.create) }

// present returns the current data.
func (p *persistent) present() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.data
}

func (p *persistent) options(opts ...zkasync.CreateOption) []zkasync.CreateOption {
	if p.d.acl != nil {
		opts = append(opts, zkasync.WithACL(p.d.acl))
	}
	return opts
}

func (p *persistent) create(ctx context.Context) *future.Future[future.Void] {
	made := p.d.c.Create(ctx, p.path, p.present(), p.options(zkasync.MakeParents())...)
	return orElse(made, func(err error) *future.Future[future.Void] {
		if errors.Is(err, zk.ErrNodeExists) {
			return p.write(ctx)
		}
		return future.Failed[future.Void](err)
	})
}

// write changes the existing znode. It replaces an ephemeral one, which would be deleted with its session.
func (p *persistent) write(ctx context.Context) *future.Future[future.Void] {
	return future.FlatMap(p.d.c.Exists(ctx, p.path), func(st *zk.Stat) *future.Future[future.Void] {
		again := func(err error) *future.Future[future.Void] {
			if core.IsNoNode(err) || errors.Is(err, zk.ErrBadVersion) || errors.Is(err, zk.ErrNodeExists) { // somebody else has changed it meanwhile
				return p.create(ctx)
			}
			return future.Failed[future.Void](err)
		}
		switch {
		case st == nil:
			return p.create(ctx)
		case st.EphemeralOwner != 0:
			return orElse(p.d.c.Multi(ctx, zkasync.DeleteOp(p.path, st.Version), zkasync.CreateOp(p.path, p.present(), p.options()...)), again)
		default:
			return orElse(p.d.c.Set(ctx, p.path, p.present(), zkasync.AnyVersion), again)
		}
	})
}

// orElse returns a future that succeeds when f does. If f fails, it completes like the one that failed returns.
func orElse[T any](f *future.Future[T], failed func(error) *future.Future[future.Void]) *future.Future[future.Void] {
	return future.FlatMap(future.Settle(f), func(rs []future.Result[T]) *future.Future[future.Void] {
		if rs[0].Err != nil {
			return failed(rs[0].Err)
		}
		return future.Resolved(future.Void{})
	})
}
