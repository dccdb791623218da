package zkasync_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// Many gets at once, of znodes that exist, are missing, large, empty or forbidden, with writes in between. Each gets the same
// answer as alone, with and without coalescing, and in the order of submission.
func TestCoalescedReads_AnswersAreTheirOwn(t *testing.T) {
	t.Parallel()
	root := zkserver.Root(t)
	addr := zkserver.Shared(t).Addr() + root
	ctx := t.Context()
	for _, on := range []bool{true, false} {
		c := connect(t, addr, zkasync.WithCoalescedReads(on))
		must(t, c.EnsurePath(ctx, "/"))
		dir := fmt.Sprintf("/%v", on)
		must(t, c.Create(ctx, dir, nil))
		const n = 1000
		var order []int
		var wants []string
		var gets []*future.Future[zkasync.Node]
		get := func(path, want string) {
			i := len(gets)
			f := c.Get(ctx, path)
			f.OnDone(func(zkasync.Node, error) { order = append(order, i) })
			gets, wants = append(gets, f), append(wants, want)
		}
		for i := range n {
			path := fmt.Sprintf("%s/%d", dir, i)
			get(path, "no node")
			data := []byte(fmt.Sprint(i))
			if i%100 == 0 {
				data = make([]byte, 100<<10)
			}
			if i%7 == 0 {
				data = nil
			}
			if i%11 == 0 {
				c.Create(ctx, path, data, zkasync.WithACL(zk.WorldACL(zk.PermAll&^zk.PermRead)))
				get(path, "no auth")
			} else {
				c.Create(ctx, path, data)
				get(path, string(data))
			}
			for range i % 5 {
				get(path+"/none", "no node")
				get("/", "")
			}
		}
		for i, f := range gets {
			v, err := f.Get(testContext(t))
			got := string(v.Data)
			switch {
			case errors.Is(err, zk.ErrNoNode):
				got = "no node"
			case errors.Is(err, zk.ErrNoAuth):
				got = "no auth"
			case err != nil:
				got = err.Error()
			}
			if got != wants[i] {
				t.Fatalf("coalesced=%v: get %d: %.40q, want %.40q", on, i, got, wants[i])
			}
			if err == nil && int(v.Stat.DataLength) != len(v.Data) {
				t.Errorf("stat of %d bytes for %d", v.Stat.DataLength, len(v.Data))
			}
		}
		called := make(chan struct{})
		c.Sync(ctx, "/").OnDone(func(string, error) { close(called) })
		<-called // this callback runs after all others
		if len(order) != len(gets) {
			t.Fatalf("%d callbacks of %d", len(order), len(gets))
		}
		for i, n := range order {
			if i != n {
				t.Fatalf("coalesced=%v: callback %d came as number %d", on, n, i)
			}
		}
	}
}
