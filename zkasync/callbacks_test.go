package zkasync_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/handler"
	"github.com/zkasync/zkasync-go/zkasync"
)

func TestCallbacks_EachRunsOnceInTheOrderOfLinking(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	var j journal
	f := noted(&j, "first", c.Get(t.Context(), "/"))
	noted(&j, "second", f)
	failing := noted(&j, "third", c.Get(t.Context(), "/missing"))
	fails(t, failing, zk.ErrNoNode)
	j.wants(t, "first", "second", "third failed")
	noted(&j, "late", f)
	noted(&j, "late failing", failing)
	noted(&j, "last", c.Get(t.Context(), "/"))
	j.wants(t, "first", "second", "third failed", "late", "late failing failed", "last")
}

func TestCallbacks_UnlinkedOnesDoNotRun(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	var j journal
	hold, release := make(chan struct{}), make(chan struct{})
	c.Exists(t.Context(), "/").OnDone(func(*zk.Stat, error) { close(hold); <-release })
	<-hold
	f := c.Exists(t.Context(), "/")
	link := f.OnDone(func(*zk.Stat, error) { j.add("unlinked") })
	noted(&j, "kept", f)
	must(t, f)
	if !link.Unlink() {
		t.Error("unlink of a callback that has not run: false")
	}
	close(release)
	j.wants(t, "kept")
}

func TestCallbacks_LinkedFromCallbacks(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	var j journal
	f := c.Exists(t.Context(), "/")
	f.OnDone(func(*zk.Stat, error) {
		j.add("outer")
		noted(&j, "inner", f)
		noted(&j, "another operation", c.Exists(t.Context(), "/"))
	})
	j.wants(t, "outer", "inner", "another operation")
}

// A callback that panics is reported with its stack, and the next one runs.
func TestCallback_PanicIsReportedAndTheNextRuns(t *testing.T) {
	t.Parallel()
	var log lockedBuffer // something else may be logged meanwhile
	panics := make(chan handler.Panic, 1)
	c := rooted(t,
		zkasync.WithHandler(handler.NewSequential(handler.WithPanicHook(func(p handler.Panic) { panics <- p }))),
		zkasync.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	f := c.Exists(t.Context(), "/")
	f.OnDone(func(*zk.Stat, error) { panic("on purpose") })
	next := make(chan struct{})
	c.Exists(t.Context(), "/").OnDone(func(*zk.Stat, error) { close(next) })
	<-next
	p := <-panics
	if p.Value != "on purpose" || !strings.Contains(string(p.Stack), "TestCallback_Panic") {
		t.Errorf("reported %v with the stack\n%s", p.Value, p.Stack)
	}
	if got := log.String(); !strings.Contains(got, "on purpose") || !strings.Contains(got, "callbacks_test.go") {
		t.Errorf("logged %s", got)
	}
	must(t, c.Exists(t.Context(), "/"))
}

// A callback that blocks delays other callbacks, but neither the session nor futures.
func TestCallback_BlockingCallback(t *testing.T) {
	t.Parallel()
	c := rooted(t, zkasync.WithSessionTimeout(shortSession))
	id := c.Session().ID
	changes := c.States(testContext(t))
	ctx, cancel := context.WithTimeout(context.Background(), 2*shortSession)
	defer cancel()
	c.Exists(t.Context(), "/").OnDone(func(*zk.Stat, error) { <-ctx.Done() })
	for ctx.Err() == nil {
		must(t, future.All(c.Exists(t.Context(), "/"), c.Exists(t.Context(), "/missing")))
	}
	select {
	case change := <-changes:
		t.Errorf("state changed: %+v", change)
	default:
	}
	if c.Session().ID != id {
		t.Errorf("session %#x, want %#x", c.Session().ID, id)
	}
}

func TestCallbacks_RunAfterCloseBegan(t *testing.T) {
	t.Parallel()
	c, err := zkasync.Connect(testContext(t), sharedRoot(t))
	if err != nil {
		t.Fatal(err)
	}
	var j journal
	f := noted(&j, "before", c.Exists(t.Context(), "/"))
	stopped := c.StopAsync()
	noted(&j, "refused", c.Exists(t.Context(), "/"))
	must(t, stopped)
	noted(&j, "after", f)
	if got := strings.Join(j.all(), ", "); got != "before, refused failed, after" && got != "refused failed, before, after" {
		_, err := f.Result()
		t.Errorf("callbacks %s; the first ended with %v", got, err)
	}
}
