package zkasync_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/zkasync"
)

func TestCreate_DataAndStat(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	ctx := t.Context()
	for i, data := range [][]byte{nil, {}, []byte("text"), {0, 0xff, '\n'}, make([]byte, 1<<19)} {
		path := fmt.Sprintf("/%d", i)
		given := append([]byte(nil), data...)
		if data == nil {
			given = nil
		} else if len(data) == 0 {
			given = []byte{}
		}
		creating := c.Create(ctx, path, given)
		clear(given) // the client has copied it
		made := must(t, creating)
		n := must(t, c.Get(ctx, path))
		if string(n.Data) != string(data) || (n.Data == nil) != (data == nil) {
			t.Errorf("created %d bytes (nil: %v), read %d (nil: %v)", len(data), data == nil, len(n.Data), n.Data == nil)
		}
		if made.Stat != n.Stat || made.Path != path || n.Stat.Czxid == 0 || int(n.Stat.DataLength) != len(data) {
			t.Errorf("created %+v, read %+v", made, n.Stat)
		}
	}
}

func TestCreate_EphemeralEndsWithTheSession(t *testing.T) {
	t.Parallel()
	c, twin, _ := proxied(t)
	ctx := t.Context()
	made := must(t, c.Create(ctx, "/e", nil, zkasync.Ephemeral()))
	if made.Stat.EphemeralOwner != c.Session().ID {
		t.Errorf("owner %#x, want %#x", made.Stat.EphemeralOwner, c.Session().ID)
	}
	fails(t, c.Create(ctx, "/e/x", nil), zk.ErrNoChildrenForEphemerals)
	gone := must(t, twin.ExistsW(ctx, "/e")).Event
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if e := must(t, gone); e.Type != zk.EventNodeDeleted {
		t.Errorf("event %+v", e)
	}
}

func TestCreate_SequentialNumbersAreTheParents(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	ctx := t.Context()
	must(t, c.Create(ctx, "/q", nil))
	var made []*future.Future[zkasync.Created]
	for i := range 20 {
		var opts []zkasync.CreateOption
		if i%2 == 0 {
			opts = append(opts, zkasync.Ephemeral())
		}
		made = append(made, c.Create(ctx, fmt.Sprintf("/q/%c-", 'a'+i), nil, append(opts, zkasync.Sequential())...))
	}
	for i, f := range made {
		if got, want := must(t, f).Path, fmt.Sprintf("/q/%c-%010d", 'a'+i, i); got != want {
			t.Errorf("created %q, want %q", got, want)
		}
		if owner := must(t, f).Stat.EphemeralOwner; (owner == c.Session().ID) != (i%2 == 0) {
			t.Errorf("znode %d: owner %#x", i, owner)
		}
	}
}

// The server deletes a container some time after its last child is gone.
func TestCreate_Container(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	ctx := t.Context()
	must(t, c.Create(ctx, "/c", nil, zkasync.Container()))
	must(t, c.EnsurePath(ctx, "/d/e", zkasync.Container()))
	must(t, c.Create(ctx, "/plain", nil))
	for _, path := range []string{"/c", "/d/e", "/plain"} {
		must(t, c.Create(ctx, path+"/x", nil))
		must(t, c.Delete(ctx, path+"/x", 0))
	}
	for _, path := range []string{"/c", "/d/e", "/d"} {
		poll(t, "deletion of "+path, func() bool { return must(t, c.Exists(ctx, path)) == nil })
	}
	if must(t, c.Exists(ctx, "/plain")) == nil {
		t.Error("a znode that is not a container was deleted")
	}
}

func TestCreate_TTL(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	ctx := t.Context()
	must(t, c.Create(ctx, "/short", nil, zkasync.TTL(time.Millisecond)))
	must(t, c.Create(ctx, "/long", nil, zkasync.TTL(time.Hour)))
	if p := must(t, c.Create(ctx, "/s-", nil, zkasync.TTL(time.Millisecond), zkasync.Sequential())).Path; p != "/s-0000000002" {
		t.Errorf("created %q", p)
	}
	for _, path := range []string{"/short", "/s-0000000002"} {
		poll(t, "deletion of "+path, func() bool { return must(t, c.Exists(ctx, path)) == nil })
	}
	if must(t, c.Exists(ctx, "/long")) == nil {
		t.Error("deleted before its time")
	}
}

func TestCreate_TTLWhereTheServerHasNone(t *testing.T) {
	t.Parallel()
	s := check.Run(t, check.NoTTL())
	c := connect(t, s.Addr())
	fails(t, c.Create(t.Context(), "/a", nil, zkasync.TTL(time.Hour)))
	must(t, c.Create(t.Context(), "/a", nil))
}

func TestCreate_MakeParents(t *testing.T) {
	t.Parallel()
	c, _, p := proxied(t)
	ctx := t.Context()
	for _, test := range []struct {
		path, want string
		opts       []zkasync.CreateOption
	}{
		{"/a/b/c", "/a/b/c", nil},
		{"/a/b/d", "/a/b/d", nil},
		{"/a/e/f", "/a/e/f", []zkasync.CreateOption{zkasync.Ephemeral()}},
		{"/g/h/s-", "/g/h/s-0000000000", []zkasync.CreateOption{zkasync.Sequential()}},
		{"/i/j/", "/i/j/0000000000", []zkasync.CreateOption{zkasync.Sequential(), zkasync.Ephemeral()}},
		{"/top", "/top", nil},
	} {
		made := must(t, c.Create(ctx, test.path, []byte(test.path), append(test.opts, zkasync.MakeParents())...))
		if made.Path != test.want || string(must(t, c.Get(ctx, made.Path)).Data) != test.path {
			t.Errorf("created %q, want %q", made.Path, test.want)
		}
	}
	for _, parent := range []string{"/a", "/a/e", "/g/h"} {
		if n := must(t, c.Get(ctx, parent)); n.Data != nil || n.Stat.EphemeralOwner != 0 {
			t.Errorf("parent %s: %+v", parent, n)
		}
	}
	frames := tap(p)
	fails(t, c.Create(ctx, "/a/b/c", nil, zkasync.MakeParents()), zk.ErrNodeExists)
	if n := len(frames.requests()); n != 1 {
		t.Errorf("%d requests where the parents exist, want 1", n)
	}
}
