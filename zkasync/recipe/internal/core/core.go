// Package core has the helpers that the packages of recipes share.
package core

import (
	"context"
	"errors"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// IsNoNode reports whether err says that a znode does not exist.
func IsNoNode(err error) bool { return errors.Is(err, zk.ErrNoNode) }

// Join returns the path of a child.
func Join(parent, name string) string {
	if parent == "/" {
		return "/" + name
	}
	return parent + "/" + name
}

// OnHandler returns a future with the outcome of f whose callbacks run on the client's handler. A future that is derived from
// one of the client's futures has that property. So f is derived from one that completes at once: a request for an empty path,
// which is refused before it is sent.
func OnHandler[T any](c *zkasync.Client, f *future.Future[T]) *future.Future[T] {
	refused := c.Exists(context.Background(), "")
	return future.Transform(refused, func(*zk.Stat, error) *future.Future[T] { return f })
}

// Post calls fn on the client's handler.
func Post(c *zkasync.Client, fn func()) {
	OnHandler(c, future.Resolved(future.Void{})).OnDone(func(future.Void, error) { fn() })
}

// OrBackground returns ctx, or Background for nil.
func OrBackground(ctx context.Context) context.Context {
	if ctx == nil {
		return context.Background()
	}
	return ctx
}
