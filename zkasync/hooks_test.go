package zkasync_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/handler"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// witness is a hook that keeps everything that is reported to it.
type witness struct {
	mu          sync.Mutex
	starts      []zkasync.OperationStart
	ends        []zkasync.OperationEnd
	endContexts []context.Context
	requests    []zkasync.Request
	asked       []any // the start in the context of each request, nil if there is none
	attempts    []zkasync.Attempt
	connects    []zkasync.Connection
	disconnects []zkasync.Disconnection
	states      []zkasync.StateEvent
	watches     []zkasync.WatchEvent
	slows       []zkasync.SlowCallback
}

type startKey struct{}

func keep[T any](w *witness, to *[]T, v T) {
	w.mu.Lock()
	defer w.mu.Unlock()
	*to = append(*to, v)
}

// told returns a copy of what has been kept so far.
func told[T any](w *witness, of *[]T) []T {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(*of)
}

func (w *witness) OnOperationStart(ctx context.Context, op zkasync.OperationStart) context.Context {
	keep(w, &w.starts, op)
	return context.WithValue(ctx, startKey{}, op)
}

func (w *witness) OnOperationEnd(ctx context.Context, op zkasync.OperationEnd) {
	keep(w, &w.ends, op)
	keep(w, &w.endContexts, ctx)
}

func (w *witness) OnRequest(ctx context.Context, r zkasync.Request) {
	keep(w, &w.requests, r)
	keep(w, &w.asked, ctx.Value(startKey{}))
}

func (w *witness) OnAttempt(a zkasync.Attempt)           { keep(w, &w.attempts, a) }
func (w *witness) OnConnect(c zkasync.Connection)        { keep(w, &w.connects, c) }
func (w *witness) OnDisconnect(d zkasync.Disconnection)  { keep(w, &w.disconnects, d) }
func (w *witness) OnStateChange(s zkasync.StateEvent)    { keep(w, &w.states, s) }
func (w *witness) OnWatch(e zkasync.WatchEvent)          { keep(w, &w.watches, e) }
func (w *witness) OnSlowCallback(s zkasync.SlowCallback) { keep(w, &w.slows, s) }

// hooked returns a client on a server in memory.
func hooked(t *testing.T, srv *zktest.Server, opts ...zkasync.Option) *zkasync.Client {
	t.Helper()
	return connect(t, srv.Addr(), append(srv.Options(), opts...)...)
}

func closeNow(t *testing.T, c *zkasync.Client) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestHooks_EachFutureHasOneStartAndOneEnd(t *testing.T) {
	t.Parallel()
	srv, w := zktest.Run(t), new(witness)
	c := hooked(t, srv, zkasync.WithHooks(w))
	ctx := testContext(t)
	settle(c.Create(ctx, "/a", []byte("data")))
	settle(c.Get(ctx, "/a"))
	settle(c.Get(ctx, "/missing"))
	settle(c.Get(ctx, "bad"))
	settle(c.Create(ctx, "/a/b/c", nil, zkasync.MakeParents()))
	settle(c.Create(ctx, "bad", nil))
	settle(c.EnsurePath(ctx, "/d/e/f"))
	settle(c.EnsurePath(ctx, "bad"))
	settle(c.ChildrenData(ctx, "/a"))
	settle(c.DeleteAll(ctx, "/d"))
	settle(c.DeleteAll(ctx, "/"))
	settle(c.Multi(ctx, zkasync.CheckOp("/a", zkasync.AnyVersion), zkasync.SetOp("/a", nil, zkasync.AnyVersion)))
	settle(c.Multi(ctx, zkasync.CheckOp("bad", 0)))
	settle(c.MultiRead(ctx, zkasync.GetOp("/a"), zkasync.ChildrenOp("/a")))
	settle(c.GetW(ctx, "/a"))
	settle(c.AddWatch(ctx, "/a", zkasync.Persistent))
	settle(c.AddAuth(ctx, "digest", []byte("user:password")))
	var background context.Context // nil means Background
	settle(c.WhoAmI(background))
	b := c.Bulk(ctx)
	settle(b.Set("/a", []byte("x"), zkasync.AnyVersion))
	settle(b.Delete("/missing", zkasync.AnyVersion))
	settle(b.Delete("bad", zkasync.AnyVersion))
	live := c.WatchData(ctx, "/a")
	<-live.C()
	closeNow(t, c)

	var got []string
	for i, e := range w.ends {
		got = append(got, fmt.Sprintf("%s %s %s %d", e.Name, e.Path, endOf(e), min(e.Requests, 2)))
		if w.endContexts[i].Value(startKey{}) != any(e.OperationStart) {
			t.Errorf("the end of %s %s has the context of another start", e.Name, e.Path)
		}
	}
	want := []string{
		"create /a ok 1", "get /a ok 1", "get /missing rejected 1", "get bad not sent 0",
		"create /a/b/c ok 2", "create bad not sent 0", "ensure path /d/e/f ok 2", "ensure path bad not sent 0",
		"children data /a ok 2", "delete all /d ok 2", "delete all / not sent 0",
		"multi  ok 1", "multi  not sent 0", "multi read  ok 1", "get /a ok 1", "add watch /a ok 1", "add auth  ok 1", "who am i  ok 1",
		"set /a ok 0", "delete /missing rejected 0", "delete bad not sent 0",
	}
	if !slices.Equal(got, want) {
		t.Errorf("operations:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(w.starts) != len(want) {
		t.Errorf("%d starts, %d ends", len(w.starts), len(want))
	}
	checkTimes(t, w)
}

// settle waits for a future, whatever becomes of it.
func settle[T any](f *future.Future[T]) { <-f.Done() }

func endOf(e zkasync.OperationEnd) string {
	if e.Err == nil {
		return "ok"
	}
	return e.Outcome.String()
}

// checkTimes compares what was reported of operations with what was reported of their requests.
func checkTimes(t *testing.T, w *witness) {
	t.Helper()
	sent, received, requests := make(map[any]int), make(map[any]int), make(map[any]int)
	for i, r := range w.requests {
		if r.Operations == 1 {
			of := w.asked[i]
			sent[of] += r.Sent
			received[of] += r.Received
			requests[of]++
		}
		if r.Wire < 0 || r.Queued < 0 || r.Server == "" || r.Sent == 0 {
			t.Errorf("request %+v", r)
		}
	}
	for _, e := range w.ends {
		if e.Queued < 0 || e.Wire < 0 || e.Queued+e.Wire > e.Took {
			t.Errorf("%s %s took %v, of that %v queued and %v on the wire", e.Name, e.Path, e.Took, e.Queued, e.Wire)
		}
		if (e.Requests > 0) != (e.Server != "") || (e.Requests > 0) != (e.Sent > 0) {
			t.Errorf("%s %s: %d requests, %d bytes to %q", e.Name, e.Path, e.Requests, e.Sent, e.Server)
		}
		of := any(e.OperationStart)
		if e.Name == "children data" { // whose gets may travel together
			continue
		}
		if e.Requests != requests[of] || e.Sent != sent[of] || e.Received != received[of] {
			t.Errorf("%s %s: %d requests with %d and %d bytes, the requests say %d with %d and %d",
				e.Name, e.Path, e.Requests, e.Sent, e.Received, requests[of], sent[of], received[of])
		}
	}
}

// Each method that returns a future is an operation, those that are still to come included.
func TestHooks_NoMethodIsForgotten(t *testing.T) {
	t.Parallel()
	srv, w := zktest.Run(t), new(witness)
	c := hooked(t, srv, zkasync.WithHooks(w))
	ctx := testContext(t)
	methods := 0
	for _, of := range []any{c, c.Bulk(ctx)} {
		for i := range reflect.TypeOf(of).NumMethod() {
			m := reflect.TypeOf(of).Method(i)
			if m.Type.NumOut() != 1 || !strings.HasPrefix(m.Type.Out(0).String(), "*future.Future[") ||
				slices.Contains([]string{"StartAsync", "StopAsync", "DetachAsync"}, m.Name) {
				continue
			}
			methods++
			args := []reflect.Value{reflect.ValueOf(of)}
			for j := 1; j < m.Type.NumIn() && !(m.Type.IsVariadic() && j == m.Type.NumIn()-1); j++ {
				args = append(args, reflect.Zero(m.Type.In(j))) // no context, no path
			}
			before := len(told(w, &w.starts))
			f := m.Func.Call(args)[0]
			f.MethodByName("Get").Call([]reflect.Value{reflect.ValueOf(ctx)})
			if n := len(told(w, &w.starts)) - before; n != 1 {
				t.Errorf("%s has %d starts", m.Name, n)
			}
		}
	}
	closeNow(t, c)
	if methods < 20 || len(w.starts) != len(w.ends) {
		t.Errorf("%d methods, %d starts, %d ends", methods, len(w.starts), len(w.ends))
	}
}

func TestHooks_GetsThatTravelTogetherShareRequests(t *testing.T) {
	t.Parallel()
	srv, w := zktest.Run(t), new(witness)
	c := connect(t, srv.Addr(), append(srv.Options(), zkasync.WithHooks(w), zkasync.WithCoalescedReads(true))...)
	ctx := testContext(t)
	must(t, c.Create(ctx, "/a", make([]byte, 100)))
	srv.Freeze()
	const n = 200
	gets := make([]*future.Future[zkasync.Node], n)
	for i := range gets {
		gets[i] = c.Get(ctx, "/a")
	}
	srv.Thaw()
	must(t, future.All(gets...))
	closeNow(t, c)

	ends, carried, frames := 0, 0, 0
	for _, e := range w.ends {
		if e.Name == "get" {
			ends++
			if e.Requests != 1 || e.Received < 100 || e.Received > 300 {
				t.Fatalf("%+v", e)
			}
		}
	}
	for _, r := range w.requests {
		if r.Name == "get" || r.Name == "multi read" {
			frames++
			carried += r.Operations
			if (r.Operations > 1) != (r.Name == "multi read") {
				t.Errorf("%+v", r)
			}
		}
	}
	if ends != n || carried != n || frames > n/2 {
		t.Errorf("%d ends, and %d gets in %d requests", ends, carried, frames)
	}
}

func TestHooks_ARepeatedOperationHasOneEndAndTwoRequests(t *testing.T) {
	t.Parallel()
	srv, w := zktest.Run(t), new(witness)
	c := hooked(t, srv, zkasync.WithHooks(w), zkasync.WithRetry(zkasync.RetryPolicy{}))
	ctx := testContext(t)
	srv.Fault(zktest.Fault{Op: zktest.OpExists, Count: 1, Do: zktest.Drop()})
	must(t, c.Exists(ctx, "/"))
	closeNow(t, c)
	if len(w.ends) != 1 || w.ends[0].Requests != 2 || w.ends[0].Err != nil {
		t.Errorf("ends: %+v", w.ends)
	}
	if len(w.requests) != 2 || !errors.Is(w.requests[0].Err, zkasync.ErrConnectionLoss) || w.requests[1].Err != nil {
		t.Errorf("requests: %+v", w.requests)
	}
	checkTimes(t, w)
}

func TestHooks_ConnectionsAndStates(t *testing.T) {
	t.Parallel()
	srv, w := zktest.Run(t), new(witness)
	c := hooked(t, srv, zkasync.WithHooks(w))
	srv.Refuse(true)
	srv.Drop()
	poll(t, "an attempt that fails", func() bool {
		return slices.ContainsFunc(told(w, &w.attempts), func(a zkasync.Attempt) bool { return a.Err != nil })
	})
	srv.Refuse(false)
	poll(t, "the second connection", func() bool { return len(told(w, &w.connects)) == 2 })
	id := c.Session().ID
	closeNow(t, c)

	first, second := w.connects[0], w.connects[1]
	if first.Reconnect || !second.Reconnect || first.SessionID != id || second.SessionID != id || first.Server == "" || first.Timeout <= 0 {
		t.Errorf("connections: %+v", w.connects)
	}
	if len(w.disconnects) != 2 || w.disconnects[0].Connection != first || w.disconnects[1].Connection != second {
		t.Fatalf("ends of connections: %+v", w.disconnects)
	}
	if w.disconnects[0].Err == nil || errors.Is(w.disconnects[0].Err, zkasync.ErrClosed) || !errors.Is(w.disconnects[1].Err, zkasync.ErrClosed) {
		t.Errorf("reasons: %v; %v", w.disconnects[0].Err, w.disconnects[1].Err)
	}
	var states []zkasync.State
	for _, s := range w.states {
		states = append(states, s.State)
	}
	if want := []zkasync.State{zkasync.StateConnecting, zkasync.StateConnected, zkasync.StateSuspended, zkasync.StateConnected, zkasync.StateClosed}; !slices.Equal(states, want) {
		t.Errorf("states: %v, want %v", states, want)
	}
	if reached := slices.ContainsFunc(w.attempts, func(a zkasync.Attempt) bool { return a.Err == nil && a.Server != "" }); !reached {
		t.Errorf("attempts: %+v", w.attempts)
	}
}

func TestHooks_Watches(t *testing.T) {
	t.Parallel()
	srv, w := zktest.Run(t), new(witness)
	c := hooked(t, srv, zkasync.WithHooks(w))
	ctx := testContext(t)
	must(t, c.Create(ctx, "/a", nil))
	fired := must(t, c.GetW(ctx, "/a"))
	given := must(t, c.ChildrenW(ctx, "/a"))
	must(t, c.ExistsW(ctx, "/none"))
	sub := must(t, c.AddWatch(ctx, "/s", zkasync.PersistentRecursive))
	must(t, c.Set(ctx, "/a", nil, zkasync.AnyVersion))
	must(t, fired.Event)
	c.Unwatch(given.Event)
	must(t, c.Create(ctx, "/s", nil))
	sub.Close()
	sub.Close()
	closeNow(t, c)
	var got []string
	for _, e := range w.watches {
		got = append(got, fmt.Sprintf("%s %s %s %v %v", e.Path, e.Kind, e.Step, e.Event.Type, e.Err))
	}
	want := []string{
		"/a data set Unknown <nil>", "/a children set Unknown <nil>", "/none exists set Unknown <nil>", "/s persistent recursive set Unknown <nil>",
		"/a data fired EventNodeDataChanged <nil>",
	}
	if len(got) != 9 || !slices.Equal(got[:5], want) {
		t.Fatalf("watches:\n%s", strings.Join(got, "\n"))
	}
	for i, want := range []struct {
		path string
		step zkasync.WatchStep
		err  error
	}{{"/a", zkasync.WatchLost, zkasync.ErrWatchRemoved}, {"/s", zkasync.WatchFired, nil}, {"/s", zkasync.WatchLost, zkasync.ErrWatchRemoved},
		{"/none", zkasync.WatchLost, zkasync.ErrClosed}} {
		if e := w.watches[5+i]; e.Path != want.path || e.Step != want.step || !errors.Is(e.Err, want.err) {
			t.Errorf("watch event %d: %+v", 5+i, e)
		}
	}
}

// A one-shot watch that has not fired when the client stops is lost, and a subscription whose connection is lost gets a resync.
func TestHooks_WatchesThatEndWithTheClient(t *testing.T) {
	t.Parallel()
	srv, w := zktest.Run(t), new(witness)
	c := hooked(t, srv, zkasync.WithHooks(w))
	ctx := testContext(t)
	must(t, c.ExistsW(ctx, "/none"))
	sub := must(t, c.AddWatch(ctx, "/", zkasync.Persistent))
	srv.Drop()
	if e := <-sub.C(); !e.Resync {
		t.Fatal(e)
	}
	closeNow(t, c)
	var steps []string
	for _, e := range w.watches {
		steps = append(steps, e.Kind+" "+e.Step.String())
	}
	if want := []string{"exists set", "persistent set", "persistent resync", "exists lost", "persistent lost"}; !slices.Equal(steps, want) {
		t.Errorf("%v, want %v", steps, want)
	}
	if last := w.watches[len(w.watches)-1]; !errors.Is(last.Err, zkasync.ErrClosed) {
		t.Errorf("lost with %v", last.Err)
	}
}

func TestHooks_PathsAreTheChroots(t *testing.T) {
	t.Parallel()
	srv, w := zktest.Run(t), new(witness)
	c := connect(t, srv.Addr()+"/app", append(srv.Options(), zkasync.WithHooks(w))...)
	ctx := testContext(t)
	must(t, c.EnsurePath(ctx, "/x"))
	must(t, c.GetW(ctx, "/x"))
	closeNow(t, c)
	for _, r := range w.requests {
		if strings.HasPrefix(r.Path, "/app/") {
			t.Errorf("%s %s", r.Name, r.Path)
		}
	}
	if len(w.watches) == 0 || w.watches[0].Path != "/x" {
		t.Errorf("watches: %+v", w.watches)
	}
}

// slowHook tells the callback when the hook has been called, so that neither depends on the clock.
type slowHook struct {
	late  chan struct{}
	calls []zkasync.SlowCallback
}

func (h *slowHook) OnSlowCallback(s zkasync.SlowCallback) {
	h.calls = append(h.calls, s)
	if !s.Returned {
		close(h.late)
	}
}

func TestHooks_SlowCallbacks(t *testing.T) {
	t.Parallel()
	srv, h := zktest.Run(t), &slowHook{late: make(chan struct{})}
	c := hooked(t, srv, zkasync.WithHooks(h), zkasync.WithSlowCallback(50*time.Millisecond))
	c.Exists(testContext(t), "/").OnDone(func(*zk.Stat, error) { <-h.late })
	<-h.late
	closeNow(t, c)
	if len(h.calls) < 2 {
		t.Fatalf("%+v", h.calls)
	}
	if first, second := h.calls[0], h.calls[1]; first.Returned || !second.Returned || first.Name != second.Name ||
		!strings.Contains(first.Name, "hooks_test.go") || second.Took < first.Took {
		t.Errorf("%+v", h.calls)
	}
}

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

func TestWithHooks_RefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	for _, h := range []zkasync.Hook{nil, 7, struct{}{}} {
		if _, err := zkasync.New("h", zkasync.WithHooks(h)); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%T", h)) {
			t.Errorf("%v: %v", h, err)
		}
	}
	if _, err := zkasync.New("h", zkasync.WithSlowCallback(0)); err == nil || !strings.Contains(err.Error(), "0s") {
		t.Error(err)
	}
}
