package recipe

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// then has step called with what comes of f, where it completes: not on the handler, where a callback of the user's may block.
// Steps do not block.
func then[T any](f *future.Future[T], step func(T, error)) {
	future.Then(future.Settle(f), func(rs []future.Result[T]) (future.Void, error) {
		step(rs[0].Value, rs[0].Err)
		return future.Void{}, nil
	})
}

// patient is the policy of what has to be known in the end: for as long as the client runs.
var patient = zkasync.RetryPolicy{MaxPause: time.Second, MaxElapsed: math.MaxInt64}

// ask is then for a request that may be made twice without harm. It is repeated until there is an answer, or the session that it
// was for is over.
func ask[T any](c *zkasync.Client, op func(context.Context) *future.Future[T], step func(T, error)) {
	then(zkasync.Retry(zkasync.MarkIdempotent(context.Background()), c, patient, op), step)
}

// over reports whether nothing more can be had from the client.
func over(err error) bool {
	return errors.Is(err, zkasync.ErrClosed) || errors.Is(err, zkasync.ErrAuthFailed)
}

func isNoNode(err error) bool { return errors.Is(err, zk.ErrNoNode) }

// onHandler is f with the client's handler for its callbacks, as all futures of the client have it. What is derived of one has
// it too, and one that is refused for its path is complete at once.
func onHandler[T any](c *zkasync.Client, f *future.Future[T]) *future.Future[T] {
	refused := future.Settle(c.Exists(context.Background(), ""))
	return future.FlatMap(refused, func([]future.Result[*zk.Stat]) *future.Future[T] { return f })
}

// orBackground is ctx; nil means Background, as everywhere.
func orBackground(ctx context.Context) context.Context {
	if ctx == nil {
		return context.Background()
	}
	return ctx
}

// later is what again gives a second from now.
func later[T any](again func() *future.Future[T]) *future.Future[T] {
	p := future.NewPromise[T](nil)
	time.AfterFunc(time.Second, func() {
		then(again(), func(v T, err error) {
			if err != nil {
				p.Reject(err)
				return
			}
			p.Resolve(v)
		})
	})
	return p.Future()
}
