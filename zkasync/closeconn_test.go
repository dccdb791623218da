package zkasync_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/handler"
	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// slowSocket is a connection that takes long to close.
type slowSocket struct {
	net.Conn
	closed *atomic.Bool
}

func (s slowSocket) Close() error {
	time.Sleep(100 * time.Millisecond)
	err := s.Conn.Close()
	s.closed.Store(true)
	return err
}

// go-zookeeper closes its last connection only after it has said that it has ended. Close waits for that.
func TestClose_WaitsForTheSocket(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		peer := zkpeer.Pipes(t, zkpeer.Healthy)
		var closed atomic.Bool
		c := connect(t, "one.test", zkasync.WithDialer(func(ctx context.Context, network, address string) (net.Conn, error) {
			sock, err := peer.Dial(ctx, network, address)
			return slowSocket{sock, &closed}, err
		}))
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if !closed.Load() {
			t.Error("the socket is still open")
		}
	})
}

// Without a connection, nothing else tells the client that its Conn was closed.
func TestClient_StopsWhenItsConnIsClosedInAnOutage(t *testing.T) {
	t.Parallel()
	c, _, p := proxied(t)
	suspend(t, c, p)
	waits := c.Get(t.Context(), "/")
	c.Conn().Close()
	poll(t, "closed", func() bool { return c.State() == zkasync.StateClosed })
	fails(t, waits, zkasync.ErrClosed, zkasync.ErrNotSent)
}

// Close succeeds when nothing is left, however often it was tried before.
func TestClose_AgainWhileACallbackRuns(t *testing.T) {
	t.Parallel()
	c := connect(t, zkserver.Shared(t).Addr(), zkasync.WithCloseTimeout(100*time.Millisecond))
	release := make(chan struct{})
	c.Exists(t.Context(), "/").OnDone(func(*zk.Stat, error) { <-release })
	for range 3 {
		var stuck *handler.StuckError
		if err := c.Close(); !errors.As(err, &stuck) {
			t.Errorf("close while a callback runs: %v", err)
		}
	}
	if err := c.Start(testContext(t)); err == nil || !strings.Contains(err.Error(), handler.ErrRunning.Error()) {
		t.Errorf("start while a callback runs: %v", err)
	}
	close(release)
	poll(t, "closed", func() bool { return c.Close() == nil })
	if err := c.Start(testContext(t)); err != nil {
		t.Error(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}
