package zkasync

import (
	"context"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/watch"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// Node is a znode's data with its stat. Data is nil if the znode was created with null data.
type Node struct {
	Data []byte
	Stat zk.Stat
}

// Children holds the names of a znode's children and the znode's own stat. The names share memory: to keep a few of many
// for long, copy them (strings.Clone).
type Children struct {
	Names []string // in no order
	Stat  zk.Stat  // of the parent
}

// ACL is a znode's access control list with its stat.
type ACL struct {
	Entries []zk.ACL
	Stat    zk.Stat // its Aversion is what SetACL takes
}

// query is a read: its record is a path, with or without the watch flag.
type query[T any] struct {
	op[T]
	kind *readKind[T]
}

// readKind holds what differs between reads, including those that set a watch.
type readKind[T any] struct {
	code    wire.OpCode
	flagged bool       // the record has a watch flag
	on      watch.Kind // the kind of that watch
	absent  bool       // a missing znode is an answer, the zero value, and can be watched
	decode  func(v *view, body []byte) (T, error)
}

// ask sends a query; ex is nil for a step of a composite operation.
func ask[T any](v *view, ctx context.Context, ex future.Executor, kind *readKind[T], path string) *future.Future[T] {
	q := &query[T]{kind: kind}
	q.init(v, ctx, ex, kind.code, path)
	if err := checkPath(path); err != nil {
		q.refuse(err)
		return q.future()
	}
	return q.send(q)
}

func (q *query[T]) Size() int {
	if q.kind.flagged {
		return q.pathSize() + 1
	}
	return q.pathSize()
}

// Joins implements mux.Joinable.
func (q *query[T]) Joins() bool { return q.kind.code == wire.OpGetData }

func (q *query[T]) Append(b []byte) []byte {
	if q.kind.flagged {
		return wire.AppendPathWatch(b, q.v.chroot, q.path, false)
	}
	return wire.AppendPathRecord(b, q.v.chroot, q.path)
}

func (q *query[T]) Reply(code int32, body []byte) {
	switch {
	case code == 0:
		q.finish(q.kind.decode(q.v, body))
	case code == wire.CodeNoNode && q.kind.absent:
		var none T
		q.promise.Resolve(none)
	default:
		q.reject(code)
	}
}

var (
	getKind      = &readKind[Node]{code: wire.OpGetData, flagged: true, on: watch.Data, decode: decodeNode}
	childrenKind = &readKind[Children]{code: wire.OpGetChildren2, flagged: true, on: watch.Child, decode: decodeChildren}
	existsKind   = &readKind[*zk.Stat]{code: wire.OpExists, flagged: true, on: watch.Data, absent: true, decode: decodeExists}
	aclKind      = &readKind[ACL]{code: wire.OpGetACL, decode: decodeACL}
	syncKind     = &readKind[string]{code: wire.OpSync, decode: decodeSync}
)

func decodeNode(_ *view, body []byte) (n Node, err error) {
	if n.Data, body, err = wire.DecodeData(body); err == nil {
		_, err = wire.DecodeStat(body, &n.Stat)
	}
	return n, err
}

func decodeChildren(_ *view, body []byte) (ch Children, err error) {
	if ch.Names, body, err = wire.DecodeStrings(body); err == nil {
		_, err = wire.DecodeStat(body, &ch.Stat)
	}
	return ch, err
}

func decodeExists(_ *view, body []byte) (*zk.Stat, error) {
	st := new(zk.Stat)
	_, err := wire.DecodeStat(body, st)
	return st, err
}

func decodeACL(_ *view, body []byte) (a ACL, err error) {
	if a.Entries, body, err = wire.DecodeACLs(body); err == nil {
		_, err = wire.DecodeStat(body, &a.Stat)
	}
	return a, err
}

func decodeSync(v *view, body []byte) (string, error) {
	path, _, err := wire.DecodeString(body)
	return v.strip(path), err
}

// Get reads a znode's data and stat (kazoo: get_async). The usual rejections are zk.ErrNoNode and zk.ErrNoAuth.
func (c *Client) Get(ctx context.Context, path string) *future.Future[Node] {
	return ask(&c.view, ctx, c.completion(path), getKind, path)
}

// Exists reads a znode's stat (kazoo: exists_async). If there is no such znode, the stat is nil; that is not an error.
func (c *Client) Exists(ctx context.Context, path string) *future.Future[*zk.Stat] {
	return ask(&c.view, ctx, c.completion(path), existsKind, path)
}

// Children lists a znode's children (kazoo: get_children_async with include_data). The usual rejections are zk.ErrNoNode
// and zk.ErrNoAuth.
func (c *Client) Children(ctx context.Context, path string) *future.Future[Children] {
	return ask(&c.view, ctx, c.completion(path), childrenKind, path)
}

// GetACL reads a znode's access control list (kazoo: get_acls_async).
func (c *Client) GetACL(ctx context.Context, path string) *future.Future[ACL] {
	return ask(&c.view, ctx, c.completion(path), aclKind, path)
}

// Sync makes the server catch up with the leader: reads submitted after it see everything that was committed before the
// leader processed it (kazoo: sync_async). The future's value is the path.
func (c *Client) Sync(ctx context.Context, path string) *future.Future[string] {
	return ask(&c.view, ctx, c.completion(path), syncKind, path)
}
