package recipe

import (
	"context"
	"errors"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// ErrContended is the error of [Update] when each attempt was overtaken by another change.
var ErrContended = errors.New("others were faster each time")

// updateAttempts bounds how often Update tries.
const updateAttempts = 100

// Update changes the data of a znode that others may change at the same time: it reads, calls change, and writes if the
// version is still the same; otherwise it starts over, up to a hundred times. A znode that does not exist is created,
// with its parents; change then receives nil. An error of change ends Update and is returned.
//
// When the connection is lost, reads and unsent writes are repeated. If the outcome of the write is unknown, so is that
// of Update, and the error says so: the change may have been applied. Like all functions given to futures, change must
// not block.
func Update(ctx context.Context, c *zkasync.Client, path string, change func(old []byte) ([]byte, error)) *future.Future[zkasync.Node] {
	if change == nil {
		return UpdateNode(ctx, c, path, nil)
	}
	return UpdateNode(ctx, c, path, func(old zkasync.Node, _ bool) ([]byte, error) { return change(old.Data) })
}

// UpdateNode is [Update] for a change that also needs the stat, or to tell a znode without data from none: exists says
// whether there is one.
func UpdateNode(ctx context.Context, c *zkasync.Client, path string, change func(old zkasync.Node, exists bool) ([]byte, error)) *future.Future[zkasync.Node] {
	if change == nil {
		return failed[zkasync.Node](c, "update", path, errors.New("the function that makes the change is nil"))
	}
	u := &update{ctx: ctx, c: c, path: path, change: change, left: updateAttempts}
	return u.read()
}

type update struct {
	ctx    context.Context
	c      *zkasync.Client
	path   string
	change func(zkasync.Node, bool) ([]byte, error)
	left   int
}

func (u *update) read() *future.Future[zkasync.Node] {
	if u.left--; u.left < 0 {
		return future.Failed[zkasync.Node](&Error{Op: "update", Path: u.path, Err: ErrContended})
	}
	read := core.Retry(u.ctx, u.c, func(ctx context.Context) *future.Future[zkasync.Node] { return u.c.Get(ctx, u.path) })
	return future.Transform(read, func(old zkasync.Node, err error) *future.Future[zkasync.Node] {
		switch {
		case errors.Is(err, zk.ErrNoNode):
			return u.create()
		case err != nil:
			return future.Failed[zkasync.Node](err)
		default:
			return u.write(old)
		}
	})
}

func (u *update) write(old zkasync.Node) *future.Future[zkasync.Node] {
	data, err := u.change(old, true)
	if err != nil {
		return future.Failed[zkasync.Node](err)
	}
	written := core.Retry(u.ctx, u.c, writing(u.c, func(ctx context.Context) *future.Future[zk.Stat] {
		return u.c.Set(ctx, u.path, data, old.Stat.Version)
	}))
	return future.Transform(written, func(st zk.Stat, err error) *future.Future[zkasync.Node] {
		return u.judge(data, st, err)
	})
}

func (u *update) create() *future.Future[zkasync.Node] {
	data, err := u.change(zkasync.Node{}, false)
	if err != nil {
		return future.Failed[zkasync.Node](err)
	}
	made := core.Retry(u.ctx, u.c, writing(u.c, func(ctx context.Context) *future.Future[zkasync.Created] {
		return u.c.Create(ctx, u.path, data, zkasync.MakeParents())
	}))
	return future.Transform(made, func(made zkasync.Created, err error) *future.Future[zkasync.Node] {
		return u.judge(data, made.Stat, err)
	})
}

// judge starts again if somebody else was faster.
func (u *update) judge(data []byte, stat zk.Stat, err error) *future.Future[zkasync.Node] {
	switch {
	case err == nil:
		return future.Resolved(zkasync.Node{Data: data, Stat: stat})
	case errors.Is(err, zk.ErrBadVersion), errors.Is(err, zk.ErrNodeExists), errors.Is(err, zk.ErrNoNode):
		return u.read()
	default:
		return future.Failed[zkasync.Node](err)
	}
}
