package zkasync_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

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
		"set /a ok 1", "delete /missing rejected 1", "delete bad not sent 0",
	}
	if !slices.Equal(got, want) {
		t.Errorf("operations:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(w.starts) != len(want) {
		t.Errorf("%d starts, %d ends", len(w.starts), len(want))
	}
	checkTimes(t, w)
}

// The writes of a Bulk have their parts of the transactions in which they travelled, refused ones included, and of what was sent
// for them alone.
func TestHooks_WritesOfABulk(t *testing.T) {
	t.Parallel()
	srv, w := zktest.Run(t), new(witness)
	c := hooked(t, srv, zkasync.WithHooks(w))
	ctx := testContext(t)
	const n = 200
	b := c.Bulk(ctx)
	for i := range n {
		b.Create(fmt.Sprintf("/%03d", i), make([]byte, i))
	}
	settle(b.Delete("/199", zkasync.AnyVersion))
	settle(c.DeleteAll(ctx, "/150"))
	b.Set("/000", nil, 7) // refused, and with it whatever travels with it
	for i := range 50 {
		b.Set(fmt.Sprintf("/%03d", i+1), []byte("x"), zkasync.AnyVersion)
	}
	settle(b.Set("/100", []byte("x"), zkasync.AnyVersion))
	closeNow(t, c)

	sent, received, carried, shared := 0, 0, 0, 0
	for _, r := range w.requests {
		sent, received, carried = sent+r.Sent, received+r.Received, carried+r.Operations
		if r.Operations > 1 {
			shared++
		}
	}
	parts := 0
	for _, e := range w.ends {
		if e.Requests < 1 || e.Sent < 20 || e.Server == "" || e.Err == nil && e.Name == "set" && e.Received < 68 {
			t.Errorf("%s %s: %d requests with %d and %d bytes to %q", e.Name, e.Path, e.Requests, e.Sent, e.Received, e.Server)
		}
		if i, err := strconv.Atoi(strings.TrimPrefix(e.Path, "/")); e.Name == "create" && (err != nil || e.Sent < i) {
			t.Errorf("create %s sent %d bytes", e.Path, e.Sent)
		}
		sent, received, parts = sent-e.Sent, received-e.Received, parts+e.Requests
	}
	if parts != carried || shared == 0 {
		t.Errorf("%d requests of operations, %d operations of requests, %d of those shared", parts, carried, shared)
	}
	// What is left are the headers of frames and of transactions.
	if left := 21 * shared; sent != left || received < 0 || received > 30*shared {
		t.Errorf("%d bytes sent and %d received belong to no operation; %d requests were shared", sent, received, shared)
	}

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
