// Package core holds what the recipes' packages have in common.
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

// Patient is the policy for what must be known in the end: it retries for as long as the client runs.
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

// OnHandler returns f with the client's handler for its callbacks, which all futures of the client have. A future derived from
// one of them has it too, and one that is refused for its path is complete at once.
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
