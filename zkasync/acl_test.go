package zkasync_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync"
)

func TestACL_SetAndGet(t *testing.T) {
	t.Parallel()
	c := rooted(t, zkasync.WithAuth("digest", []byte(userPassword)))
	ctx := t.Context()
	must(t, c.Create(ctx, "/a", nil))
	first := must(t, c.GetACL(ctx, "/a"))
	if !slices.Equal(first.Entries, zk.WorldACL(zk.PermAll)) || first.Stat.Aversion != 0 {
		t.Errorf("acl of a new znode: %+v", first)
	}
	own := append(zk.DigestACL(zk.PermAll, user, password), zk.ACL{Perms: zk.PermRead, Scheme: "ip", ID: "127.0.0.0/8"})
	want := slices.Clone(own)
	set := c.SetACL(ctx, "/a", own, 0)
	own[0].Perms = 0 // the client has copied it
	st := must(t, set)
	got := must(t, c.GetACL(ctx, "/a"))
	if !slices.Equal(got.Entries, want) || got.Stat.Aversion != 1 || got.Stat != st {
		t.Errorf("acl %+v with the stat of setting it, %+v, want %v", got, st, want)
	}
	fails(t, c.SetACL(ctx, "/a", want, 0), zk.ErrBadVersion)
	must(t, c.SetACL(ctx, "/a", want, 1))
	must(t, c.SetACL(ctx, "/a", want, zkasync.AnyVersion))
}

// Each permission allows one operation.
func TestACL_Permissions(t *testing.T) {
	t.Parallel()
	c, twin, _ := proxied(t, zkasync.WithAuth("digest", []byte(userPassword)))
	ctx := t.Context()
	all := zk.DigestACL(zk.PermAll, user, password)[0]
	for _, test := range []struct {
		perm  int32
		opens string
	}{
		{zk.PermRead, "get"}, {zk.PermWrite, "set"}, {zk.PermCreate, "create"}, {zk.PermDelete, "delete"}, {zk.PermAdmin, "set acl"},
	} {
		path := "/" + test.opens
		must(t, c.Create(ctx, path, nil, zkasync.WithACL([]zk.ACL{all, zk.WorldACL(test.perm)[0]})))
		must(t, c.Create(ctx, path+"/child", nil))
		for name, err := range map[string]error{
			"get":     outcome(t, twin.Get(ctx, path)),
			"set":     outcome(t, twin.Set(ctx, path, nil, -1)),
			"create":  outcome(t, twin.Create(ctx, path+"/new", nil)),
			"delete":  outcome(t, twin.Delete(ctx, path+"/child", -1)),
			"set acl": outcome(t, twin.SetACL(ctx, path, []zk.ACL{all}, -1)),
		} {
			var want error
			if name != test.opens {
				want = zk.ErrNoAuth
			}
			if want == nil && err != nil || want != nil && !errors.Is(err, want) {
				t.Errorf("%s with the permission to %s: %v, want %v", name, test.opens, err, want)
			}
		}
	}
}

func TestACL_Defaults(t *testing.T) {
	t.Parallel()
	mine := zk.DigestACL(zk.PermAll, user, password)
	c := rooted(t, zkasync.WithDefaultACL(mine), zkasync.WithAuth("digest", []byte(userPassword)))
	ctx := t.Context()
	readers := zk.WorldACL(zk.PermRead | zk.PermCreate)
	must(t, c.Create(ctx, "/plain", nil))
	must(t, c.Create(ctx, "/own", nil, zkasync.WithACL(readers)))
	must(t, c.EnsurePath(ctx, "/e/f"))
	must(t, c.EnsurePath(ctx, "/g/h", zkasync.WithACL(readers)))
	must(t, c.Create(ctx, "/i/j", nil, zkasync.MakeParents()))
	must(t, c.Create(ctx, "/k/l", nil, zkasync.MakeParents(), zkasync.WithACL(readers)))
	must(t, c.Multi(ctx, zkasync.CreateOp("/m", nil), zkasync.CreateOp("/n", nil, zkasync.WithACL(readers))))
	for path, want := range map[string][]zk.ACL{
		"/": mine, "/plain": mine, "/own": readers, "/e": mine, "/e/f": mine, "/g": readers, "/g/h": readers,
		"/i": mine, "/i/j": mine, "/k": readers, "/k/l": readers, "/m": mine, "/n": readers,
	} {
		if got := must(t, c.GetACL(ctx, path)).Entries; !slices.Equal(got, want) {
			t.Errorf("acl of %s: %v, want %v", path, got, want)
		}
	}
}
