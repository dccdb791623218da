package zkasync_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/handler"
	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// quiet is a logger that discards the reports of intended panics.
func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// A function given to Then may wait for another operation. Only the callbacks after it wait as well.
func TestUserFunctions_ThenMayWaitForAnotherOperation(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	f := future.Then(c.Get(t.Context(), "/"), func(zkasync.Node) (int, error) {
		st, err := c.Exists(t.Context(), "/").Get(testContext(t))
		if err != nil {
			return 0, err
		}
		<-c.Sync(t.Context(), "/").Done()
		return int(st.Version), nil
	})
	must(t, f)
	if c.State() != zkasync.StateConnected {
		t.Errorf("state %v", c.State())
	}
}

// A wait that could never end fails at once, and the error names the function.
func TestUserFunctions_WaitThatCouldNeverEnd(t *testing.T) {
	t.Parallel()
	c, other := rooted(t), rooted(t)
	id := func(n zkasync.Node) (zkasync.Node, error) { return n, nil }
	var refused, allowed, retried, closed error
	f := future.Then(c.Get(t.Context(), "/"), func(n zkasync.Node) (zkasync.Node, error) {
		_, refused = future.Then(c.Get(t.Context(), "/"), id).Get(testContext(t))
		_, allowed = future.Then(other.Get(t.Context(), "/"), id).Get(testContext(t))
		_, retried = zkasync.Retry(t.Context(), c, zkasync.RetryPolicy{}, func(ctx context.Context) *future.Future[zkasync.Node] {
			return c.Get(ctx, "/")
		}).Get(testContext(t))
		closed = c.Close()
		return n, nil
	})
	outcome(t, f)
	for name, err := range map[string]error{"a derived future": refused, "Retry": retried} {
		if !errors.Is(err, future.ErrWouldDeadlock) || !strings.Contains(err.Error(), "TestUserFunctions_WaitThatCouldNeverEnd") {
			t.Errorf("a wait for %s: %v, want it refused, with the function's name", name, err)
		}
	}
	if allowed != nil {
		t.Errorf("a wait for another client: %v", allowed)
	}
	if !errors.Is(closed, handler.ErrInCallback) || !strings.Contains(closed.Error(), "TestUserFunctions_WaitThatCouldNeverEnd") {
		t.Errorf("close: %v, want it refused, with the function's name", closed)
	}
	poll(t, "closed", func() bool { return c.State() == zkasync.StateClosed })
}

// blocking gives a client a function that does not return until the test says so.
func blocking(t *testing.T, c *zkasync.Client) (release func()) {
	t.Helper()
	entered, hold := make(chan struct{}), make(chan struct{})
	release = sync.OnceFunc(func() { close(hold) })
	t.Cleanup(release)
	// An event that has not happened yet: if the future were complete, Then would call the function here.
	event := must(t, c.GetW(t.Context(), "/")).Event
	future.Then(event, func(zkasync.Event) (int, error) { close(entered); <-hold; return 0, nil })
	must(t, c.Set(t.Context(), "/", nil, zkasync.AnyVersion))
	<-entered
	return release
}

// A function does not return. The session stays alive, other operations complete, and changes of state are reported in time.
func TestUserFunction_FunctionThatDoesNotReturn(t *testing.T) {
	t.Parallel()
	c, _, p := proxied(t, zkasync.WithSessionTimeout(shortSession))
	id := c.Session().ID
	changes := make(chan zkasync.StateChange, 9)
	c.OnState(func(change zkasync.StateChange) { changes <- change })
	release := blocking(t, c)
	for begin := time.Now(); time.Since(begin) < 3*shortSession/2; {
		must(t, c.Get(t.Context(), "/"))
	}
	if len(changes) > 0 || c.Session().ID != id {
		t.Errorf("the session changed while a function ran: %+v", <-changes)
	}
	cut := time.Now()
	suspend(t, c, p)
	for _, x := range []struct {
		state zkasync.State
		by    time.Duration
	}{{zkasync.StateSuspended, shortSession}, {zkasync.StateLost, 2 * shortSession}} {
		select {
		case change := <-changes:
			if change.State != x.state || time.Since(cut) > x.by {
				t.Errorf("reported %v after %v, want %v within %v", change.State, time.Since(cut), x.state, x.by)
			}
		case <-time.After(wait):
			t.Fatalf("%v was not reported while a function ran", x.state)
		}
	}
	resume(t, p)
	poll(t, "connected", c.Connected)
	must(t, c.Get(t.Context(), "/"))
	release()
}

// Callbacks keep their one order, whether functions are among them or not.
func TestUserFunctions_KeepTheOrder(t *testing.T) {
	onEachHandler(t, func(t *testing.T, kind handlerKind, h handler.Handler) {
		if !kind.oneSequence {
			return
		}
		c := rooted(t, zkasync.WithHandler(h))
		var j journal
		var want []string
		var last *future.Future[int]
		release := blocking(t, c)
		for i := range 200 {
			plain := noted(&j, "plain", c.Get(t.Context(), "/")) // first, because the source may complete at any time
			last = noted(&j, "derived", future.Then(plain, func(zkasync.Node) (int, error) {
				if i%10 == 0 {
					runtime.Gosched()
				}
				return i, nil
			}))
			noted(&j, "between", c.Exists(t.Context(), "/"))
			want = append(want, "plain", "derived", "between")
			if i == 100 {
				release()
			}
		}
		must(t, last)
		j.wants(t, want...)
	})
}

// handing is a user's own handler, which runs callbacks on the goroutine that hands them over.
type handing struct{ handler.Handler }

// A function that is given to a complete future does not overtake those of futures that completed before.
func TestUserFunctions_LateOnesKeepTheOrder(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	var order []int
	note := func(n int) func(zkasync.Node) (int, error) {
		return func(zkasync.Node) (int, error) { order = append(order, n); return n, nil }
	}
	hold, entered := make(chan struct{}), make(chan struct{})
	future.Then(c.Get(t.Context(), "/"), func(zkasync.Node) (int, error) { close(entered); <-hold; return 0, nil })
	future.Then(c.Get(t.Context(), "/"), note(1))
	<-entered
	complete := c.Get(t.Context(), "/")
	must(t, complete)
	late := future.Then(complete, note(2))
	close(hold)
	must(t, late)
	if !slices.Equal(order, []int{1, 2}) {
		t.Errorf("order %v", order)
	}
}

// Each kind of function calls Goexit or panics, with each kind of handler. The next one of each kind runs, other operations are
// unharmed, and the client stops in time.
func TestUserFunction_FunctionThatEndsItsGoroutine(t *testing.T) {
	kinds := append(slices.Clone(handlerKinds), handlerKind{name: "a user's own", build: func(*testing.T) handler.Handler {
		return handing{handler.NewInline(handler.WithLogger(quiet()))}
	}})
	for how, end := range map[string]func(){"goexit": runtime.Goexit, "panic": func() { panic("on purpose") }} {
		t.Run(how, func(t *testing.T) {
			onHandlers(t, kinds, func(t *testing.T, _ handlerKind, h handler.Handler) { endGoroutines(t, h, end) })
		})
	}
}

func endGoroutines(t *testing.T, h handler.Handler, end func()) {
	c, twin, p := proxied(t, zkasync.WithHandler(h), zkasync.WithLogger(quiet()))
	id := c.Session().ID
	ctx := testContext(t)
	c.OnState(func(zkasync.StateChange) { end() })
	if zkserver.Shared(t).Since("3.6") {
		must(t, c.AddWatch(ctx, "/", zkasync.PersistentRecursive, zkasync.OnEvent(func(zkasync.Event) { end() })))
	} else {
		fails(t, c.AddWatch(ctx, "/", zkasync.PersistentRecursive), zkasync.ErrUnimplemented)
	}
	live := c.WatchData(ctx, "/")
	live.OnChange(func(zkasync.Reading[zkasync.Node]) { end() })
	watched := must(t, c.GetW(ctx, "/"))
	watched.Event.OnDone(func(zkasync.Event, error) { end() })
	event := future.Then(watched.Event, func(zkasync.Event) (int, error) { end(); return 0, nil })

	misbehaving := []*future.Future[zkasync.Node]{
		future.Then(c.Get(ctx, "/"), func(zkasync.Node) (zkasync.Node, error) { end(); return zkasync.Node{}, nil }),
		future.FlatMap(c.Get(ctx, "/"), func(zkasync.Node) *future.Future[zkasync.Node] { end(); return nil }),
		future.Recover(c.Get(ctx, "/missing"), func(error) (zkasync.Node, error) { end(); return zkasync.Node{}, nil }),
	}
	c.Get(ctx, "/").OnDone(func(zkasync.Node, error) { end() })
	neighbour := c.Set(ctx, "/", []byte("x"), zkasync.AnyVersion)
	must(t, neighbour)
	for _, f := range misbehaving {
		var panicked *future.PanicError
		if err := outcome(t, f); !errors.Is(err, future.ErrGoexit) && !errors.As(err, &panicked) {
			t.Errorf("a function that did not return gave %v", err)
		}
	}
	outcome(t, event)

	// One is in flight and one queued when the connection is lost; one is withdrawn by its context while it waits.
	p.Drop(zkproxy.ToClient, true)
	inFlight := future.Recover(c.Get(ctx, "/"), func(error) (zkasync.Node, error) { end(); return zkasync.Node{}, nil })
	suspend(t, c, p)
	outcome(t, inFlight)
	short, cancel := context.WithCancel(ctx)
	withdrawn := future.Recover(c.Get(short, "/"), func(error) (zkasync.Node, error) { end(); return zkasync.Node{}, nil })
	waiting := c.Set(ctx, "/", []byte("y"), zkasync.AnyVersion)
	cancel()
	outcome(t, withdrawn)
	p.Heal()
	resume(t, p)
	must(t, waiting)
	if c.Session().ID != id {
		t.Errorf("session %#x, want %#x", c.Session().ID, id)
	}
	if n := must(t, twin.Get(ctx, "/")); string(n.Data) != "y" {
		t.Errorf("data %q", n.Data)
	}

	stopped := c.StopAsync()
	stopped.OnDone(func(future.Void, error) { end() })
	said := make(chan struct{})
	stopped.OnDone(func(future.Void, error) { close(said) })
	future.Then(stopped, func(future.Void) (int, error) { end(); return 0, nil })
	within(t, wait, "close", func() {
		if err := c.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	<-said
}

// Close returns within its timeout and names the function that holds it up. When that has returned, Close succeeds.
func TestUserFunction_CloseNamesTheFunction(t *testing.T) {
	const limit = 300 * time.Millisecond
	root := sharedRoot(t)
	closeIt := closing(t)
	c := connect(t, root, zkasync.WithCloseTimeout(limit))
	release := blocking(t, c)
	begin := time.Now()
	err := c.Close()
	var stuck *handler.StuckError
	if !errors.As(err, &stuck) || !strings.Contains(err.Error(), "zkasync_test.blocking") || !strings.Contains(err.Error(), "userfunctions_test.go:") {
		t.Errorf("close: %v, want it to name the function", err)
	}
	if took := time.Since(begin); took > limit+2*time.Second {
		t.Errorf("close took %v", took)
	}
	if err := c.Start(testContext(t)); !errors.Is(err, handler.ErrRunning) || !strings.Contains(err.Error(), "zkasync_test.blocking") {
		t.Errorf("start while a function still runs: %v, want it to name the function", err)
	}
	release()
	closeIt(c, promptly)
	poll(t, "a start", func() bool { return c.Start(testContext(t)) == nil })
	closeIt(c, promptly)
}

// Close waits for the callbacks of StopAsync, and names one that does not return.
func TestUserFunction_CloseWaitsForCallbacksOfTheStop(t *testing.T) {
	root := sharedRoot(t)
	closeIt := closing(t)
	c := connect(t, root, zkasync.WithCloseTimeout(300*time.Millisecond))
	hold := make(chan struct{})
	inside := make(chan error, 1)
	c.StopAsync().OnDone(func(future.Void, error) { inside <- c.Close(); <-hold })
	if err := <-inside; err != nil {
		t.Errorf("close in a callback of the stop: %v", err)
	}
	if err := c.Close(); err == nil || !strings.Contains(err.Error(), "TestUserFunction_CloseWaitsForCallbacksOfTheStop") {
		t.Errorf("close: %v, want it to name the callback", err)
	}
	close(hold)
	closeIt(c, promptly)
}
