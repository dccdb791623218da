package zkasync_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

type zkEvent = zkasync.Event

// createMany creates n children of path with numbered names.
func createMany(t testing.TB, c *zkasync.Client, path string, n int) {
	t.Helper()
	const portion = 10_000
	for from := 0; from < n; from += portion {
		var fs []*future.Future[zkasync.Created]
		for i := from; i < min(n, from+portion); i++ {
			fs = append(fs, c.Create(t.Context(), fmt.Sprintf("%s/a-child-with-a-longer-name-%06d", path, i), nil))
		}
		must(t, future.All(fs...))
	}
}

// Replies may be much larger than requests. A large tree can be deleted; its memory is bounded by the window, see
// TestWindow_BoundsWhatIsPending.
func TestRequestSize_ManyChildrenAndDeleteAll(t *testing.T) {
	t.Parallel()
	const parents, children = 2, 50_000
	c := rooted(t)
	for p := range parents {
		path := fmt.Sprintf("/p%d", p)
		must(t, c.EnsurePath(t.Context(), path))
		createMany(t, c, path, children)
		if ch := must(t, c.Children(t.Context(), path)); len(ch.Names) != children {
			t.Fatalf("%d children, want %d", len(ch.Names), children)
		}
	}
	if n := must(t, c.DeleteAll(t.Context(), "/p0")); n != children+1 {
		t.Errorf("deleted %d, want %d", n, children+1)
	}
	if n := must(t, c.DeleteAll(t.Context(), "/p1")); n != children+1 {
		t.Errorf("deleted %d, want %d", n, children+1)
	}
}

// An empty transaction succeeds. The client refuses one that is above the limit.
func TestRequestSize_TransactionSizes(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	if rs := must(t, c.Multi(t.Context())); len(rs) != 0 {
		t.Errorf("results %v of no operations", rs)
	}
	var ops []zkasync.MultiOp
	for i := range 5 {
		ops = append(ops, zkasync.CreateOp(fmt.Sprintf("/%d", i), make([]byte, 500_000)))
	}
	neighbour := c.Exists(t.Context(), "/")
	err := fails(t, c.Multi(t.Context(), ops...), zkasync.ErrNotSent)
	for _, want := range []string{"transaction of 5 operations and 2500", fmt.Sprintf("the limit of %d ", zkasync.DefaultMaxRequestSize),
		"the largest is operation 0, create /0, with 500"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q, want %q in it", err, want)
		}
	}
	must(t, neighbour)
	if st := must(t, c.Exists(t.Context(), "/0")); st != nil {
		t.Error("part of the transaction was applied")
	}
	var multi *zkasync.MultiError
	err = fails(t, c.Multi(t.Context(), ops[0], zkasync.CheckOp("/missing", 3)), zk.ErrNoNode)
	if !errors.As(err, &multi) || multi.Index != 1 {
		t.Errorf("error %v, want a MultiError of operation 1", err)
	}
}
