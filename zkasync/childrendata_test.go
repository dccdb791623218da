package zkasync_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// All children come with their data and stats, sorted by name. Those that may not be read come with the reason.
func TestChildrenData(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t)
	for name, c := range map[string]*zkasync.Client{
		"server": rooted(t, zkasync.WithMaxReplySize(400_000)),
		"zktest": connect(t, srv.Addr(), append(srv.Options(), zkasync.WithMaxReplySize(400_000))...),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			must(t, c.EnsurePath(t.Context(), "/"))
			must(t, c.Create(t.Context(), "/a", nil))
			if all := must(t, c.ChildrenData(t.Context(), "/a")); len(all) != 0 {
				t.Errorf("children %+v", all)
			}
			const many = 5000
			b := c.Bulk(t.Context())
			var made []*future.Future[zkasync.Created]
			for i := range many {
				made = append(made, b.Create(fmt.Sprintf("/a/%05d", i), []byte(fmt.Sprint(i))))
			}
			must(t, future.All(made...))
			must(t, c.AddAuth(t.Context(), "digest", []byte("a:b")))
			must(t, c.Create(t.Context(), "/a/hidden", []byte("x"), zkasync.WithACL(zk.DigestACL(zk.PermAll, "c", "d"))))
			must(t, c.Create(t.Context(), "/a/large", []byte(strings.Repeat("x", 500_000))))
			all := must(t, c.ChildrenData(t.Context(), "/a"))
			if len(all) != many+2 {
				t.Fatalf("%d children", len(all))
			}
			for i, child := range all[:many] {
				if child.Name != fmt.Sprintf("%05d", i) || string(child.Data) != fmt.Sprint(i) || child.Stat.Version != 0 || child.Err != nil {
					t.Fatalf("child %d is %+v", i, child)
				}
			}
			fails(t, future.Failed[int](all[many].Err), zk.ErrNoAuth)
			if err := all[many+1].Err; err == nil || !strings.Contains(err.Error(), "WithMaxReplySize") {
				t.Errorf("the large one: %v", err)
			}
			fails(t, c.ChildrenData(t.Context(), "/none"), zk.ErrNoNode)
			fails(t, c.ChildrenData(t.Context(), "none"), zk.ErrInvalidPath, zkasync.ErrNotSent)
		})
	}
}

// A child that is deleted after the list was read is left out. A lost connection is an error that names the step.
func TestChildrenData_Meanwhile(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t)
	_ = srv.Load(map[string]string{"/a/one": "1", "/a/two": "2"})
	c := connect(t, srv.Addr(), append(srv.Options(), zkasync.WithCoalescedReads(false))...)
	srv.Intercept(func(r zktest.Request) zktest.Action {
		if r.Op == zktest.OpGetData && r.Path == "/a/one" {
			_ = srv.Delete("/a/one")
		}
		return zktest.Action{}
	})
	if all := must(t, c.ChildrenData(t.Context(), "/a")); len(all) != 1 || all[0].Name != "two" || string(all[0].Data) != "2" {
		t.Errorf("children %+v", all)
	}
	srv.Intercept(nil)
	srv.Fault(zktest.Fault{Op: zktest.OpGetData, Count: 1, Do: zktest.Drop()})
	err := fails(t, c.ChildrenData(t.Context(), "/a"), zkasync.ErrConnectionLoss, zkasync.ErrOutcomeUnknown)
	if !strings.HasPrefix(err.Error(), "zkasync: children data /a: ") {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	fails(t, c.ChildrenData(ctx, "/a"), context.Canceled, zkasync.ErrNotSent)
}
