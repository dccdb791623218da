package zkasync_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// smallServer starts a server that accepts requests of up to limit bytes.
func smallServer(t *testing.T, limit int) check.Server {
	t.Helper()
	return check.Run(t, check.MaxRequestSize(limit))
}

// mostLosses is how many connections may be lost because of a request that ends each of them.
const mostLosses = 6

// A request is above the server's limit, so the server resets the connection without an answer. Whatever repeats it gives up after a
// few connections, and other operations succeed.
func TestPoison_RequestAboveTheServersLimit(t *testing.T) {
	t.Parallel()
	const limit, size = 128 << 10, 200_000
	srv := smallServer(t, limit)
	must(t, connect(t, srv.Addr()).Create(t.Context(), "/n", nil))
	large := make([]byte, size)
	for name, test := range map[string]struct {
		retry bool
		do    func(ctx context.Context, c *zkasync.Client) <-chan error
	}{
		"idempotent write": {true, func(ctx context.Context, c *zkasync.Client) <-chan error {
			return errorOf(c.Set(zkasync.MarkIdempotent(ctx), "/n", large, zkasync.AnyVersion))
		}},
		"read": {true, func(ctx context.Context, c *zkasync.Client) <-chan error {
			return errorOf(c.Get(ctx, "/"+strings.Repeat("x", size)))
		}},
		"credential": {true, func(ctx context.Context, c *zkasync.Client) <-chan error {
			return errorOf(c.AddAuth(ctx, "digest", append([]byte("u:"), large...)))
		}},
		"write with Retry": {false, func(ctx context.Context, c *zkasync.Client) <-chan error {
			return errorOf(zkasync.Retry(zkasync.MarkIdempotent(ctx), c, zkasync.RetryPolicy{}, func(ctx context.Context) *future.Future[zk.Stat] {
				return c.Set(ctx, "/n", large, zkasync.AnyVersion)
			}))
		}},
		"protected create": {false, func(ctx context.Context, c *zkasync.Client) <-chan error {
			return errorOf(c.Create(ctx, "/p-", large, zkasync.Protected(), zkasync.Ephemeral()))
		}},
		"live value": {false, func(ctx context.Context, c *zkasync.Client) <-chan error {
			l := c.WatchData(ctx, "/"+strings.Repeat("x", size))
			ended := make(chan error, 1)
			go func() {
				<-l.Done()
				ended <- l.Err()
			}()
			return ended
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := zkproxy.Run(t, srv.Addr())
			var opts []zkasync.Option
			if test.retry {
				opts = append(opts, zkasync.WithRetry(zkasync.RetryPolicy{}))
			}
			c := connect(t, p.Addr(), opts...)
			before := p.Accepted()
			ended := test.do(testContext(t), c)
			wantGivenUp(t, <-ended, size)
			if n := p.Accepted() - before; n > mostLosses {
				t.Errorf("%d more connections, want at most %d", n, mostLosses)
			}
			poll(t, "a neighbour's write", func() bool {
				_, err := c.Set(t.Context(), "/n", nil, zkasync.AnyVersion).Get(testContext(t))
				return err == nil
			})
			after := p.Accepted()
			for range 10 {
				must(t, c.Set(t.Context(), "/n", nil, zkasync.AnyVersion))
			}
			if n := p.Accepted() - after; n > 0 {
				t.Errorf("%d connections after the request was given up", n)
			}
		})
	}
}

func errorOf[T any](f *future.Future[T]) <-chan error {
	ended := make(chan error, 1)
	f.OnDone(func(_ T, err error) { ended <- err })
	return ended
}

// wantGivenUp checks the error of a request that had at least size bytes.
func wantGivenUp(t *testing.T, err error, size int) {
	t.Helper()
	var up *zkasync.GivenUpError
	if !errors.As(err, &up) || up.Losses < 3 || up.Size < size || !errors.Is(err, zkasync.ErrConnectionLoss) {
		t.Errorf("error %v, want a GivenUpError", err)
		return
	}
	for _, want := range []string{"WithMaxRequestSize", "WithMaxReplySize", "jute.maxbuffer", fmt.Sprint(up.Size)} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not name %s", err, want)
		}
	}
}

// 2,000 watches, 500 subscriptions and go-zookeeper's own watches are restored on a server with a small limit, whether the client
// knows the limit or not.
func TestPoison_WatchesBelowTheServersLimit(t *testing.T) {
	t.Parallel()
	needsAddWatch(t)
	const limit = 64 << 10
	srv := smallServer(t, limit)
	for name, told := range map[string][]zkasync.Option{
		"told":     {zkasync.WithMaxRequestSize(limit)},
		"not told": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := zkserver.Root(t)
			twin := connect(t, srv.Addr()+root)
			must(t, twin.EnsurePath(t.Context(), "/"))
			p := zkproxy.Run(t, srv.Addr())
			c := connect(t, p.Addr()+root, told...)
			long := strings.Repeat("x", 80)
			var reads []*future.Future[zkasync.Watched[*zk.Stat]]
			for i := range 2000 {
				reads = append(reads, c.ExistsW(t.Context(), fmt.Sprintf("/%s%d", long, i)))
			}
			var adds []*future.Future[*zkasync.Subscription]
			for i := range 500 {
				adds = append(adds, c.AddWatch(t.Context(), fmt.Sprintf("/%s-s%d", long, i), zkasync.AddWatchMode(i%2)))
			}
			watched, subs := must(t, future.All(reads...)), must(t, future.All(adds...))
			var theirs <-chan zk.Event
			for i := range 1000 {
				_, _, events, err := c.Conn().ExistsW(fmt.Sprintf("%s/%s-t%d", root, long, i))
				if err != nil {
					t.Fatal(err)
				}
				theirs = events
			}
			frames := tap(p)
			before := p.Accepted()
			states := c.States(t.Context())
			p.Cut()
			for change := range states {
				if change.State == zkasync.StateConnected && restored(t, c) {
					break
				}
			}
			if n := p.Accepted() - before; told != nil && n > 2 || n > mostLosses {
				t.Errorf("%d connections", n)
			}
			for _, f := range frames.requests() {
				if told != nil && f.size-4 > limit {
					t.Errorf("a request of %d bytes", f.size)
				}
			}
			must(t, twin.Create(t.Context(), fmt.Sprintf("/%s1999", long), nil))
			must(t, twin.Create(t.Context(), fmt.Sprintf("/%s-s498", long), nil))
			must(t, twin.Create(t.Context(), fmt.Sprintf("/%s-t999", long), nil))
			must(t, watched[1999].Event)
			for e := range subs[498].C() {
				if e.Type == zk.EventNodeCreated {
					break
				}
			}
			if e := <-theirs; e.Type != zk.EventNodeCreated {
				t.Errorf("go-zookeeper's watch: %+v", e)
			}
		})
	}
}

// restored reports whether the connection has survived a request, and everything that go-zookeeper has sent before it.
func restored(t *testing.T, c *zkasync.Client) bool {
	_, err := c.Get(t.Context(), "/").Get(testContext(t))
	return err == nil
}

// A path can be watched, but is too long for a request that restores watches. Its watches end, and all others are restored.
func TestPoison_PathTooLongToBeRestored(t *testing.T) {
	t.Parallel()
	const limit = 64 << 10
	srv := smallServer(t, limit)
	p := zkproxy.Run(t, srv.Addr())
	c := connect(t, p.Addr(), zkasync.WithMaxRequestSize(limit))
	long := must(t, c.ExistsW(t.Context(), "/"+strings.Repeat("x", limit-20))).Event
	short := must(t, c.ExistsW(t.Context(), "/short")).Event
	p.Cut()
	err := outcome(t, long)
	wantErr(t, err, zkasync.ErrWatchRemoved)
	wantGivenUp(t, err, limit)
	must(t, connect(t, srv.Addr()).Create(t.Context(), "/short", nil))
	must(t, short)
}
