package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// The servers.
const (
	serverReplay = "replay"    // answers at once, so that the client itself is measured
	serverReal   = "zookeeper" // a single ZooKeeper on the same machine
)

// servers starts each server when it is first needed.
type servers struct {
	life   lifetime
	replay map[zkpeer.Replay]string
	real   string
	pid    int // of the real server's process
}

func newServers() *servers { return &servers{replay: make(map[zkpeer.Replay]string)} }

// close stops all servers.
func (s *servers) close() { s.life.end() }

// addr returns the address of a server that has the znodes of p.
func (s *servers) addr(ctx context.Context, server string, p point) (string, error) {
	if server == serverReplay {
		return s.replaying(zkpeer.Replay{DataSize: p.size, Children: p.kids}), nil
	}
	if s.real == "" {
		addr, err := s.startReal(ctx)
		if err != nil {
			return "", err
		}
		s.real = addr
	}
	return s.real, nil
}

func (s *servers) replaying(cfg zkpeer.Replay) string {
	addr, ok := s.replay[cfg]
	if !ok {
		addr = zkpeer.StartReplayProcess(&s.life, cfg)
		s.replay[cfg] = addr
	}
	return addr
}

// startReal starts ZooKeeper with Java's second compiler, as in production. The other settings are those of test servers, which do
// not wait for the disk (forceSync=no).
func (s *servers) startReal(ctx context.Context) (string, error) {
	server, err := zkserver.Start(ctx, zkserver.WithJVMFlag("-XX:TieredStopAtLevel=4"), zkserver.WithHeap("2g"))
	if err != nil {
		return "", err
	}
	s.life.Cleanup(func() { _ = server.Stop(context.Background()) })
	s.pid = server.PID()
	return server.Addr(), fill(ctx, server.Addr())
}

// fill creates the znodes that the plan reads.
func fill(ctx context.Context, addr string) error {
	c, err := zkasync.Connect(ctx, addr)
	if err != nil {
		return err
	}
	defer c.Close()
	made := []*future.Future[zkasync.Created]{c.Create(ctx, benchRoot, nil)}
	seen := make(map[string]bool)
	for _, p := range plan() {
		path := newLoad(p).fixed
		if path == "" || seen[path] {
			continue
		}
		seen[path] = true
		made = append(made, c.Create(ctx, path, make([]byte, p.size)))
		for i := range p.kids {
			made = append(made, c.Create(ctx, fmt.Sprintf("%s/child-%010d", path, i), nil))
		}
	}
	_, err = future.All(made...).Get(ctx)
	return err
}

// lifetime stands in for a test, with which zkpeer's servers end.
type lifetime struct {
	testing.TB // nil; the methods that zkpeer calls are below

	mu       sync.Mutex
	cleanups []func()
}

// Helper implements testing.TB.
func (*lifetime) Helper() {}

// Cleanup implements testing.TB.
func (l *lifetime) Cleanup(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cleanups = append(l.cleanups, f)
}

// Fatal implements testing.TB.
func (l *lifetime) Fatal(args ...any) { l.Fatalf("%s", fmt.Sprint(args...)) }

// Fatalf implements testing.TB. It ends the program, since nothing can be measured without a server.
func (l *lifetime) Fatalf(format string, args ...any) {
	l.end()
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	os.Exit(1)
}

func (l *lifetime) end() {
	l.mu.Lock()
	todo := l.cleanups
	l.cleanups = nil
	l.mu.Unlock()
	for i := len(todo) - 1; i >= 0; i-- {
		todo[i]()
	}
}
