package zkasync_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/handler"
	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// quick is a policy for tests with many repetitions.
var quick = zkasync.RetryPolicy{FirstPause: 10 * time.Millisecond, MaxPause: 50 * time.Millisecond}

// viaProxy returns a client whose connections go through a proxy and which reconnects without a pause, and a direct one with the same
// chroot. The list of servers names the proxy many times, since a client pauses only after a whole pass.
func viaProxy(t testing.TB, opts ...zkasync.Option) (c, twin *zkasync.Client, p *zkproxy.Proxy) {
	t.Helper()
	const passes = 50
	root := zkserver.Root(t)
	twin = connect(t, zkserver.Shared(t).Addr()+root)
	must(t, twin.EnsurePath(t.Context(), "/"))
	p = zkproxy.Run(t, zkserver.Shared(t).Addr())
	servers := strings.TrimSuffix(strings.Repeat(p.Addr()+",", passes), ",")
	return connect(t, servers+root, opts...), twin, p
}

// cuts cuts connections in the middle of replies, up to times times, until the test ends or stop is called.
func cuts(t testing.TB, p *zkproxy.Proxy, times int, every int) (stop func() int) {
	quit, done := make(chan struct{}), make(chan int)
	random := rand.New(rand.NewPCG(1, 2))
	go func() {
		for n := range times {
			select {
			case <-p.CutAfter(zkproxy.ToClient, every/2+random.IntN(every), random.IntN(30)):
			case <-quit:
				done <- n
				return
			}
		}
		done <- times
	}()
	return func() int { close(quit); return <-done }
}

const (
	manyOps  = 2000
	manyCuts = 20
)

func TestWithRetry_AllSucceedUnderCuts(t *testing.T) {
	t.Parallel()
	c, twin, p := viaProxy(t, zkasync.WithRetry(zkasync.RetryPolicy{}))
	must(t, c.Create(t.Context(), "/a", nil))
	stop := cuts(t, p, manyCuts, manyOps/manyCuts/2)
	ctx := zkasync.MarkIdempotent(testContext(t))
	var order journal
	var want []string
	var sets []*future.Future[zk.Stat]
	var gets []*future.Future[zkasync.Node]
	for i := range manyOps / 2 {
		data := fmt.Sprint(i)
		sets = append(sets, noted(&order, "set "+data, c.Set(ctx, "/a", []byte(data), zkasync.AnyVersion)))
		gets = append(gets, noted(&order, "get "+data, c.Get(ctx, "/a")))
		want = append(want, "set "+data, "get "+data)
	}
	last := int32(0)
	for i, f := range sets {
		if st := must(t, f); st.Version <= last {
			t.Fatalf("set %d made version %d, the one before %d", i, st.Version, last)
		} else {
			last = st.Version
		}
		// A get may be repeated while the set before it is not, so it may see the result of a later set.
		n := must(t, gets[i])
		if k, err := strconv.Atoi(string(n.Data)); err != nil || k < i || n.Stat.Version < last {
			t.Fatalf("get after set %d, which made version %d, read %q of version %d", i, last, n.Data, n.Stat.Version)
		}
	}
	order.wants(t, want...)
	if n := stop(); n != manyCuts {
		t.Errorf("%d cuts, want %d", n, manyCuts)
	}
	if n := must(t, twin.Get(t.Context(), "/a")); n.Stat.Version != last {
		t.Errorf("version %d in the end, want %d", n.Stat.Version, last)
	}
}

func TestRetry_AllSucceedUnderCuts(t *testing.T) {
	t.Parallel()
	c, _, p := viaProxy(t)
	must(t, c.Create(t.Context(), "/a", nil))
	stop := cuts(t, p, manyCuts, manyOps/manyCuts/2)
	ctx := testContext(t)
	write := func(ctx context.Context) *future.Future[zk.Stat] { return c.Set(ctx, "/a", nil, zkasync.AnyVersion) }
	read := func(ctx context.Context) *future.Future[zkasync.Node] { return c.Get(ctx, "/a") }
	var writes []*future.Future[zk.Stat]
	var reads []*future.Future[zkasync.Node]
	for range manyOps / 2 {
		writes = append(writes, zkasync.Retry(zkasync.MarkIdempotent(ctx), c, quick, write))
		reads = append(reads, zkasync.Retry(ctx, c, quick, read))
	}
	must(t, future.All(writes...))
	must(t, future.All(reads...))
	if n := stop(); n != manyCuts {
		t.Errorf("%d cuts, want %d", n, manyCuts)
	}
}

// creates makes unmarked creates fail and be repeated, and checks that none is applied twice.
func creates(t *testing.T, create func(c *zkasync.Client, ctx context.Context, data []byte) *future.Future[zkasync.Created], opts ...zkasync.Option) {
	t.Helper()
	c, twin, p := viaProxy(t, opts...)
	stop := cuts(t, p, manyCuts, manyOps/manyCuts/2)
	const window = 20 // bounds what one cut can leave unknown
	var fs []*future.Future[zkasync.Created]
	for i := range manyOps {
		if i >= window {
			_ = outcome(t, fs[i-window])
		}
		fs = append(fs, create(c, testContext(t), []byte(fmt.Sprint(i))))
	}
	known := make(map[string]string) // path by data
	unknown := make(map[string]bool)
	for i, f := range fs {
		made, err := f.Get(testContext(t))
		switch data := fmt.Sprint(i); {
		case err == nil:
			known[data] = made.Path
		case errors.Is(err, zkasync.ErrOutcomeUnknown):
			unknown[data] = true
		default:
			t.Fatalf("create %d: %v", i, err)
		}
	}
	n := stop()
	seen := make(map[string]string)
	for _, name := range must(t, twin.Children(t.Context(), "/")).Names {
		node := must(t, twin.Get(t.Context(), "/"+name))
		data := string(node.Data)
		if before, twice := seen[data]; twice {
			t.Errorf("create %s was applied twice: %s and %s", data, before, name)
		}
		seen[data] = "/" + name
	}
	for data, path := range known {
		if seen[data] != path {
			t.Errorf("create %s was acknowledged as %s, but is at %q", data, path, seen[data])
		}
	}
	if len(known)+len(unknown) != manyOps || len(known) < manyOps/2 || n == 0 || len(unknown) == 0 {
		t.Errorf("%d known, %d unknown, %d cuts", len(known), len(unknown), n)
	}
	t.Logf("%d cuts: %d acknowledged, %d of unknown outcome", n, len(known), len(unknown))
}

func TestWithRetry_NothingUnmarkedIsAppliedTwice(t *testing.T) {
	t.Parallel()
	creates(t, func(c *zkasync.Client, ctx context.Context, data []byte) *future.Future[zkasync.Created] {
		return c.Create(ctx, "/n-", data, zkasync.Sequential())
	}, zkasync.WithRetry(zkasync.RetryPolicy{}))
}

func TestRetry_NothingUnmarkedIsAppliedTwice(t *testing.T) {
	t.Parallel()
	creates(t, func(c *zkasync.Client, ctx context.Context, data []byte) *future.Future[zkasync.Created] {
		return zkasync.Retry(ctx, c, quick, func(ctx context.Context) *future.Future[zkasync.Created] {
			return c.Create(ctx, "/n-", data, zkasync.Sequential())
		})
	})
}

// unsure submits an operation and breaks the connection while it is in flight, so that its outcome is unknown. It lets no new
// connection through.
func unsure[T any](t *testing.T, c *zkasync.Client, p *zkproxy.Proxy, submit func() *future.Future[T]) *future.Future[T] {
	t.Helper()
	requests := tap(p)
	p.Drop(zkproxy.ToClient, true)
	f := submit()
	poll(t, "the request on its way", func() bool { return len(requests.requests()) > 0 })
	p.Refuse()
	p.Cut()
	poll(t, "suspended", func() bool { return c.State() == zkasync.StateSuspended })
	return f
}

func TestRetry_CloseEndsThePause(t *testing.T) {
	t.Parallel()
	c, _, p := proxied(t)
	policy := zkasync.RetryPolicy{FirstPause: 10_000 * time.Hour, MaxPause: 10_000 * time.Hour, MaxElapsed: 10_000 * time.Hour}
	f := unsure(t, c, p, func() *future.Future[zkasync.Node] {
		return zkasync.Retry(testContext(t), c, policy, func(ctx context.Context) *future.Future[zkasync.Node] { return c.Get(ctx, "/") })
	})
	if f.Ready() {
		t.Fatalf("failed at once: %v", outcome(t, f))
	}
	within(t, 2*time.Second, "Close", func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	if !f.Ready() {
		t.Error("pending after Close")
	}
	fails(t, f, zkasync.ErrClosed, zkasync.ErrConnectionLoss, zkasync.ErrOutcomeUnknown)
	again := zkasync.Retry(testContext(t), c, policy, func(ctx context.Context) *future.Future[zkasync.Node] { return c.Get(ctx, "/") })
	fails(t, again, zkasync.ErrClosed, zkasync.ErrNotSent)
}

func TestRetry_CloseWaitsForTheAttempt(t *testing.T) {
	t.Parallel()
	c, _, p := proxied(t, zkasync.WithCloseTimeout(time.Second))
	inside, leave := make(chan struct{}), make(chan struct{})
	calls := 0
	f := unsure(t, c, p, func() *future.Future[zkasync.Node] {
		return zkasync.Retry(testContext(t), c, quick, func(ctx context.Context) *future.Future[zkasync.Node] {
			if calls++; calls > 1 {
				close(inside)
				<-leave
			}
			return c.Get(ctx, "/")
		})
	})
	<-inside
	err := c.Close()
	if err == nil || !strings.Contains(err.Error(), "Retry") {
		t.Errorf("Close with a blocked attempt: %v", err)
	}
	close(leave)
	fails(t, f, zkasync.ErrClosed, zkasync.ErrOutcomeUnknown)
}

func TestRetry_CallbackMayWaitForIt(t *testing.T) {
	t.Parallel()
	c, _, p := proxied(t)
	done := make(chan error, 1)
	remove := c.OnState(func(change zkasync.StateChange) {
		if change.State != zkasync.StateSuspended {
			return
		}
		// The first attempt either fails in the very loss that this callback reports, or waits. Both must succeed in the end.
		f := zkasync.Retry(testContext(t), c, quick, func(ctx context.Context) *future.Future[zkasync.Node] { return c.Get(ctx, "/") })
		_, err := f.Get(testContext(t))
		done <- err
	})
	defer remove()
	p.Cut()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestWithRetry_CloseFailsWhatWaits(t *testing.T) {
	t.Parallel()
	c, _, p := proxied(t, zkasync.WithRetry(zkasync.RetryPolicy{}))
	read := unsure(t, c, p, func() *future.Future[zkasync.Node] { return c.Get(t.Context(), "/") })
	if read.Ready() {
		t.Fatalf("failed with the connection: %v", outcome(t, read))
	}
	fresh := c.Set(t.Context(), "/", nil, zkasync.AnyVersion)
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	fails(t, read, zkasync.ErrClosed, zkasync.ErrConnectionLoss, zkasync.ErrOutcomeUnknown)
	fails(t, fresh, zkasync.ErrClosed, zkasync.ErrNotSent)
}

func TestWithRetry_ContextEndsTheWait(t *testing.T) {
	t.Parallel()
	c, _, p := proxied(t, zkasync.WithRetry(zkasync.RetryPolicy{}))
	ctx, cancel := context.WithCancel(zkasync.MarkIdempotent(testContext(t)))
	f := unsure(t, c, p, func() *future.Future[zk.Stat] { return c.Set(ctx, "/", nil, zkasync.AnyVersion) })
	cancel()
	err := fails(t, f, context.Canceled, zkasync.ErrConnectionLoss, zkasync.ErrOutcomeUnknown)
	if errors.Is(err, zkasync.ErrNotSent) || !strings.Contains(err.Error(), "attempts: 1") {
		t.Errorf("error %v", err)
	}
}

func TestWithRetry_UnmarkedWriteInFlightFails(t *testing.T) {
	t.Parallel()
	c, _, p := proxied(t, zkasync.WithRetry(zkasync.RetryPolicy{}))
	f := unsure(t, c, p, func() *future.Future[zk.Stat] { return c.Set(t.Context(), "/", nil, zkasync.AnyVersion) })
	fails(t, f, zkasync.ErrConnectionLoss, zkasync.ErrOutcomeUnknown)
}

// The first attempt of a marked create was applied, so the second one is rejected. That says nothing about the first.
func TestWithRetry_RejectionAfterAnUnknownOutcomeStaysUnknown(t *testing.T) {
	t.Parallel()
	c, twin, p := proxied(t, zkasync.WithRetry(zkasync.RetryPolicy{}))
	f := unsure(t, c, p, func() *future.Future[zkasync.Created] {
		return c.Create(zkasync.MarkIdempotent(testContext(t)), "/a", nil)
	})
	poll(t, "applied", func() bool { return must(t, twin.Exists(t.Context(), "/a")) != nil })
	p.Heal()
	fails(t, f, zk.ErrNodeExists, zkasync.ErrOutcomeUnknown)
}

func TestWithRetry_AfterExpiryOnlyReadsAndUnsentGoOn(t *testing.T) {
	t.Parallel()
	c, _, p := proxied(t, zkasync.WithRetry(zkasync.RetryPolicy{}), zkasync.WithSessionTimeout(time.Second))
	before := c.Session().ID
	ctx := zkasync.MarkIdempotent(testContext(t))
	var read *future.Future[zkasync.Node]
	write := unsure(t, c, p, func() *future.Future[zk.Stat] {
		read = c.Get(ctx, "/")
		return c.Set(ctx, "/", []byte("x"), zkasync.AnyVersion)
	})
	fresh := c.Set(t.Context(), "/", []byte("y"), zkasync.AnyVersion)
	poll(t, "lost", func() bool { return c.State() == zkasync.StateLost })
	// The server waits for up to two ticks longer than the client.
	expired := time.NewTimer(2 * time.Second)
	<-expired.C
	p.Heal()
	fails(t, write, zkasync.ErrSessionExpired, zkasync.ErrOutcomeUnknown)
	must(t, read)
	must(t, fresh)
	if after := c.Session().ID; after == before {
		t.Errorf("session %#x did not expire", after)
	}
}

// throttle makes the proxy turn the next n answers into the server's code for "throttled".
func throttle(p *zkproxy.Proxy, n int) {
	const errAt = 4 + 4 + 8 // after length, xid and zxid
	throttled := int32(-127)
	p.Rewrite(zkproxy.ToClient, func(f zkproxy.Frame) []byte {
		if xid := int32(binary.BigEndian.Uint32(f.Bytes[4:])); f.Index == 0 || xid <= 0 || n == 0 {
			return f.Bytes
		}
		n--
		binary.BigEndian.PutUint32(f.Bytes[errAt:], uint32(throttled))
		return f.Bytes
	})
}

func TestWithRetry_ThrottledIsRepeated(t *testing.T) {
	t.Parallel()
	policy := quick
	policy.MaxAttempts = 4
	c, _, p := proxied(t, zkasync.WithRetry(policy))
	throttle(p, 3)
	must(t, c.Get(t.Context(), "/"))
	throttle(p, 4)
	err := fails(t, c.Get(t.Context(), "/"))
	if !strings.Contains(err.Error(), "throttled") {
		t.Errorf("error %v", err)
	}
}

func TestRetry_ThrottledIsRepeated(t *testing.T) {
	t.Parallel()
	c, _, p := proxied(t)
	throttle(p, 3)
	must(t, zkasync.Retry(testContext(t), c, quick, func(ctx context.Context) *future.Future[zkasync.Node] { return c.Get(ctx, "/") }))
}

func TestWithRetry_CloseEndsThePauseOfWhatWasThrottled(t *testing.T) {
	t.Parallel()
	ever := 10_000 * time.Hour
	c, _, p := proxied(t, zkasync.WithRetry(zkasync.RetryPolicy{FirstPause: ever, MaxPause: ever, MaxElapsed: ever}))
	throttle(p, 1)
	f := c.Get(t.Context(), "/")
	must(t, c.Exists(t.Context(), "/")) // behind it
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	fails(t, f, zkasync.ErrClosed, zkasync.ErrNotSent)
}

// Protected finds its znode by itself. The mark must not cause a second create.
func TestWithRetry_ProtectedIsNotRepeatedAsSuch(t *testing.T) {
	t.Parallel()
	c, twin, p := proxied(t, zkasync.WithRetry(zkasync.RetryPolicy{}), zkasync.WithHandler(handler.NewInline()))
	p.Drop(zkproxy.ToClient, true)
	f := c.Create(zkasync.MarkIdempotent(testContext(t)), "/a-", nil, zkasync.Protected(), zkasync.Sequential())
	poll(t, "applied", func() bool { return len(must(t, twin.Children(t.Context(), "/")).Names) == 1 })
	p.Refuse()
	p.Cut()
	poll(t, "suspended", func() bool { return c.State() == zkasync.StateSuspended })
	p.Heal()
	must(t, f)
	if names := must(t, twin.Children(t.Context(), "/")).Names; len(names) != 1 {
		t.Errorf("created %q", names)
	}
}

// When the connection was lost, some operations were in flight, and others still queued behind a writer that was stuck.
func TestWithRetry_KeepsTheOrderOfWhatWasQueued(t *testing.T) {
	t.Parallel()
	const sets, size = 100, 200 << 10
	c, _, p := viaProxy(t, zkasync.WithRetry(zkasync.RetryPolicy{}))
	must(t, c.Create(t.Context(), "/a", nil))
	ctx := zkasync.MarkIdempotent(testContext(t))
	p.Hold(zkproxy.ToServer, true)
	var fs []*future.Future[zk.Stat]
	for range sets {
		fs = append(fs, c.Set(ctx, "/a", make([]byte, size), zkasync.AnyVersion))
	}
	p.Cut()
	poll(t, "suspended", func() bool { return c.State() == zkasync.StateSuspended })
	p.Heal()
	last := int32(0)
	for i, f := range fs {
		st := must(t, f)
		if st.Version <= last {
			t.Fatalf("set %d made version %d, after %d", i, st.Version, last)
		}
		last = st.Version
	}
}

func TestWithRetry_NothingOutlivesFailedCredentials(t *testing.T) {
	t.Parallel()
	c, _, _ := proxied(t, zkasync.WithRetry(zkasync.RetryPolicy{}))
	auth := c.AddAuth(t.Context(), "nosuch", []byte("x"))
	read := c.Get(t.Context(), "/")
	fails(t, auth, zkasync.ErrAuthFailed)
	fails(t, read, zkasync.ErrAuthFailed)
}

// The client is about to move to another server, and the connection breaks before everything in flight is answered.
func TestWithRetry_KeepsTheOrderWhileMoving(t *testing.T) {
	t.Parallel()
	server, root := zkserver.Shared(t).Addr(), zkserver.Root(t)
	twin := connect(t, server+root)
	must(t, twin.EnsurePath(t.Context(), "/"))
	p := zkproxy.Run(t, server)
	c := connect(t, p.Addr()+root, zkasync.WithRetry(zkasync.RetryPolicy{}))
	requests := tap(p)
	p.Drop(zkproxy.ToClient, true)
	ctx := zkasync.MarkIdempotent(testContext(t))
	first := c.Set(ctx, "/", []byte("first"), zkasync.AnyVersion)
	poll(t, "the first set on its way", func() bool { return len(requests.requests()) > 0 })
	if err := c.UpdateServers(server + root); err != nil {
		t.Fatal(err)
	}
	second := c.Set(ctx, "/", []byte("second"), zkasync.AnyVersion)
	p.Cut()
	if a, b := must(t, first), must(t, second); a.Version >= b.Version {
		t.Errorf("the first set made version %d, the second %d", a.Version, b.Version)
	}
	if n := must(t, twin.Get(t.Context(), "/")); string(n.Data) != "second" {
		t.Errorf("data %q in the end", n.Data)
	}
}
