package zkasync

import (
	"context"
	"errors"
	"sync"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync/internal/wire"
)

const (
	opDeleteAll = "delete all"
	// deleteWindow bounds the requests in flight of one DeleteAll: enough to keep the connection full, few enough to
	// leave room for others.
	deleteWindow = 4096
	// deleteTries bounds how often DeleteAll lists again because somebody creates below it.
	deleteTries = 100
)

// DeleteAll deletes path and everything below it, and returns how many znodes it deleted. It takes one round trip per
// level to list and then one to delete, not one per znode. It is safe against others who create or delete at the same
// time: what they delete is not counted, and what they create is deleted as well. A path that does not exist is not an
// error: nothing is deleted. The root cannot be deleted. (kazoo: delete with recursive=True, which its asynchronous form
// does not have.)
//
// When it fails, part of the tree may have been deleted.
func (c *Client) DeleteAll(ctx context.Context, path string) *future.Future[int] {
	d := &deleteAll{c: c, ctx: ctx, path: path, promise: future.NewPromise[int](c.completion(path))}
	err := checkPath(path)
	if err == nil && path == "/" {
		err = &pathError{"the root cannot be deleted"}
	}
	if err != nil {
		d.promise.Reject(refusal(opDeleteAll, path, err))
	} else {
		d.restart()
	}
	return d.promise.Future()
}

// deleteAll is one DeleteAll. Its steps run on the goroutine that completes the step before, one at a time, while the
// caller's goroutine may still submit the first ones.
type deleteAll struct {
	c       *Client
	ctx     context.Context
	path    string
	promise *future.Promise[int]

	tries    int
	deleted  int
	notEmpty bool // somebody created below a znode after it was listed
	work     *window

	mu    sync.Mutex
	nodes []string // parents before their children; guarded by mu while it grows
}

// restart begins a pass with the root alone known.
func (d *deleteAll) restart() {
	d.tries++
	d.nodes = append(d.nodes[:0], d.path)
	d.notEmpty = false
	d.work = &window{each: d.list, done: d.listed}
	d.work.more(len(d.nodes))
}

// list asks for the children of the i-th znode, which join the end of the list: the work grows while it is done.
func (d *deleteAll) list(i int) {
	d.mu.Lock()
	path := d.nodes[i]
	d.mu.Unlock()
	ask(&d.c.view, d.ctx, nil, childrenKind, path).OnDone(func(ch Children, err error) {
		if err != nil && !isNoNode(err) {
			d.work.stop(err)
			return
		}
		d.mu.Lock()
		for _, name := range ch.Names {
			d.nodes = append(d.nodes, join(path, name))
		}
		d.mu.Unlock()
		d.work.finish(len(ch.Names))
	})
}

// listed deletes in the reverse order: children come before their parents, and since the server keeps the order, none of
// them has to be waited for.
func (d *deleteAll) listed(err error) {
	if err != nil {
		d.fail(err)
		return
	}
	d.work = &window{each: d.delete, done: d.swept}
	d.work.more(len(d.nodes))
}

func (d *deleteAll) delete(i int) {
	path := d.nodes[len(d.nodes)-1-i]
	d.c.delete(d.ctx, nil, path, AnyVersion).OnDone(func(_ future.Void, err error) {
		switch {
		case err == nil:
			d.deleted++
		case errors.Is(err, zk.ErrNotEmpty):
			d.notEmpty = true
		case !isNoNode(err):
			d.work.stop(err)
			return
		}
		d.work.finish(0)
	})
}

func (d *deleteAll) swept(err error) {
	switch {
	case err != nil:
		d.fail(err)
	case d.notEmpty && d.tries < deleteTries:
		d.restart()
	case d.notEmpty:
		d.fail(rejection(wire.OpDelete.String(), d.path, codeNotEmpty))
	default:
		d.promise.Resolve(d.deleted)
	}
}

// codeNotEmpty is the server's code for zk.ErrNotEmpty.
const codeNotEmpty = -111

func (d *deleteAll) fail(err error) {
	d.promise.Reject(stepError(opDeleteAll, d.path, err, d.deleted > 0))
}
