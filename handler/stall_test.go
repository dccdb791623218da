package handler_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zkasync/zkasync-go/handler"
)

// logBuffer is a log that may be read while it is written.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// namedTask is a task with a name.
type namedTask struct {
	name string
	run  func()
}

func (n namedTask) Run()           { n.run() }
func (n namedTask) String() string { return n.name }

// A callback that does not return is reported once, with its name and the number of tasks behind it; the next one that
// does not return is reported again.
func TestStall_IsLoggedOncePerCallback(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log logBuffer
		h := handler.NewSequential()
		if err := h.Start(slog.New(slog.NewTextHandler(&log, nil))); err != nil {
			t.Fatal(err)
		}
		lane := h.Lane(handler.Watch, "/a")
		warnings := func() int { synctest.Wait(); return strings.Count(log.String(), "level=WARN") }
		first, second := make(chan struct{}), make(chan struct{})
		lane.Execute(namedTask{"the first", func() { <-first }})
		synctest.Wait()
		for range 1000 {
			lane.Execute(namedTask{"behind", func() {}})
		}
		time.Sleep(time.Second)
		if n := warnings(); n != 0 {
			t.Errorf("%d warnings after a second", n)
		}
		time.Sleep(time.Minute)
		for range 10 {
			lane.Execute(namedTask{"behind", func() {}})
			time.Sleep(time.Minute)
		}
		if n, got := warnings(), log.String(); n != 1 || !strings.Contains(got, `callback="the first"`) || !strings.Contains(got, "queued=1000") {
			t.Errorf("logged\n%s, want one warning for the first callback", got)
		}
		lane.Execute(namedTask{"the second", func() { <-second }})
		lane.Execute(namedTask{"behind", func() {}})
		close(first)
		synctest.Wait()
		lane.Execute(namedTask{"behind", func() {}})
		time.Sleep(time.Minute)
		if n, got := warnings(), log.String(); n != 2 || !strings.Contains(got, `callback="the second"`) || !strings.Contains(got, "queued=2") {
			t.Errorf("logged\n%s, want another warning for the second callback", got)
		}
		close(second)
		if err := h.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

// Callbacks that are slow but return are no stall, however many wait.
func TestStall_SlowIsNoStall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log logBuffer
		h := handler.NewSequential(handler.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
		if err := h.Start(nil); err != nil {
			t.Fatal(err)
		}
		for range 100 {
			h.Lane(handler.Watch, "").Execute(namedTask{"slow", func() { time.Sleep(2 * time.Second) }})
		}
		if err := h.Stop(context.Background()); err != nil {
			t.Error(err)
		}
		if got := log.String(); got != "" {
			t.Errorf("logged %s", got)
		}
	})
}
