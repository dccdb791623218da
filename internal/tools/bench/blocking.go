package main

import (
	"context"
	"errors"
	"sync"

	"github.com/go-zookeeper/zk"
)

// blocking is go-zookeeper, with a goroutine for each call or a fixed number of workers.
type blocking struct {
	conn    *zk.Conn
	workers int // 0: a goroutine per call

	queue   chan func() // open-loop work for the workers
	running sync.WaitGroup
}

// queueRoom is more than the number of operations that ever wait in an open loop.
const queueRoom = 1 << 16

type silent struct{}

func (silent) Printf(string, ...any) {}

func newBlocking(ctx context.Context, addr string, workers int) (*blocking, error) {
	conn, events, err := zk.Connect([]string{addr}, sessionTimeout, zk.WithLogger(silent{}))
	if err != nil {
		return nil, err
	}
	b := &blocking{conn: conn, workers: workers, queue: make(chan func(), queueRoom)}
	for conn.State() != zk.StateHasSession {
		select {
		case _, ok := <-events:
			if !ok {
				return nil, errors.New("go-zookeeper gave up")
			}
		case <-ctx.Done():
			conn.Close()
			return nil, ctx.Err()
		}
	}
	for range workers {
		b.running.Go(b.worker)
	}
	return b, nil
}

func (b *blocking) worker() {
	for f := range b.queue {
		f()
	}
}

func (b *blocking) close() {
	close(b.queue)
	b.running.Wait()
	b.conn.Close()
}

func (b *blocking) run(l *load) {
	if b.workers == 0 {
		l.fanOut(l.submitters, func(part, depth int) { b.spawn(l, part*depth, depth) })
		return
	}
	l.fanOut(min(b.workers, l.depth), func(part, _ int) {
		n := 0
		for ; !l.stop.Load(); n++ {
			l.fail(b.do(l, part))
		}
		l.count.Add(int64(n))
	})
}

// spawn starts a goroutine for each call, at most depth at a time. Each goroutine has a number, which it passes on when it ends, so
// that no two create the same znode at the same time.
func (b *blocking) spawn(l *load, first, depth int) {
	numbers := make(chan int, depth)
	for i := range depth {
		numbers <- first + i
	}
	n := 0
	for ; !l.stop.Load(); n++ {
		number := <-numbers
		go func() {
			l.fail(b.do(l, number))
			numbers <- number
		}()
	}
	for range depth {
		<-numbers
	}
	l.count.Add(int64(n))
}

func (b *blocking) do(l *load, i int) (err error) {
	path := l.path(i)
	switch l.op {
	case opGet:
		_, _, err = b.conn.Get(path)
	case opExists:
		_, _, err = b.conn.Exists(path)
	case opChildren:
		_, _, err = b.conn.Children(path)
	case opSet:
		_, err = b.conn.Set(path, l.data, -1)
	case opPair:
		if _, err = b.conn.Create(path, l.data, 0, zk.WorldACL(zk.PermAll)); err == nil {
			err = b.conn.Delete(path, -1)
		}
	}
	return err
}

// submitter implements client.
func (b *blocking) submitter(l *load, done func(i int, err error)) func(i int) {
	if b.workers == 0 {
		return func(i int) { go func() { done(i, b.do(l, i)) }() }
	}
	return func(i int) { b.queue <- func() { done(i, b.do(l, i)) } }
}
