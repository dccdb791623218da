package zkasync_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/handler"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// badHook panics, or ends its goroutine, wherever it is called.
type badHook struct{ how func() }

func (h *badHook) OnOperationStart(context.Context, zkasync.OperationStart) context.Context {
	panic("bad start")
}
func (h *badHook) OnOperationEnd(context.Context, zkasync.OperationEnd) { h.how() }

func TestHooks_ThatPanicAreLogged(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]func(){"panic": func() { panic("bad end") }, "Goexit": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv, w := zktest.Run(t), new(witness)
			var log lockedBuffer
			c := hooked(t, srv, zkasync.WithHooks(&badHook{how}, w), zkasync.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
			for range 3 {
				must(t, c.Exists(testContext(t), "/"))
			}
			closeNow(t, c)
			if len(w.ends) != 3 || len(w.starts) != 3 {
				t.Errorf("the other hook got %d starts and %d ends", len(w.starts), len(w.ends))
			}
			text := log.String()
			if n := strings.Count(text, "OnOperationEnd of the hook *zkasync_test.badHook"); n != 3 {
				t.Errorf("%d ends reported:\n%s", n, text)
			}
			if n := strings.Count(text, "bad start"); n < 3 {
				t.Errorf("%d starts reported:\n%s", n, text)
			}
		})
	}
}

// lockedBuffer is a buffer for several goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// stuckHook does not return until it is let go.
type stuckHook struct {
	entered, letGo chan struct{}
	once           sync.Once
	calls          int
}

func (h *stuckHook) OnOperationEnd(context.Context, zkasync.OperationEnd) {
	h.calls++
	h.once.Do(func() { close(h.entered) })
	<-h.letGo
}

func TestHooks_OneThatBlocksHoldsUpNothing(t *testing.T) {
	t.Parallel()
	srv, h := zktest.Run(t), &stuckHook{entered: make(chan struct{}), letGo: make(chan struct{})}
	c := hooked(t, srv, zkasync.WithHooks(h), zkasync.WithCloseTimeout(300*time.Millisecond))
	ctx := testContext(t)
	must(t, c.Exists(ctx, "/"))
	<-h.entered
	for range 10 {
		must(t, c.Exists(ctx, "/"))
	}
	if err := c.Close(); err == nil || !strings.Contains(err.Error(), "OnOperationEnd of the hook *zkasync_test.stuckHook") {
		t.Errorf("close: %v", err)
	}
	close(h.letGo)
	poll(t, "the end of the stop", func() bool { return c.Close() == nil })
	if h.calls != 11 {
		t.Errorf("%d calls, want 11", h.calls)
	}
}

func TestHooks_NothingIsToldBeforeTheStartAndAfterTheStop(t *testing.T) {
	t.Parallel()
	srv, w := zktest.Run(t), new(witness)
	c, err := zkasync.New(srv.Addr(), append(srv.Options(), zkasync.WithHooks(w))...)
	if err != nil {
		t.Fatal(err)
	}
	ctx := testContext(t)
	fails(t, c.Get(ctx, "/"), zkasync.ErrClosed)
	for range 2 {
		if err := c.Start(ctx); err != nil {
			t.Fatal(err)
		}
		must(t, c.Get(ctx, "/"))
		closeNow(t, c)
		fails(t, c.Get(ctx, "/"), zkasync.ErrClosed)
	}
	if len(w.starts) != 2 || len(w.ends) != 2 || len(w.connects) != 2 || len(w.disconnects) != 2 {
		t.Errorf("%d starts, %d ends, %d connections, %d ends of them; want 2 of each",
			len(w.starts), len(w.ends), len(w.connects), len(w.disconnects))
	}
}

// Operations that are submitted while the client stops have an end for each start.
func TestHooks_StopWhileOperationsAreSubmitted(t *testing.T) {
	t.Parallel()
	srv, w := zktest.Run(t), new(witness)
	c := hooked(t, srv, zkasync.WithHooks(w))
	var submitters sync.WaitGroup
	for range 4 {
		submitters.Go(func() {
			for !errors.Is(futureError(c.Exists(context.Background(), "/")), zkasync.ErrClosed) {
			}
		})
	}
	poll(t, "operations", func() bool { return len(told(w, &w.ends)) > 50 })
	closeNow(t, c)
	starts, ends := len(told(w, &w.starts)), len(told(w, &w.ends))
	submitters.Wait()
	if starts != ends || len(w.starts) != starts || len(w.ends) != ends {
		t.Errorf("%d starts and %d ends when the client had stopped, later %d and %d", starts, ends, len(w.starts), len(w.ends))
	}
}

// A Walk ends with its loop, which a stop does not wait for.
func TestHooks_StopDuringAWalk(t *testing.T) {
	t.Parallel()
	srv, w := zktest.Run(t), new(witness)
	c := hooked(t, srv, zkasync.WithHooks(w))
	for range c.Walk(testContext(t), "/") {
		closeNow(t, c)
		break
	}
	if len(w.starts) != 1 || w.starts[0].Name != "walk" || len(w.ends) != 0 {
		t.Errorf("starts: %+v, ends: %+v", w.starts, w.ends)
	}
}

func futureError[T any](f *future.Future[T]) error {
	<-f.Done()
	_, err := f.Result()
	return err
}

// closingHook closes the client.
type closingHook struct {
	c    *zkasync.Client
	err  chan error
	once sync.Once
}

func (h *closingHook) OnWatch(zkasync.WatchEvent) { h.once.Do(func() { h.err <- h.c.Close() }) }

func TestHooks_CloseInAHook(t *testing.T) {
	t.Parallel()
	srv, h := zktest.Run(t), &closingHook{err: make(chan error, 1)}
	c, err := zkasync.New(srv.Addr(), append(srv.Options(), zkasync.WithHooks(h))...)
	if err != nil {
		t.Fatal(err)
	}
	h.c = c
	if err := c.Start(testContext(t)); err != nil {
		t.Fatal(err)
	}
	settle(c.GetW(testContext(t), "/"))
	if err := <-h.err; !errors.Is(err, handler.ErrInCallback) {
		t.Errorf("close in a hook: %v", err)
	}
	closeNow(t, c)
}

// stuckStart is a hook whose OnOperationStart does not return for a while.
type stuckStart struct{ entered, letGo chan struct{} }

func (h *stuckStart) OnOperationStart(ctx context.Context, _ zkasync.OperationStart) context.Context {
	close(h.entered)
	<-h.letGo
	return ctx
}

// The stop names the method that does not return. When it does, nothing of the client is left, and it can be started again.
func TestHooks_StopDuringOnOperationStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, h := zktest.Run(t), &stuckStart{make(chan struct{}), make(chan struct{})}
		c, err := zkasync.Connect(t.Context(), srv.Addr(), append(srv.Options(), zkasync.WithHooks(h), zkasync.WithCloseTimeout(time.Second))...)
		if err != nil {
			t.Fatal(err)
		}
		go c.Exists(t.Context(), "/")
		<-h.entered
		if err := c.Close(); err == nil || !strings.Contains(err.Error(), "OnOperationStart") {
			t.Errorf("close: %v", err)
		}
		close(h.letGo)
		synctest.Wait()
		h.entered = make(chan struct{})
		if err := c.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		must(t, c.Exists(t.Context(), "/"))
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}
