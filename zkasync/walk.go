package zkasync

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/walk"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// WalkEntry is a znode that [Client.Walk] has come to.
type WalkEntry struct {
	Path string
	Node
}

// WalkOption is an option of [Client.Walk].
type WalkOption struct{ apply func(*walkSpec) }

type walkSpec struct{ statsOnly bool }

// StatsOnly has a walk read no data: WalkEntry.Data is nil.
func StatsOnly() WalkOption { return WalkOption{func(s *walkSpec) { s.statsOnly = true }} }

// Walk ranges over path and everything below it, with data and stats: depth first, each znode before its children, and
// children by name. The znodes that come next are asked for in advance, 64 of them, and these reads travel together. So it
// is fast, and a tree of any size takes little memory: the names of the children of a wide znode are held, but not their
// data. It takes no goroutine, and each range reads anew.
//
//	for entry, err := range c.Walk(ctx, "/config") {
//		if err != nil {
//			return err
//		}
//		fmt.Println(entry.Path, string(entry.Data))
//	}
//
// Each znode is read by itself, not the tree at one moment: what others write meanwhile may be seen or not, and a znode that is
// gone before it is read is left out. If path itself does not exist, that is an error, as for [Client.Get].
//
// A znode that cannot be read comes with the error, an [*OpError] that is [OutcomeRejected], for example for lack of permission, or a
// [*ReplySizeError]; the walk goes on, if the range does. The data may be there nevertheless, if it is the children that cannot be
// listed. Any other error ends the walk: the connection is lost (WithRetry reads again by itself), the client is closed, the
// session has expired, or ctx has ended.
//
// Leaving the range ends the walk: reads that were not sent are dropped, the answers to others are ignored. A walk may be
// made within a callback. To keep a tree current, see package recipe/cache.
func (c *Client) Walk(ctx context.Context, path string, opts ...WalkOption) iter.Seq2[WalkEntry, error] {
	var spec walkSpec
	for _, o := range opts {
		if o.apply != nil {
			o.apply(&spec)
		}
	}
	return func(yield func(WalkEntry, error) bool) {
		if err := checkPath(path); err != nil {
			yield(WalkEntry{Path: path}, refusal(opWalk, path, err))
			return
		}
		ex := c.completion(path)
		whole := future.NewPromise[future.Void](ex) // for hooks
		ctx, cancel := context.WithCancel(orBackground(observe(c.hooks, whole, ctx, ex, opWalk, path)))
		defer cancel()
		var failure error
		defer func() {
			if failure != nil {
				whole.Reject(failure)
				return
			}
			whole.Resolve(future.Void{})
		}()
		w := &walker{v: &c.view, ctx: ctx, root: path, spec: spec}
		for node, err := range walk.Tree(ctx, path, w.read) {
			failure = w.failure(err)
			if err = failure; err == nil {
				err = w.failure(node.Err)
			}
			if !yield(WalkEntry{node.Path, node.Value}, err) {
				return
			}
		}
	}
}

const opWalk = "walk"

// walker reads for one Walk.
type walker struct {
	v    *view
	ctx  context.Context
	root string
	spec walkSpec
}

// failure returns the error for what a read, or the wait for it, has come to.
func (w *walker) failure(err error) error {
	if err == nil {
		return nil
	}
	if ended := w.ctx.Err(); ended != nil && errors.Is(err, ended) {
		if cause := context.Cause(w.ctx); cause != ended {
			ended = fmt.Errorf("%w: %w", ended, cause)
		}
		return &OpError{Op: opWalk, Path: w.root, Err: ended}
	}
	return stepError(opWalk, w.root, err, false)
}

// walkRead reads one znode: its data, and then the names of its children if it has any.
type walkRead struct {
	w       *walker
	promise future.Promise[walk.Found[Node]]
	path    string
	found   walk.Found[Node]
}

func (w *walker) read(path string) *future.Future[walk.Found[Node]] {
	r := &walkRead{w: w, path: path}
	if w.spec.statsOnly {
		ask(w.v, w.ctx, nil, existsKind, path).OnDone(r.looked)
	} else {
		ask(w.v, w.ctx, nil, getKind, path).OnDone(r.got)
	}
	return r.promise.Future()
}

func (r *walkRead) looked(st *zk.Stat, err error) {
	switch {
	case err != nil:
		r.got(Node{}, err)
	case st == nil:
		missing := r.w.v.serverError(wire.CodeNoNode)
		r.got(Node{}, &OpError{Op: wire.OpExists.String(), Path: r.path, Outcome: OutcomeRejected, Err: missing})
	default:
		r.got(Node{Stat: *st}, nil)
	}
}

func (r *walkRead) got(n Node, err error) {
	r.found.Value = n
	var size *ReplySizeError
	switch {
	case isNoNode(err) && r.path != r.w.root:
		r.found.Gone = true
	case errors.As(err, &size): // there may be children nevertheless
		r.found.Err = err
		r.list()
		return
	case isRejection(err):
		r.found.Err = err
	case err != nil:
		r.promise.Reject(err)
		return
	case n.Stat.NumChildren > 0:
		r.list()
		return
	}
	r.promise.Resolve(r.found)
}

func (r *walkRead) list() {
	ask(r.w.v, r.w.ctx, nil, childrenKind, r.path).OnDone(func(ch Children, err error) {
		switch {
		case err == nil:
			r.found.Names = ch.Names
		case isNoNode(err): // it is gone by now, with all that was below it
		case !isRejection(err):
			r.promise.Reject(err)
			return
		case r.found.Err == nil:
			r.found.Err = err
		}
		r.promise.Resolve(r.found)
	})
}
