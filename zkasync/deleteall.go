package zkasync

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/wire"
)

const (
	opDeleteAll = "delete all"
	// deleteWindow bounds the requests in flight of one DeleteAll: enough to keep the connection full, few enough to
	// leave room for others.
	deleteWindow = 4096
	// deleteTries bounds how often DeleteAll lists again because somebody creates below it.
	deleteTries = 100
)

// DeleteAll deletes path and everything below it, and returns how many znodes it deleted. It takes three round trips per
// level, not one per znode: one to delete the znodes without children, one to list the others, and on the way back one to
// delete those. Deletes travel together as those of a [Bulk] do. Others may create and delete below path at the same time:
// what they delete is not counted, and what they create is deleted as well. If path does not exist, that is not an error
// and nothing is deleted. The root cannot be deleted. (kazoo: delete with recursive=True, which its asynchronous form does
// not have.)
//
// If it fails, part of the tree may have been deleted; the text of the error says how many znodes were deleted for
// certain.
func (c *Client) DeleteAll(ctx context.Context, path string) *future.Future[int] {
	ex := c.completion(path)
	d := &deleteAll{c: c, path: path, promise: future.NewPromise[int](ex)}
	d.ctx = observe(c.hooks, d.promise, ctx, ex, opDeleteAll, path)
	d.bulk = c.Bulk(d.ctx)
	if err := checkDeletable(path); err != nil {
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
	bulk    *Bulk // what deletes

	tries int
	work  *window

	// With WithRetry, what was throttled completes beside the first steps of the caller's goroutine.
	mu       sync.Mutex
	found    []string // path and what is below it; those that have been visited are ""
	parents  []string // those of found that were listed, each before those below it
	deleted  int
	unknown  bool // whether something was deleted is not known
	notEmpty bool // somebody created below a znode after it was listed
}

// restart begins a pass, in which only path is known at first.
func (d *deleteAll) restart() {
	d.tries++
	d.found, d.parents = []string{d.path}, nil
	d.notEmpty = false
	d.work = &window{each: d.visit, done: d.emptied}
	d.work.more(len(d.found))
}

// visit deletes the i-th znode that was found, or lists it if it has children, which adds to the work. The first is path
// itself, which usually has children.
func (d *deleteAll) visit(i int) {
	d.mu.Lock()
	path := d.found[i]
	d.found[i] = ""
	d.mu.Unlock()
	if i == 0 {
		d.list(path)
		return
	}
	d.remove(path, func() { d.list(path) })
}

// remove deletes a znode, or calls obstructed if it has children.
func (d *deleteAll) remove(path string, obstructed func()) {
	d.bulk.delete(path, AnyVersion, nil).OnDone(func(_ future.Void, err error) {
		if errors.Is(err, zk.ErrNotEmpty) {
			obstructed()
			return
		}
		d.count(err)
		if err != nil && !isNoNode(err) {
			d.work.stop(err)
			return
		}
		d.work.finish(0)
	})
}

// count notes what a delete has done.
func (d *deleteAll) count(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case err == nil:
		d.deleted++
	case isUnknown(err):
		d.unknown = true
	}
}

// list asks for the children of a znode, which are then visited.
func (d *deleteAll) list(path string) {
	ask(&d.c.view, d.ctx, nil, childrenKind, path).OnDone(func(ch Children, err error) {
		switch {
		case isNoAuth(err) && path == d.path: // its deletion has not been tried yet
			d.remove(path, func() { d.work.stop(err) })
			return
		case err != nil && !isNoNode(err):
			d.work.stop(err)
			return
		}
		d.mu.Lock()
		d.parents = append(d.parents, path)
		for _, name := range ch.Names {
			d.found = append(d.found, join(path, name))
		}
		d.mu.Unlock()
		d.work.finish(len(ch.Names))
	})
}

// emptied deletes the parents in reverse order, so that children come first. It does not wait for one before the next, since a
// Bulk keeps the order of writes that depend on each other.
func (d *deleteAll) emptied(err error) {
	if err != nil {
		d.fail(err)
		return
	}
	d.work = &window{each: d.removeParent, done: d.swept}
	d.work.more(len(d.parents))
}

func (d *deleteAll) removeParent(i int) {
	d.remove(d.parents[len(d.parents)-1-i], func() {
		d.mu.Lock()
		d.notEmpty = true
		d.mu.Unlock()
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
	d.mu.Lock()
	deleted, unknown := d.deleted, d.unknown
	d.mu.Unlock()
	e := stepError(opDeleteAll, d.path, err, deleted > 0 || unknown)
	if deleted > 0 {
		e.Err = &partlyDeleted{deleted: deleted, err: e.Err}
	}
	d.promise.Reject(e)
}

// partlyDeleted says how far a DeleteAll got.
type partlyDeleted struct {
	deleted int
	err     error
}

func (e *partlyDeleted) Error() string {
	return fmt.Sprintf("%s (znodes deleted before: %d)", bare(e.err), e.deleted)
}

func (e *partlyDeleted) Unwrap() error { return e.err }
