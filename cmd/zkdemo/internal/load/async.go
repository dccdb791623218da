package load

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// asyncClient measures zkasync. The callback of each answer sends the next request, so that it needs no goroutines.
type asyncClient struct{ c *zkasync.Client }

// Async returns a Client that measures c. The handler of c must run callbacks one at a time, as the default one does. The
// caller closes c.
func Async(c *zkasync.Client) Client { return asyncClient{c} }

func (a asyncClient) Name() string { return "zkasync" }

func (a asyncClient) run(ctx context.Context, w *Work, depth int, lim limit, r *recorder) (int64, error) {
	switch w.op {
	case Set:
		return drive(ctx, depth, lim, r, func(i int64) *future.Future[zk.Stat] {
			return a.c.Set(ctx, w.key(i), w.data, zkasync.AnyVersion)
		})
	case Create:
		return drive(ctx, depth, lim, r, func(int64) *future.Future[zkasync.Created] {
			return a.c.Create(ctx, w.fresh(), w.data)
		})
	}
	return drive(ctx, depth, lim, r, func(i int64) *future.Future[zkasync.Node] { return a.c.Get(ctx, w.key(i)) })
}

// driver keeps a number of requests in flight. Fields that are not atomic are written by callbacks only.
type driver[T any] struct {
	ctx     context.Context
	limit   limit
	submit  func(i int64) *future.Future[T]
	latency *recorder
	done    int64
	err     error

	tickets atomic.Int64 // the number of the next request
	failed  atomic.Bool
	active  atomic.Int64  // slots that have not stopped
	idle    chan struct{} // closed by the last slot that stops
}

// slot keeps one request in flight at a time. It is reused for the next one, so that requests need no closures of ours.
type slot[T any] struct {
	d       *driver[T]
	started time.Time
	answer  func(T, error)
}

func drive[T any](ctx context.Context, depth int, lim limit, r *recorder, submit func(int64) *future.Future[T]) (int64, error) {
	d := &driver[T]{ctx: ctx, limit: lim, submit: submit, latency: r, idle: make(chan struct{})}
	d.active.Store(int64(depth))
	for range depth {
		s := &slot[T]{d: d}
		s.answer = s.answered
		s.next(time.Now())
	}
	<-d.idle // every request in flight is answered or fails, at the latest when the client ends
	if d.err == nil {
		d.err = context.Cause(ctx)
	}
	return d.done, d.err
}

// next sends the slot's next request, or stops the slot.
func (s *slot[T]) next(now time.Time) {
	d := s.d
	i := d.tickets.Add(1) - 1
	if d.limit.over(i, now) || d.failed.Load() || d.ctx.Err() != nil {
		if d.active.Add(-1) == 0 {
			close(d.idle)
		}
		return
	}
	s.started = now
	d.submit(i).OnDone(s.answer)
}

// answered is the callback of each of the slot's requests.
func (s *slot[T]) answered(_ T, err error) {
	now := time.Now()
	if err != nil {
		if s.d.failed.CompareAndSwap(false, true) {
			s.d.err = err
		}
	} else {
		s.d.latency.record(0, now.Sub(s.started)) // callbacks run one at a time, so one part is enough
		s.d.done++
	}
	s.next(now)
}
