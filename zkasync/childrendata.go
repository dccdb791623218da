package zkasync

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/zkasync/zkasync-go/future"
)

// Child is a child of a znode, with its data.
type Child struct {
	Name string
	Node
	Err error // why the server did not return it, such as zk.ErrNoAuth; Node is then zero
}

// ChildrenData returns the children of a znode with their data and stats, by name, however many there are. It takes two
// round trips: one for the list, and one for all children, whose gets travel together. They are not all read at the same
// moment: for that, see [Client.MultiRead]. A child that is deleted meanwhile is left out. To keep children current, see
// package recipe/cache.
//
// The usual rejections are those of [Client.Children]. If a child cannot be read for another reason than a rejection,
// ChildrenData fails.
func (c *Client) ChildrenData(ctx context.Context, path string) *future.Future[[]Child] {
	ex := c.completion(path)
	d := &childrenData{c: c, path: path, promise: future.NewPromise[[]Child](ex)}
	d.ctx = observe(c.hooks, d.promise, ctx, ex, opChildrenData, path)
	ask(&c.view, d.ctx, nil, childrenKind, path).OnDone(d.listed)
	return d.promise.Future()
}

const opChildrenData = "children data"

// childrenData is one ChildrenData.
type childrenData struct {
	c       *Client
	ctx     context.Context
	path    string
	promise *future.Promise[[]Child]
	work    *window
	found   []Child // one without a name was deleted meanwhile
}

func (d *childrenData) listed(ch Children, err error) {
	if err != nil {
		d.promise.Reject(stepError(opChildrenData, d.path, err, false))
		return
	}
	d.found = make([]Child, len(ch.Names))
	for i, name := range ch.Names {
		d.found[i].Name = name
	}
	d.work = &window{each: d.read, done: d.end}
	d.work.more(len(ch.Names))
}

// read reads the i-th child.
func (d *childrenData) read(i int) {
	child := &d.found[i]
	ask(&d.c.view, d.ctx, nil, getKind, join(d.path, child.Name)).OnDone(func(n Node, err error) {
		switch {
		case isNoNode(err):
			child.Name = ""
		case isRejection(err):
			child.Err = err
		case err != nil:
			d.work.stop(err)
			return
		default:
			child.Node = n
		}
		d.work.finish(0)
	})
}

// isRejection reports whether another attempt at a read would fail alike: the server has refused it, or its reply is too large.
func isRejection(err error) bool {
	var op *OpError
	var size *ReplySizeError
	return errors.As(err, &op) && op.Outcome == OutcomeRejected || errors.As(err, &size)
}

// end is called when all have been read.
func (d *childrenData) end(err error) {
	if err != nil {
		d.promise.Reject(stepError(opChildrenData, d.path, err, false))
		return
	}
	there := slices.DeleteFunc(d.found, func(ch Child) bool { return ch.Name == "" })
	slices.SortFunc(there, func(a, b Child) int { return cmp.Compare(a.Name, b.Name) })
	d.promise.Resolve(there)
}
