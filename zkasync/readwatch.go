package zkasync

import (
	"context"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/watch"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// Watched is a value with the one-shot watch that was set when it was read. Event completes with the first change of the
// value, after every reply that the server sent before it. The watch survives reconnects. Event fails with
// [ErrSessionExpired] when the session ends, with [ErrClosed] on Close, with [ErrAuthFailed] when the servers reject the
// credentials, and with [ErrWatchRemoved] when the watch is given up, see [Client.Unwatch].
type Watched[T any] struct {
	Value T
	Event *future.Future[Event]
}

// watchQuery is a read that sets a watch.
type watchQuery[T any] struct {
	op[Watched[T]]
	kind  *readKind[T]
	event future.Executor // of the watch's event
	claim watch.Read
}

// askWatch submits a read. Its callbacks run on ex and those of the event on event; both are nil for the client's own
// requests.
func askWatch[T any](c *Client, ctx context.Context, ex, event future.Executor, kind *readKind[T], path string) *future.Future[Watched[T]] {
	q := &watchQuery[T]{kind: kind, event: event}
	q.init(&c.view, ctx, ex, kind.code, path)
	if err := checkPath(path); err != nil {
		q.refuse(err)
		return q.future()
	}
	return q.send(q)
}

func (q *watchQuery[T]) Size() int { return q.pathSize() + 1 }

// Depart implements mux.Departing.
func (q *watchQuery[T]) Depart() bool {
	q.claim = q.v.c.watches.Read(q.v.shared(q.path), q.kind.on)
	return true
}

func (q *watchQuery[T]) Append(b []byte) []byte {
	return wire.AppendPathWatch(b, q.v.chroot, q.path, q.claim.Flag())
}

func (q *watchQuery[T]) Reply(code int32, body []byte) {
	switch {
	case code == 0:
		v, err := q.kind.decode(q.v, body)
		if err != nil {
			q.finish(Watched[T]{}, err)
			return
		}
		q.watched(v, q.kind.on)
	case code == wire.CodeNoNode && q.kind.absent:
		var none T
		q.watched(none, watch.Exist)
	default:
		q.reject(code)
	}
}

// watched registers the watch before the reply completes, so that the event cannot come first.
func (q *watchQuery[T]) watched(v T, on watch.Kind) {
	w := newEventWatch(q.v, q.event, q.path, on)
	if q.event != nil {
		observeWatch(q.v.c.hooks, w, q.path, on)
	}
	q.claim.Watch(&w.OneShot)
	q.promise.Resolve(Watched[T]{Value: v, Event: w.promise.Future()})
}

// GetW is Get and also sets a watch, whose event is the next change of the data, or the deletion.
func (c *Client) GetW(ctx context.Context, path string) *future.Future[Watched[Node]] {
	return askWatch(c, ctx, c.completion(path), c.watchLane(path), getKind, path)
}

// ExistsW is Exists and also sets a watch, whose event is the creation, the next change of the data, or the deletion.
func (c *Client) ExistsW(ctx context.Context, path string) *future.Future[Watched[*zk.Stat]] {
	return askWatch(c, ctx, c.completion(path), c.watchLane(path), existsKind, path)
}

// ChildrenW is Children and also sets a watch, whose event is the next creation or deletion of a child, or the deletion
// of the znode.
func (c *Client) ChildrenW(ctx context.Context, path string) *future.Future[Watched[Children]] {
	return askWatch(c, ctx, c.completion(path), c.watchLane(path), childrenKind, path)
}
