package main

import (
	"context"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// async is the client of zkasync.
type async struct {
	ctx context.Context
	c   *zkasync.Client
}

func newAsync(ctx context.Context, addr string, opts ...zkasync.Option) (*async, error) {
	c, err := zkasync.Connect(ctx, addr, append(opts, zkasync.WithSessionTimeout(sessionTimeout))...)
	return &async{ctx, c}, err
}

func (a *async) close() { _ = a.c.Close() }

func (a *async) run(l *load) {
	l.fanOut(l.submitters, func(_, depth int) { a.drive(l, depth) })
}

// drive runs a closed loop of the point's operation. Each operation has a result type of its own.
func (a *async) drive(l *load, depth int) {
	path, data := l.path(0), l.data
	switch l.op {
	case opGet:
		closedLoop(a.ctx, l, depth, func(int) *future.Future[zkasync.Node] { return a.c.Get(a.ctx, path) })
	case opExists:
		closedLoop(a.ctx, l, depth, func(int) *future.Future[*zk.Stat] { return a.c.Exists(a.ctx, path) })
	case opChildren:
		closedLoop(a.ctx, l, depth, func(int) *future.Future[zkasync.Children] { return a.c.Children(a.ctx, path) })
	case opSet:
		closedLoop(a.ctx, l, depth, func(int) *future.Future[zk.Stat] {
			return a.c.Set(a.ctx, path, data, zkasync.AnyVersion)
		})
	case opCreate:
		closedLoop(a.ctx, l, depth, func(i int) *future.Future[zkasync.Created] { return a.c.Create(a.ctx, l.path(i), data) })
	case opDelete:
		closedLoop(a.ctx, l, depth, func(i int) *future.Future[future.Void] {
			return a.c.Delete(a.ctx, l.path(i), zkasync.AnyVersion)
		})
	case opPair:
		closedLoop(a.ctx, l, depth, func(i int) *future.Future[future.Void] { return a.pair(l.path(i), data) })
	}
}

// pair does not wait for the create, because the server carries out requests in order.
func (a *async) pair(path string, data []byte) *future.Future[future.Void] {
	a.c.Create(a.ctx, path, data)
	return a.c.Delete(a.ctx, path, zkasync.AnyVersion)
}

// closedLoop keeps depth operations in flight and takes their results in the way of the point.
func closedLoop[T any](ctx context.Context, l *load, depth int, start func(i int) *future.Future[T]) {
	switch l.via {
	case viaCallback:
		byCallback(l, depth, start)
	case viaGet:
		byWaiting(l, depth, start, func(f *future.Future[T]) error {
			_, err := f.Get(ctx)
			return err
		})
	case viaDone:
		byWaiting(l, depth, start, func(f *future.Future[T]) error {
			select {
			case <-f.Done():
				_, err := f.Result()
				return err
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	case viaEarly:
		byWaiting(l, depth, func(i int) *future.Future[T] {
			f := start(i)
			f.Done()
			return f
		}, func(f *future.Future[T]) error {
			<-f.Done()
			_, err := f.Result()
			return err
		})
	case viaAll:
		byAll(ctx, l, depth, start)
	}
}

func byCallback[T any](l *load, depth int, start func(i int) *future.Future[T]) {
	room := newCredit(depth)
	done := func(_ T, err error) {
		l.fail(err)
		room.give()
	}
	n := 0
	for ; !l.stop.Load(); n++ {
		room.take()
		start(n).OnDone(done)
	}
	room.drain()
	l.count.Add(int64(n))
}

// byWaiting waits for the oldest future before it submits another operation.
func byWaiting[T any](l *load, depth int, start func(i int) *future.Future[T], wait func(*future.Future[T]) error) {
	ring := make([]*future.Future[T], depth)
	n := 0
	for ; !l.stop.Load(); n++ {
		if f := ring[n%depth]; f != nil {
			l.fail(wait(f))
		}
		ring[n%depth] = start(n)
	}
	for _, f := range ring {
		if f != nil {
			l.fail(wait(f))
		}
	}
	l.count.Add(int64(n))
}

// byAll starts depth operations, waits for all of them, and begins again.
func byAll[T any](ctx context.Context, l *load, depth int, start func(i int) *future.Future[T]) {
	batch := make([]*future.Future[T], depth)
	n := 0
	for !l.stop.Load() {
		for i := range batch {
			batch[i] = start(n)
			n++
		}
		_, err := future.All(batch...).Get(ctx)
		l.fail(err)
	}
	l.count.Add(int64(n))
}

// submitter implements client. Callbacks run one at a time and in the order of the operations, so a counter identifies the
// operation.
func (a *async) submitter(l *load, done func(i int, err error)) func(i int) {
	next := 0
	ended := func(_ zkasync.Node, err error) {
		done(next, err)
		next++
	}
	return func(i int) { a.c.Get(a.ctx, l.path(i)).OnDone(ended) }
}
