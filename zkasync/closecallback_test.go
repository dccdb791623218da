package zkasync_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/handler"
	"github.com/zkasync/zkasync-go/zkasync"
)

// Close cannot wait for the callback that it is called from. Its error says so and names the callback, and the client stops when
// the callback has returned.
func TestClose_FromACallback(t *testing.T) {
	root := sharedRoot(t)
	for _, kind := range handlerKinds {
		t.Run(kind.name, func(t *testing.T) {
			h := kind.build(t)
			closeIt := closing(t)
			c := connect(t, root, zkasync.WithHandler(h))
			closed := make(chan error, 1)
			c.Exists(t.Context(), "/").OnDone(func(*zk.Stat, error) { closed <- c.Close() })
			err := <-closed
			if !errors.Is(err, handler.ErrInCallback) || !strings.Contains(err.Error(), "TestClose_FromACallback") {
				t.Errorf("close in a callback: %v, want an error that names the callback", err)
			}
			poll(t, "closed", func() bool { return c.State() == zkasync.StateClosed })
			closeIt(c, promptly)
		})
	}
}

func TestClose_StopAsyncFromACallback(t *testing.T) {
	root := sharedRoot(t)
	for _, kind := range handlerKinds {
		t.Run(kind.name, func(t *testing.T) {
			h := kind.build(t)
			closeIt := closing(t)
			c := connect(t, root, zkasync.WithHandler(h))
			stopped := make(chan *future.Future[future.Void], 1)
			var j journal
			c.Exists(t.Context(), "/").OnDone(func(*zk.Stat, error) {
				stopped <- c.StopAsync()
				j.add("stop")
			})
			noted(&j, "behind", c.Exists(context.Background(), "/"))
			must(t, <-stopped)
			if got := j.all(); len(got) != 2 || got[0] != "stop" || !strings.HasPrefix(got[1], "behind") {
				t.Errorf("callbacks %q when the stop is complete", got)
			}
			closeIt(c, promptly)
		})
	}
}

func TestClose_CallbackThatDoesNotReturn(t *testing.T) {
	const limit = 300 * time.Millisecond
	root := sharedRoot(t)
	closeIt := closing(t)
	c := connect(t, root, zkasync.WithCloseTimeout(limit))
	release, blocked := make(chan struct{}), make(chan struct{})
	c.Exists(t.Context(), "/").OnDone(func(*zk.Stat, error) { close(blocked); <-release })
	<-blocked
	begin := startStopwatch(t)
	err := c.Close()
	var stuck *handler.StuckError
	if !errors.As(err, &stuck) || !strings.Contains(stuck.Callback, "TestClose_CallbackThatDoesNotReturn") {
		t.Errorf("close: %v, want a StuckError that names the callback", err)
	}
	if took := begin.took(time.Now()); time.Since(begin.begin) < limit || took > limit+time.Second {
		t.Errorf("close took %v, want %v", took, limit)
	}
	if c.State() != zkasync.StateClosed {
		t.Errorf("state %v", c.State())
	}
	if err := c.Start(testContext(t)); !errors.Is(err, handler.ErrRunning) {
		t.Errorf("start while a callback still runs: %v", err)
	}
	close(release)
	closeIt(c, promptly)
	poll(t, "a start", func() bool { return c.Start(testContext(t)) == nil })
	closeIt(c, promptly)
}

func TestClose_StartThatGivesUp(t *testing.T) {
	for name, test := range map[string]struct{ servers, names string }{
		"refused": {nowhere, "connection refused"},
		"silent":  {silent(t), "handshake"},
	} {
		t.Run(name, func(t *testing.T) {
			closeIt := closing(t)
			c := unstarted(t, test.servers, zkasync.WithConnectTimeout(250*time.Millisecond))
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			err := c.Start(ctx)
			closeIt(c, promptly)
			if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), test.names) ||
				!strings.Contains(err.Error(), test.servers) {
				t.Errorf("start: %v, want it to name the servers and, for the last attempt, %q", err, test.names)
			}
		})
	}
}

// A start while the client is stopping must not look as if it had succeeded.
func TestClose_StartBeforeTheStopIsDone(t *testing.T) {
	root := sharedRoot(t)
	closeIt := closing(t)
	c := connect(t, root)
	release := make(chan struct{})
	c.Exists(t.Context(), "/").OnDone(func(*zk.Stat, error) { <-release })
	stopped := c.StopAsync()
	fails(t, c.StartAsync(), zkasync.ErrClosed)
	close(release)
	must(t, stopped)
	if err := c.Start(testContext(t)); err != nil {
		t.Error(err)
	}
	closeIt(c, promptly)
}
