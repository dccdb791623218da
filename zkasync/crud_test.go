package zkasync_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// wait is how long a test waits for what must come.
const wait = time.Minute

func testContext(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	t.Cleanup(cancel)
	return ctx
}

// patientSession is the session timeout of tests that are not about it: a busy machine is no silent server.
const patientSession = 30 * time.Second

// coalesce has all clients of the tests do without it: the answers, their order and the failures must be the same.
var coalesce = flag.Bool("coalesce", true, "whether clients send gets together, see WithCoalescedReads")

// connect returns a client on servers that the test's end closes.
func connect(t testing.TB, servers string, opts ...zkasync.Option) *zkasync.Client {
	t.Helper()
	opts = append([]zkasync.Option{zkasync.WithSessionTimeout(patientSession), zkasync.WithCoalescedReads(*coalesce)}, opts...)
	c, err := zkasync.Connect(testContext(t), servers, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// rooted returns a client on the shared server whose chroot is the test's own.
func rooted(t testing.TB, opts ...zkasync.Option) *zkasync.Client {
	t.Helper()
	c := connect(t, zkserver.Shared(t).Addr()+zkserver.Root(t), opts...)
	must(t, c.EnsurePath(t.Context(), "/"))
	return c
}

// must returns a future's value.
func must[T any](t testing.TB, f *future.Future[T]) T {
	t.Helper()
	v, err := f.Get(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// fails returns a future's error, which must match all of want.
func fails[T any](t testing.TB, f *future.Future[T], want ...error) error {
	t.Helper()
	_, err := f.Get(testContext(t))
	for _, w := range want {
		if !errors.Is(err, w) {
			t.Errorf("error %v, want one that is %v", err, w)
		}
	}
	if err == nil {
		t.Error("no error")
	}
	return err
}

func TestClient_CRUD(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	ctx := testContext(t)
	made := must(t, c.Create(ctx, "/a", []byte("one")))
	if made.Path != "/a" || made.Stat.DataLength != 3 {
		t.Errorf("created %+v", made)
	}
	if st := must(t, c.Exists(ctx, "/a")); st == nil || st.Czxid != made.Stat.Czxid {
		t.Errorf("exists: %+v, want czxid %d", st, made.Stat.Czxid)
	}
	if st := must(t, c.Exists(ctx, "/b")); st != nil {
		t.Errorf("exists of nothing: %+v", st)
	}
	st := must(t, c.Set(ctx, "/a", []byte("two!"), 0))
	if st.Version != 1 {
		t.Errorf("set: version %d, want 1", st.Version)
	}
	if n := must(t, c.Get(ctx, "/a")); string(n.Data) != "two!" || n.Stat != st {
		t.Errorf("get: %q %+v, want the stat of the set, %+v", n.Data, n.Stat, st)
	}
	fails(t, c.Set(ctx, "/a", nil, 0), zk.ErrBadVersion)
	must(t, c.Create(ctx, "/a/x", nil))
	if ch := must(t, c.Children(ctx, "/a")); len(ch.Names) != 1 || ch.Names[0] != "x" || ch.Stat.NumChildren != 1 {
		t.Errorf("children: %+v", ch)
	}
	fails(t, c.Delete(ctx, "/a", zkasync.AnyVersion), zk.ErrNotEmpty)
	must(t, c.Delete(ctx, "/a/x", 0))
	must(t, c.Delete(ctx, "/a", 1))
	err := fails(t, c.Get(ctx, "/a"), zk.ErrNoNode)
	if got, want := err.Error(), "zkasync: get /a: node does not exist"; got != want {
		t.Errorf("error %q, want %q", got, want)
	}
}

func TestClient_EnsurePathAndDeleteAll(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	ctx := testContext(t)
	if p := must(t, c.EnsurePath(ctx, "/a/b/c/d")); p != "/a/b/c/d" {
		t.Errorf("path %q", p)
	}
	must(t, c.EnsurePath(ctx, "/a/b/c/d"))
	var fs []*future.Future[zkasync.Created]
	for i := range 10_000 {
		fs = append(fs, c.Create(ctx, fmt.Sprintf("/a/b/%05d", i), []byte("x")))
	}
	must(t, future.All(fs...))
	if n := must(t, c.DeleteAll(ctx, "/a")); n != 10_004 {
		t.Errorf("deleted %d, want 10004", n)
	}
	if n := must(t, c.DeleteAll(ctx, "/a")); n != 0 {
		t.Errorf("deleted %d of nothing", n)
	}
}
