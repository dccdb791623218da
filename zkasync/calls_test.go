package zkasync_test

import (
	"context"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// call is an operation that takes a path, for tests of all operations.
type call struct {
	name string // the name in errors
	do   func(c *zkasync.Client, ctx context.Context, path string) *future.Future[any]
}

// untyped returns f without its type.
func untyped[T any](f *future.Future[T]) *future.Future[any] {
	return future.Then(f, func(v T) (any, error) { return v, nil })
}

// create is a call of Create with options.
func create(opts ...zkasync.CreateOption) call {
	return call{"create", func(c *zkasync.Client, ctx context.Context, path string) *future.Future[any] {
		return untyped(c.Create(ctx, path, nil, opts...))
	}}
}

// transaction is a call of Multi with one operation.
func transaction(op func(path string) zkasync.MultiOp) call {
	return call{"multi", func(c *zkasync.Client, ctx context.Context, path string) *future.Future[any] {
		return untyped(c.Multi(ctx, op(path)))
	}}
}

// operation is a call of a method that takes a context and a path.
func operation[T any](name string, do func(*zkasync.Client, context.Context, string) *future.Future[T]) call {
	return call{name, func(c *zkasync.Client, ctx context.Context, path string) *future.Future[any] {
		return untyped(do(c, ctx, path))
	}}
}

// calls are all operations that take a path.
var calls = []call{
	create(),
	create(zkasync.Ephemeral()),
	create(zkasync.Container()),
	create(zkasync.TTL(time.Hour)),
	create(zkasync.WithACL(zk.WorldACL(zk.PermRead))),
	create(zkasync.MakeParents()),
	operation("exists", (*zkasync.Client).Exists),
	operation("get", (*zkasync.Client).Get),
	operation("children", (*zkasync.Client).Children),
	operation("exists", (*zkasync.Client).ExistsW),
	operation("get", (*zkasync.Client).GetW),
	operation("children", (*zkasync.Client).ChildrenW),
	operation("delete all", (*zkasync.Client).DeleteAll),
	operation("get acl", (*zkasync.Client).GetACL),
	operation("sync", (*zkasync.Client).Sync),
	operation("ensure path", func(c *zkasync.Client, ctx context.Context, path string) *future.Future[string] {
		return c.EnsurePath(ctx, path)
	}),
	operation("set", func(c *zkasync.Client, ctx context.Context, path string) *future.Future[zk.Stat] {
		return c.Set(ctx, path, nil, zkasync.AnyVersion)
	}),
	operation("delete", func(c *zkasync.Client, ctx context.Context, path string) *future.Future[future.Void] {
		return c.Delete(ctx, path, zkasync.AnyVersion)
	}),
	operation("create or set", func(c *zkasync.Client, ctx context.Context, path string) *future.Future[zkasync.CreatedOrSet] {
		return c.CreateOrSet(ctx, path, nil)
	}),
	operation("set acl", func(c *zkasync.Client, ctx context.Context, path string) *future.Future[zk.Stat] {
		return c.SetACL(ctx, path, zk.WorldACL(zk.PermAll), zkasync.AnyVersion)
	}),
	transaction(func(path string) zkasync.MultiOp { return zkasync.CreateOp(path, nil) }),
	transaction(func(path string) zkasync.MultiOp { return zkasync.SetOp(path, nil, zkasync.AnyVersion) }),
	transaction(func(path string) zkasync.MultiOp { return zkasync.DeleteOp(path, zkasync.AnyVersion) }),
	transaction(func(path string) zkasync.MultiOp { return zkasync.CheckOp(path, zkasync.AnyVersion) }),
}

// sequentialCalls are operations whose path may end in a slash.
var sequentialCalls = []call{
	create(zkasync.Sequential()),
	create(zkasync.Sequential(), zkasync.Ephemeral()),
	create(zkasync.Sequential(), zkasync.TTL(time.Hour)),
	create(zkasync.Sequential(), zkasync.Protected()),
	transaction(func(path string) zkasync.MultiOp { return zkasync.CreateOp(path, nil, zkasync.Sequential()) }),
}
