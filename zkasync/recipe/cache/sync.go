package cache

import (
	"context"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// Sync completes when the cache has everything that anybody had written before the call and has passed it on to its
// subscriptions, or fails when ctx ends. For that, the server catches up with its leader. With servers before 3.6,
// writes made right before the call may be missing.
func (c *Cache) Sync(ctx context.Context) *future.Future[future.Void] {
	ctx = core.OrBackground(ctx)
	p := future.NewPromise[future.Void](nil)
	if !c.inbox.post(func(l *loop) { l.sync(ctx, p) }) {
		p.Reject(c.failure("sync", c.Err()))
	}
	return core.OnHandler(c.client, p.Future())
}

// sync completes p when everything that was written before has been reported, or when ctx ends.
func (l *loop) sync(ctx context.Context, p *future.Promise[future.Void]) {
	if l.end != nil {
		p.Reject(l.failure("sync", l.end))
		return
	}
	asking, cancel := context.WithCancel(context.WithoutCancel(ctx))
	unwatch := l.client.AfterFunc(ctx, func() {
		l.inbox.post(func(l *loop) { l.leave(p, context.Cause(ctx)) })
	})
	l.syncs[p] = func() {
		unwatch()
		cancel()
	}
	asked := core.Retry(asking, l.client, func(ctx context.Context) *future.Future[string] {
		return l.client.Sync(ctx, l.root)
	})
	future.Then(future.Settle(asked), func(rs []future.Result[string]) (future.Void, error) {
		l.inbox.post(func(l *loop) { l.caughtUp(p, rs[0].Err) })
		return future.Void{}, nil
	})
}

// caughtUp makes p wait until everything is reported that the server has told up to now.
func (l *loop) caughtUp(p *future.Promise[future.Void], err error) {
	switch {
	case l.syncs[p] == nil: // given up
	case err != nil:
		l.leave(p, err)
	default:
		s := l.place(0, 0)
		s.known, s.marks = true, []*future.Promise[future.Void]{p}
	}
}
