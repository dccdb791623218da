package zkasync_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// forEachChroot runs a test with each kind of client that has a chroot. The chroot does not exist, and the client knows that.
func forEachChroot(t *testing.T, test func(t *testing.T, c, whole *zkasync.Client, chroot string)) {
	t.Parallel()
	for name, split := range map[string][3]string{
		"of the connection string": {"/b/c", "/", "/"},
		"of a view":                {"", "/b/c", "/"},
		"of both":                  {"/b", "/c", "/"},
		"of a view of a view":      {"", "/b", "/c"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			servers, root := zkserver.Shared(t).Addr(), zkserver.Root(t)
			c := connect(t, servers+root+split[0])
			if split[1] != "/" {
				c = view(t, view(t, c, split[1]), split[2])
				poll(t, "the chroot to be missed", func() bool { return isChrootMissing(errOf(t, c.Get(t.Context(), "/x"))) })
			}
			test(t, c, connect(t, servers), root+"/b/c")
		})
	}
}

// view returns a view of c.
func view(t testing.TB, c *zkasync.Client, path string) *zkasync.Client {
	t.Helper()
	v, err := c.Chroot(path)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func isChrootMissing(err error) bool {
	var missing *zkasync.ChrootError
	return errors.As(err, &missing)
}

func TestChroot_MissingUntilEnsured(t *testing.T) {
	forEachChroot(t, func(t *testing.T, c, whole *zkasync.Client, chroot string) {
		ctx := t.Context()
		if must(t, c.Exists(ctx, "/")) != nil {
			t.Error("the chroot exists")
		}
		isOp(t, fails(t, c.Create(ctx, "/a", nil), zk.ErrNoNode), "create", "/a", zkasync.OutcomeRejected,
			"zkasync: create /a: the chroot "+chroot+" does not exist")
		isOp(t, fails(t, c.Children(ctx, "/"), zk.ErrNoNode), "children", "/", zkasync.OutcomeRejected,
			"zkasync: children /: the chroot "+chroot+" does not exist")
		watch := must(t, c.ExistsW(ctx, "/")).Event
		if path := must(t, c.EnsurePath(ctx, "/")); path != "/" {
			t.Errorf("ensured %q", path)
		}
		if e := must(t, watch); e.Path != "/" || e.Type != zk.EventNodeCreated {
			t.Errorf("event %+v", e)
		}
		if must(t, whole.Exists(ctx, chroot)) == nil {
			t.Error("there is no chroot")
		}
		if must(t, c.EnsurePath(ctx, "/")) != "/" {
			t.Error("the second time differs")
		}
	})
}

func TestChroot_PathsOfResults(t *testing.T) {
	forEachChroot(t, func(t *testing.T, c, whole *zkasync.Client, chroot string) {
		ctx := t.Context()
		must(t, c.EnsurePath(ctx, "/"))
		for _, test := range []struct {
			got  string
			want string
		}{
			{must(t, c.Create(ctx, "/a", []byte("data"))).Path, "/a"},
			{must(t, c.Create(ctx, "/a/s-", nil, zkasync.Sequential())).Path, "/a/s-0000000000"},
			{must(t, c.Create(ctx, "/a/", nil, zkasync.Sequential(), zkasync.Ephemeral())).Path, "/a/0000000001"},
			{must(t, c.Create(ctx, "/a/t-", nil, zkasync.Sequential(), zkasync.TTL(time.Hour))).Path, "/a/t-0000000002"},
			{must(t, c.Create(ctx, "/p/q/r", nil, zkasync.MakeParents())).Path, "/p/q/r"},
			{must(t, c.EnsurePath(ctx, "/e/f")), "/e/f"},
			{must(t, c.Sync(ctx, "/a")), "/a"},
			{must(t, c.Sync(ctx, "/")), "/"},
			{string(must(t, whole.Get(ctx, chroot+"/a")).Data), "data"},
			{string(must(t, c.Get(ctx, "/a")).Data), "data"},
		} {
			if test.got != test.want {
				t.Errorf("%q, want %q", test.got, test.want)
			}
		}
		made := must(t, c.Create(ctx, "/a/x", nil, zkasync.Protected())).Path
		if !strings.HasPrefix(made, "/a/_c_") || must(t, whole.Exists(ctx, chroot+made)) == nil {
			t.Errorf("protected znode %q", made)
		}
		names := must(t, c.Children(ctx, "/")).Names
		slices.Sort(names)
		if !slices.Equal(names, []string{"a", "e", "p"}) {
			t.Errorf("children %q", names)
		}
		if n := must(t, c.DeleteAll(ctx, "/p")); n != 3 {
			t.Errorf("deleted %d, want 3", n)
		}
		must(t, c.Delete(ctx, "/e/f", 0))
		if must(t, whole.Exists(ctx, chroot+"/e/f")) != nil || must(t, whole.Exists(ctx, chroot+"/e")) == nil {
			t.Error("something else was deleted")
		}
	})
}

// The root of a client with a chroot is the chroot: a sequential znode of "/" is made below it, not beside it.
func TestChroot_SequentialAtTheRoot(t *testing.T) {
	forEachChroot(t, func(t *testing.T, c, whole *zkasync.Client, chroot string) {
		ctx := t.Context()
		must(t, c.EnsurePath(ctx, "/"))
		if got := must(t, c.Create(ctx, "/", nil, zkasync.Sequential())).Path; got != "/0000000000" {
			t.Errorf("created %q", got)
		}
		results := must(t, c.Multi(ctx, zkasync.CreateOp("/", nil, zkasync.Sequential())))
		if results[0].Path != "/0000000001" {
			t.Errorf("a transaction created %q", results[0].Path)
		}
		parent := chroot[:strings.LastIndexByte(chroot, '/')]
		if names := must(t, whole.Children(ctx, parent)).Names; len(names) != 1 {
			t.Errorf("children of the chroot's parent: %q", names)
		}
	})
}

func TestChroot_DataACLAndStatOfTheRoot(t *testing.T) {
	forEachChroot(t, func(t *testing.T, c, whole *zkasync.Client, chroot string) {
		ctx := t.Context()
		must(t, c.EnsurePath(ctx, "/"))
		must(t, c.Set(ctx, "/", []byte("root"), 0))
		must(t, c.SetACL(ctx, "/", zk.WorldACL(zk.PermAll&^zk.PermAdmin), 0))
		if n := must(t, whole.Get(ctx, chroot)); string(n.Data) != "root" || n.Stat != must(t, c.Get(ctx, "/")).Stat {
			t.Errorf("the chroot has %+v", n)
		}
		if acl := must(t, c.GetACL(ctx, "/")).Entries; acl[0].Perms != zk.PermAll&^zk.PermAdmin {
			t.Errorf("acl %v", acl)
		}
		fails(t, c.Delete(ctx, "/", 1), zk.ErrInvalidPath)
		if must(t, whole.Exists(ctx, chroot)) == nil {
			t.Error("the chroot was deleted")
		}
	})
}

func TestChroot_Events(t *testing.T) {
	forEachChroot(t, func(t *testing.T, c, whole *zkasync.Client, chroot string) {
		ctx := t.Context()
		must(t, c.EnsurePath(ctx, "/a"))
		data := must(t, c.GetW(ctx, "/a")).Event
		child := must(t, c.ChildrenW(ctx, "/")).Event
		beside := must(t, c.ExistsW(ctx, "/a2")).Event
		must(t, whole.Create(ctx, chroot+"2", nil)) // no part of the chroot
		must(t, whole.Set(ctx, chroot+"/a", nil, 0))
		must(t, whole.Create(ctx, chroot+"/a2", nil))
		for _, event := range []struct {
			got  zkasync.Event
			path string
		}{{must(t, data), "/a"}, {must(t, child), "/"}, {must(t, beside), "/a2"}} {
			if event.got.Path != event.path {
				t.Errorf("event of %q, want %q", event.got.Path, event.path)
			}
		}
	})
}

func TestChroot_Transactions(t *testing.T) {
	forEachChroot(t, func(t *testing.T, c, whole *zkasync.Client, chroot string) {
		ctx := t.Context()
		must(t, c.EnsurePath(ctx, "/"))
		results := must(t, c.Multi(ctx, zkasync.CreateOp("/a", nil), zkasync.CreateOp("/a/s", nil, zkasync.Sequential()),
			zkasync.SetOp("/a", []byte("x"), 0), zkasync.CheckOp("/a", 1), zkasync.CreateOp("/c", nil, zkasync.Container()),
			zkasync.DeleteOp("/c", 0)))
		if results[0].Path != "/a" || results[1].Path != "/a/s0000000000" || results[2].Stat.Version != 1 || results[4].Path != "/c" {
			t.Errorf("results %+v", results)
		}
		if string(must(t, whole.Get(ctx, chroot+"/a")).Data) != "x" {
			t.Error("not applied below the chroot")
		}
		err := fails(t, c.Multi(ctx, zkasync.CreateOp("/b", nil), zkasync.DeleteOp("/a", -1)), zk.ErrNotEmpty)
		if got, want := err.Error(), "zkasync: multi: operation 1, delete /a: node has children (so not applied: create /b)"; got != want {
			t.Errorf("error %q, want %q", got, want)
		}
	})
}

// go-zookeeper's connection of the session ignores the chroot, also in events.
func TestChroot_ConnSeesTheWholeTree(t *testing.T) {
	forEachChroot(t, func(t *testing.T, c, _ *zkasync.Client, chroot string) {
		must(t, c.EnsurePath(t.Context(), "/"))
		ok, _, events, err := c.Conn().ExistsW(chroot + "/a")
		if ok || err != nil {
			t.Fatal(ok, err)
		}
		must(t, c.Create(t.Context(), "/a", nil))
		if e := <-events; e.Path != chroot+"/a" || e.Type != zk.EventNodeCreated {
			t.Errorf("event %+v", e)
		}
	})
}
