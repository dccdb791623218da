package zkasync_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

func TestMulti_ResultsOfEachKind(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	ctx := t.Context()
	readers := zk.WorldACL(zk.PermRead | zk.PermDelete)
	data := []byte("data")
	committing := c.Multi(ctx,
		zkasync.CreateOp("/a", data),
		zkasync.CreateOp("/a/s-", nil, zkasync.Sequential()),
		zkasync.CreateOp("/a/e", nil, zkasync.Ephemeral(), zkasync.WithACL(readers)),
		zkasync.CreateOp("/c", nil, zkasync.Container()),
		zkasync.SetOp("/a", []byte("newer"), 0),
		zkasync.CheckOp("/a", 1),
		zkasync.DeleteOp("/c", zkasync.AnyVersion),
	)
	clear(data) // the client has copied it
	got := must(t, committing)
	var paths []string
	for _, r := range got {
		paths = append(paths, r.Path)
	}
	if want := []string{"/a", "/a/s-0000000000", "/a/e", "/c", "", "", ""}; !slices.Equal(paths, want) {
		t.Errorf("paths %q, want %q", paths, want)
	}
	if st := must(t, c.Exists(ctx, "/a/e")); st == nil || st.EphemeralOwner != c.Session().ID {
		t.Errorf("ephemeral znode: %+v", st)
	}
	n := must(t, c.Get(ctx, "/a"))
	if string(n.Data) != "newer" || got[4].Stat.Version != 1 || got[4].Stat.Mzxid != n.Stat.Mzxid {
		t.Errorf("set: %+v, read %+v", got[4].Stat, n)
	}
	given := zkserver.Shared(t).Since("3.7.2", "3.8.2", "3.9.0") // ZOOKEEPER-4026
	if st := must(t, c.Exists(ctx, "/a/e")); (got[2].Stat == *st) != given || got[2].Stat != (zk.Stat{}) && !given {
		t.Errorf("stat of a create %+v, want one: %v", got[2].Stat, given)
	}
	if got[3].Stat.Czxid != got[4].Stat.Mzxid {
		t.Errorf("stat of a container %+v", got[3].Stat)
	}
	if acl := must(t, c.GetACL(ctx, "/a/e")).Entries; !slices.Equal(acl, readers) {
		t.Errorf("acl %v", acl)
	}
	if must(t, c.Exists(ctx, "/c")) != nil {
		t.Error("/c was not deleted")
	}
}

func TestMulti_AllOrNothing(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	ctx := t.Context()
	must(t, c.Create(ctx, "/a", []byte("old")))
	good := []zkasync.MultiOp{zkasync.CreateOp("/b", nil), zkasync.SetOp("/a", nil, 0), zkasync.CreateOp("/b/c", nil)}
	for _, test := range []struct {
		bad  zkasync.MultiOp
		want error
		op   string
	}{
		{zkasync.CreateOp("/a", nil), zk.ErrNodeExists, "create"},
		{zkasync.CreateOp("/none/x", nil), zk.ErrNoNode, "create"},
		{zkasync.SetOp("/a", nil, 7), zk.ErrBadVersion, "set"},
		{zkasync.DeleteOp("/b", 0), zk.ErrNotEmpty, "delete"},
		{zkasync.CheckOp("/none", 0), zk.ErrNoNode, "check"},
		{zkasync.CheckOp("/a", 7), zk.ErrBadVersion, "check"},
	} {
		for _, at := range []int{0, len(good)} {
			if errors.Is(test.want, zk.ErrNotEmpty) && at == 0 {
				continue // the znode does not exist yet, which is another error
			}
			ops := slices.Insert(slices.Clone(good), at, test.bad)
			err := fails(t, c.Multi(ctx, ops...))
			isExactly(t, err, test.want)
			var m *zkasync.MultiError
			if !errors.As(err, &m) || m.Index != at || m.Op != test.op {
				t.Errorf("%v, want operation %d, %s, to be blamed", err, at, test.op)
			}
		}
	}
	if n := must(t, c.Get(ctx, "/a")); string(n.Data) != "old" || n.Stat.Version != 0 {
		t.Errorf("a transaction that failed has set %+v", n)
	}
	if names := must(t, c.Children(ctx, "/")).Names; !slices.Equal(names, []string{"a"}) {
		t.Errorf("transactions that failed have left %q", names)
	}
}

func TestMulti_Empty(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	if got := must(t, c.Multi(t.Context())); got == nil || len(got) != 0 {
		t.Errorf("results %#v, want an empty list", got)
	}
}

func TestMulti_ManyOperations(t *testing.T) {
	t.Parallel()
	const count = 2000
	c := rooted(t)
	var ops []zkasync.MultiOp
	for i := range count {
		ops = append(ops, zkasync.CreateOp(fmt.Sprintf("/%04d", i), []byte("x")))
	}
	for i, r := range must(t, c.Multi(t.Context(), ops...)) {
		if want := fmt.Sprintf("/%04d", i); r.Path != want {
			t.Fatalf("result %d is of %s, want %s", i, r.Path, want)
		}
	}
	if n := len(must(t, c.Children(t.Context(), "/")).Names); n != count {
		t.Errorf("%d znodes, want %d", n, count)
	}
}

// Transactions keep their place among other operations, and MultiOps can be used again.
func TestMulti_InOrder(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	ops := []zkasync.MultiOp{zkasync.CreateOp("/a", nil), zkasync.CreateOp("/a/b", nil)}
	undo := []zkasync.MultiOp{zkasync.DeleteOp("/a/b", 0), zkasync.DeleteOp("/a", 0)}
	var s sequence
	for range 100 {
		follow(&s, c.Multi(t.Context(), ops...), nil)
		follow(&s, c.Get(t.Context(), "/a/b"), nil)
		follow(&s, c.Multi(t.Context(), ops...), zk.ErrNodeExists)
		follow(&s, c.Multi(t.Context(), undo...), nil)
		follow(&s, c.Get(t.Context(), "/a/b"), zk.ErrNoNode)
	}
	s.check(t)
}
