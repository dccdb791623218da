package zkasync_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/zkasync"
)

func TestContexts_EndedBeforeTheCall(t *testing.T) {
	t.Parallel()
	c, _, p := proxied(t)
	frames := tap(p)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, call := range slices.Concat(calls, sequentialCalls) {
		err := fails(t, call.do(c, ctx, "/a"), context.Canceled, zkasync.ErrNotSent)
		if errors.Is(err, zkasync.ErrConnectionLoss) || errors.Is(err, zkasync.ErrOutcomeUnknown) {
			t.Errorf("%s: %v is something else as well", call.name, err)
		}
		if !strings.HasPrefix(err.Error(), "zkasync: "+call.name) {
			t.Errorf("error %q does not name %s", err, call.name)
		}
	}
	fails(t, c.AddAuth(ctx, "digest", []byte("a:b")), context.Canceled, zkasync.ErrNotSent)
	must(t, c.Exists(t.Context(), "/"))
	if seen := frames.requests(); len(seen) != 1 {
		t.Errorf("requests %+v were sent, want one to exists", seen)
	}
}

func TestContexts_EndedWhileSuspended(t *testing.T) {
	t.Parallel()
	c, _, p := proxied(t)
	suspend(t, c, p)
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	var leaving, staying []*future.Future[any]
	for _, call := range slices.Concat(calls, sequentialCalls) {
		leaving = append(leaving, call.do(c, ctx, "/a/b/c"))
		staying = append(staying, untyped(c.Exists(t.Context(), "/stays")))
	}
	for i, f := range leaving {
		err := fails(t, f, context.DeadlineExceeded, zkasync.ErrNotSent)
		if errors.Is(err, zkasync.ErrConnectionLoss) {
			t.Errorf("operation %d: %v", i, err)
		}
	}
	for _, f := range staying {
		if f.Ready() {
			t.Fatal("an operation with another context has ended as well")
		}
	}
	frames := tap(p)
	resume(t, p)
	must(t, future.All(staying...))
	for _, r := range frames.requests() {
		if !strings.HasSuffix(r.path, "/stays") {
			t.Errorf("request %+v was sent", r)
		}
	}
}

func TestContexts_EndedBehindAFrozenServer(t *testing.T) {
	t.Parallel()
	const count = 400
	server := check.Run(t)
	c := connect(t, server.Addr(), zkasync.WithSessionTimeout(wait))
	must(t, c.Create(t.Context(), "/a", nil))
	if err := server.Freeze(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var staying, leaving []*future.Future[zkasync.Created]
	data := make([]byte, 128<<10)
	for i := range count {
		staying = append(staying, c.Create(t.Context(), fmt.Sprintf("/a/stays-%03d", i), data))
		leaving = append(leaving, c.Create(ctx, fmt.Sprintf("/a/leaves-%03d", i), data))
	}
	cancel()
	begin := time.Now()
	for _, f := range leaving[count/2:] {
		fails(t, f, context.Canceled, zkasync.ErrNotSent)
	}
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("left %v after the context's end", took)
	}
	if err := server.Continue(); err != nil {
		t.Fatal(err)
	}
	must(t, future.All(staying...))
	names := must(t, c.Children(t.Context(), "/a")).Names
	left := 0
	for i, f := range leaving {
		err := outcome(t, f)
		if err != nil {
			left++
		}
		if there := slices.Contains(names, fmt.Sprintf("leaves-%03d", i)); there != (err == nil) {
			t.Errorf("operation %d: %v, on the server: %v", i, err, there)
		}
	}
	if len(names) != 2*count-left {
		t.Errorf("%d znodes, want %d", len(names), 2*count-left)
	}
}

func TestContexts_EndedInFlight(t *testing.T) {
	t.Parallel()
	c, twin, p := proxied(t)
	p.Hold(zkproxy.ToClient, true)
	ctx, cancel := context.WithCancel(context.Background())
	set := c.Set(ctx, "/", []byte("new"), 0)
	rejected := c.Set(ctx, "/", []byte("newer"), 0)
	poll(t, "set", func() bool { return must(t, twin.Get(t.Context(), "/")).Stat.Version == 1 })
	cancel()
	waitCtx, stopWaiting := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer stopWaiting()
	if _, err := set.Get(waitCtx); !errors.Is(err, context.DeadlineExceeded) || set.Ready() {
		t.Errorf("wait: %v; complete: %v", err, set.Ready())
	}
	p.Hold(zkproxy.ToClient, false)
	if st := must(t, set); st.Version != 1 {
		t.Errorf("set: %+v", st)
	}
	if err := outcome(t, rejected); errors.Is(err, context.Canceled) || errors.Is(err, zkasync.ErrNotSent) {
		t.Errorf("second set: %v, want the server's answer", err)
	}
}

func TestContexts_NilNeverEnds(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	var none context.Context
	for _, call := range calls {
		if err := outcome(t, call.do(c, none, "/a")); errors.Is(err, zkasync.ErrNotSent) {
			t.Errorf("%s: %v", call.name, err)
		}
	}
}
