package zkasync

import (
	"context"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync/internal/wire"
)

// Watched is a value with the one-shot watch that was left with it. Event completes with the first change of what was
// read, after every reply that the server sent before it. It survives reconnects; it fails with [ErrSessionExpired] when
// the session ends and with [ErrClosed] on Close.
type Watched[T any] struct {
	Value T
	Event *future.Future[zk.Event]
}

var (
	getWKind = &queryKind[Watched[Node]]{code: wire.OpGetData, flagged: true, watch: true,
		decode: func(q *query[Watched[Node]], body []byte) (Watched[Node], error) {
			v, err := decodeNode(nil, body)
			return watched(q, watchData, v, err)
		}}
	childrenWKind = &queryKind[Watched[Children]]{code: wire.OpGetChildren2, flagged: true, watch: true,
		decode: func(q *query[Watched[Children]], body []byte) (Watched[Children], error) {
			v, err := decodeChildren(nil, body)
			return watched(q, watchChild, v, err)
		}}
	existsWKind = &queryKind[Watched[*zk.Stat]]{code: wire.OpExists, flagged: true, watch: true,
		decode: func(q *query[Watched[*zk.Stat]], body []byte) (Watched[*zk.Stat], error) {
			v, err := decodeExists(nil, body)
			return watched(q, watchData, v, err)
		},
		absent: func(q *query[Watched[*zk.Stat]]) Watched[*zk.Stat] {
			w, _ := watched[*zk.Stat](q, watchExist, nil, nil)
			return w
		}}
)

// watched registers the watch. It runs on the receive goroutine before the reply completes, so the event cannot come
// first.
func watched[T any](q *query[Watched[T]], kind watchKind, v T, err error) (Watched[T], error) {
	if err != nil {
		return Watched[T]{}, err
	}
	return Watched[T]{Value: v, Event: q.v.c.watches.add(q.v.c, kind, q.path)}, nil
}

// GetW is Get and leaves a watch: its event is the next change of the data, or the deletion.
func (c *Client) GetW(ctx context.Context, path string) *future.Future[Watched[Node]] {
	return ask(&c.view, ctx, c.completion(path), getWKind, path)
}

// ExistsW is Exists and leaves a watch: its event is the creation, the next change of the data, or the deletion.
func (c *Client) ExistsW(ctx context.Context, path string) *future.Future[Watched[*zk.Stat]] {
	return ask(&c.view, ctx, c.completion(path), existsWKind, path)
}

// ChildrenW is Children and leaves a watch: its event is the next child created or deleted, or the deletion of the
// znode.
func (c *Client) ChildrenW(ctx context.Context, path string) *future.Future[Watched[Children]] {
	return ask(&c.view, ctx, c.completion(path), childrenWKind, path)
}
