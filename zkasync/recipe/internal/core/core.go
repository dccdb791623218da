// Package core holds what the packages of the recipes share.
package core

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// Patient is the policy for requests that must succeed eventually: it retries as long as the client runs.
var Patient = zkasync.RetryPolicy{MaxPause: time.Second, MaxElapsed: math.MaxInt64}

// IsNoNode reports whether a znode does not exist.
func IsNoNode(err error) bool { return errors.Is(err, zk.ErrNoNode) }

// Join returns the path of a child.
func Join(parent, name string) string {
	if parent == "/" {
		return "/" + name
	}
	return parent + "/" + name
}

// OnHandler returns f with its callbacks on the client's handler. All futures of the client have that, and so has a future
// derived from one of them; but one refused because of its path is complete at once.
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
