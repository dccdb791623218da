package zkasync_test

import (
	"fmt"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// WhoAmI, Ephemerals and DescendantCount work on a real server and on one in memory, with a chroot.
func TestInquiries(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t)
	for name, c := range map[string]*zkasync.Client{
		"server": rooted(t),
		"zktest": connect(t, srv.Addr()+"/app", srv.Options()...),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			must(t, c.EnsurePath(t.Context(), "/"))
			must(t, c.AddAuth(t.Context(), "digest", []byte("ann:secret")))
			ids := must(t, c.WhoAmI(t.Context()))
			if got := fmt.Sprint(ids); got != "[{ip 127.0.0.1} {digest ann}]" && got != "[{digest ann} {ip 127.0.0.1}]" {
				t.Errorf("identities %v", ids)
			}

			must(t, c.Create(t.Context(), "/a", nil))
			must(t, c.Create(t.Context(), "/a/b", nil))
			for _, path := range []string{"/ab", "/a/x", "/a/b/y"} {
				must(t, c.Create(t.Context(), path, nil, zkasync.Ephemeral()))
			}
			for path, want := range map[string]string{"/": "[/a/b/y /a/x /ab]", "/a": "[/a/b/y /a/x]", "/ab": "[/ab]", "/none": "[]"} {
				if got := fmt.Sprint(must(t, c.Ephemerals(t.Context(), path))); got != want {
					t.Errorf("ephemerals of %s: %s, want %s", path, got, want)
				}
			}

			for path, want := range map[string]int{"/": 5, "/a": 3, "/ab": 0} {
				if got := must(t, c.DescendantCount(t.Context(), path)); got != want {
					t.Errorf("%d below %s, want %d", got, path, want)
				}
			}
			fails(t, c.DescendantCount(t.Context(), "/none"), zk.ErrNoNode)
			fails(t, c.DescendantCount(t.Context(), "none"), zk.ErrInvalidPath)
			fails(t, c.Ephemerals(t.Context(), ""), zk.ErrInvalidPath)
		})
	}
}

// A server that does not know a request ends the connection, but no other operation fails.
func TestInquiries_OldServer(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t, zktest.WithVersion("3.6.0"))
	c := connect(t, srv.Addr(), srv.Options()...)
	var around []*future.Future[zkasync.Node]
	for range 100 {
		around = append(around, c.Get(t.Context(), "/"))
	}
	who := c.WhoAmI(t.Context())
	for range 100 {
		around = append(around, c.Get(t.Context(), "/"))
	}
	fails(t, who, zkasync.ErrUnimplemented)
	for i, r := range must(t, future.Settle(around...)) {
		if r.Err != nil {
			t.Fatalf("read %d beside it: %v", i, r.Err)
		}
	}
	if n := must(t, c.DescendantCount(t.Context(), "/zookeeper")); n == 0 {
		t.Error("no znode below /zookeeper")
	}
	fails(t, c.WhoAmI(t.Context()), zkasync.ErrUnimplemented)
}
