package zkasync_test

import (
	"bytes"
	"context"
	"log/slog"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/zkasync"
)

// Close waits for functions that the end of a context has started, even if Close itself has ended the context.
func TestAfterFunc_CloseWaits(t *testing.T) {
	for name, end := range map[string]func(c context.CancelFunc){"by the caller": func(c context.CancelFunc) { c() }, "by the stop": func(context.CancelFunc) {}} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				c := connectScripted(t, zkpeer.Healthy)
				session, cancel := c.SessionContext(t.Context())
				defer cancel()
				var over atomic.Bool
				c.AfterFunc(session, func() {
					time.Sleep(time.Second)
					over.Store(true)
				})
				end(cancel)
				if err := c.Close(); err != nil {
					t.Error(err)
				}
				if !over.Load() {
					t.Error("it runs after Close")
				}
			})
		})
	}
}

// A function that has not begun when the client stops is never called, and does not delay the stop. stop tells whether it has
// prevented the call.
func TestAfterFunc_IsForgotten(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := connectScripted(t, zkpeer.Healthy)
		ctx, cancel := context.WithCancel(t.Context())
		var calls atomic.Int32
		call := func() { calls.Add(1) }
		late, stopped := c.AfterFunc(ctx, call), c.AfterFunc(ctx, call)
		if !stopped() || stopped() {
			t.Error("it is stopped once")
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		cancel()
		time.Sleep(time.Second)
		if n := calls.Load(); n != 0 || late() {
			t.Errorf("%d calls after Close", n)
		}
		again := c.AfterFunc(ctx, call) // called at once, as by context.AfterFunc
		time.Sleep(time.Second)
		if n := calls.Load(); n != 1 || again() {
			t.Errorf("%d calls for a context that has ended", n)
		}
	})
}

// Close does not wait for a function that has panicked or ended its goroutine. The client logs the panic.
func TestAfterFunc_FunctionThatPanics(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var log bytes.Buffer
		c := newScripted(t, []zkasync.Option{zkasync.WithLogger(slog.New(slog.NewTextHandler(&log, nil)))}, zkpeer.Healthy)
		if err := c.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		c.AfterFunc(ctx, func() { panic("a panic of the test's") })
		c.AfterFunc(ctx, runtime.Goexit)
		cancel()
		begun := time.Now()
		if err := c.Close(); err != nil || time.Since(begun) > time.Second {
			t.Errorf("after %v: %v", time.Since(begun), err)
		}
		if !strings.Contains(log.String(), "a panic of the test's") {
			t.Errorf("the log does not have the panic:\n%s", &log)
		}
	})
}
