package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zkasync/zkasync-go/zkasync"
)

// watcher is a client that sets watches.
type watcher interface {
	client
	// watch reads a znode's version and sets a watch. When the watch ends, fired receives once: nil for an event.
	watch(ctx context.Context, path string) (version int32, fired <-chan error, err error)
}

func (z zkasyncClient) watch(ctx context.Context, path string) (int32, <-chan error, error) {
	got, err := z.c.GetW(ctx, path).Get(ctx)
	if err != nil {
		return 0, nil, err
	}
	fired := make(chan error, 1)
	got.Event.OnDone(func(_ zkasync.Event, err error) { fired <- err })
	return got.Value.Stat.Version, fired, nil
}

func (g goClient) watch(_ context.Context, path string) (int32, <-chan error, error) {
	_, stat, events, err := g.c.GetW(path)
	if err != nil {
		return 0, nil, err
	}
	fired := make(chan error, 1)
	go func() { fired <- (<-events).Err }()
	return stat.Version, fired, nil
}

const (
	watched     = 50
	watchedSets = 2000
	watchedCuts = 20
)

func watchedPath(i int) string { return fmt.Sprintf("/w%d", i) }

// watches counts what watchers see of znodes that another client changes, while connections are cut.
func watches(ctx context.Context, name string) (string, error) {
	s, p, c, err := readyByProxy(ctx, name)
	if err != nil {
		return "", err
	}
	defer s.Stop(context.Background())
	defer p.Close()
	defer c.close()
	writer, err := zkasync.Connect(ctx, s.Addr())
	if err != nil {
		return "", err
	}
	defer writer.Close()
	for i := range watched {
		if _, err := writer.Create(ctx, watchedPath(i), nil).Get(ctx); err != nil {
			return "", err
		}
	}
	f := &followers{c: c.(watcher)}
	following, stop := context.WithCancel(ctx)
	defer stop()
	for i := range watched {
		f.wg.Go(func() { f.follow(following, i) })
	}
	for i := range watchedSets {
		if _, err := writer.Set(ctx, watchedPath(rand.IntN(watched)), nil, zkasync.AnyVersion).Get(ctx); err != nil {
			return "", err
		}
		if every := watchedSets / watchedCuts; i%every == every/2 {
			p.Cut()
			wait(ctx, 50*time.Millisecond)
		}
		wait(ctx, time.Millisecond)
	}
	missed := 0
	for i := range watched {
		node, err := writer.Get(ctx, watchedPath(i)).Get(ctx)
		if err != nil {
			return "", err
		}
		if !f.sees(ctx, i, node.Stat.Version) {
			missed++
		}
	}
	stop()
	c.close() // ends the watches for which followers wait
	f.wg.Wait()
	return fmt.Sprintf("%d events, %d of them without a change; %d of %d znodes: the last change missed",
		f.events.Load(), f.spurious.Load(), missed, watched), nil
}

// followers watch every znode again and again.
type followers struct {
	c                watcher
	wg               sync.WaitGroup
	seen             [watched]atomic.Int32 // versions
	events, spurious atomic.Int32
}

func (f *followers) follow(ctx context.Context, i int) {
	fresh := false // an event has come since the last read
	for ctx.Err() == nil {
		version, fired, err := f.c.watch(ctx, watchedPath(i))
		if err != nil {
			continue
		}
		if last := f.seen[i].Swap(version); fresh && version == last {
			f.spurious.Add(1)
		}
		select {
		case err := <-fired:
			if fresh = err == nil; fresh {
				f.events.Add(1)
			}
		case <-ctx.Done():
		}
	}
}

// sees reports whether a follower sees the version within a session timeout.
func (f *followers) sees(ctx context.Context, i int, version int32) bool {
	for end := time.Now().Add(session); time.Now().Before(end); wait(ctx, 5*time.Millisecond) {
		if f.seen[i].Load() == version {
			return true
		}
	}
	return false
}
