package zkasync_test

import (
	"fmt"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

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
