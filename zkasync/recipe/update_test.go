package recipe_test

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// Many clients change one znode, and no change is lost.
func TestUpdate_LosesNothing(t *testing.T) {
	t.Parallel()
	servers, _ := place(t)
	const clients, each = 4, 25
	var sums []*future.Future[int64]
	for range clients {
		n := recipe.NewCounter(connect(t, servers), "/deep/count", recipe.Int64)
		for range each {
			sums = append(sums, n.Add(t.Context(), 1))
		}
	}
	seen := make(map[int64]bool)
	for _, s := range sums {
		sum := must(t, s)
		if seen[sum] {
			t.Errorf("%d came twice", sum)
		}
		seen[sum] = true
	}
	if got := must(t, recipe.NewCounter(connect(t, servers), "/deep/count", recipe.Int64).Get(t.Context())); got != clients*each {
		t.Errorf("%d, want %d", got, clients*each)
	}
}

func TestUpdate_EndsWithTheErrorOfItsFunction(t *testing.T) {
	t.Parallel()
	_, c := place(t)
	no := errors.New("no")
	for _, path := range []string{"/absent", "/there"} {
		if path == "/there" {
			must(t, c.Create(t.Context(), path, []byte("x")))
		}
		fails(t, recipe.Update(t.Context(), c, path, func(old []byte) ([]byte, error) {
			if want := map[string]string{"/absent": "", "/there": "x"}[path]; string(old) != want {
				t.Errorf("%s: old %q", path, old)
			}
			return nil, no
		}), no)
	}
	node := must(t, recipe.Update(t.Context(), c, "/there", func(old []byte) ([]byte, error) { return append(old, 'y'), nil }))
	if string(node.Data) != "xy" || node.Stat.Version != 1 {
		t.Errorf("%q, version %d", node.Data, node.Stat.Version)
	}
	fails(t, recipe.Update(t.Context(), c, "no/slash", func([]byte) ([]byte, error) { return nil, nil }))
}

// Update gives up if others are faster a hundred times. If the answer to its write is lost, the outcome is unknown.
func TestUpdate_GivesUp(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t)
	addr, err := srv.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := connect(t, addr)
	must(t, c.Create(t.Context(), "/a", nil))
	add := func(old []byte) ([]byte, error) { return append(old, 'x'), nil }
	busy := srv.Fault(zktest.Fault{Op: zktest.OpSetData, Do: zktest.Fail(zk.ErrBadVersion)})
	fails(t, recipe.Update(t.Context(), c, "/a", add), recipe.ErrContended)
	busy.Remove()
	srv.Fault(zktest.Fault{Op: zktest.OpSetData, Count: 1, When: zktest.After, Do: zktest.Drop()})
	fails(t, recipe.Update(t.Context(), c, "/a", add), zkasync.ErrOutcomeUnknown)
	if n := must(t, c.Get(t.Context(), "/a")); string(n.Data) != "x" {
		t.Errorf("data %q, want one write", n.Data)
	}
}

func TestCounter_RefusesWhatItCannotHold(t *testing.T) {
	t.Parallel()
	_, c := place(t)
	for i, tc := range []struct {
		encoding recipe.Encoding
		most     int64
	}{{recipe.Text, math.MaxInt64}, {recipe.Int32, math.MaxInt32}, {recipe.Int64, math.MaxInt64}} {
		n := recipe.NewCounter(c, fmt.Sprintf("/%d", i), tc.encoding)
		if got := must(t, n.Get(t.Context())); got != 0 {
			t.Errorf("%d before the znode exists", got)
		}
		must(t, n.Add(t.Context(), tc.most))
		fails(t, n.Add(t.Context(), 1))
		must(t, n.Add(t.Context(), -tc.most))
		must(t, n.Add(t.Context(), -tc.most-1))
		fails(t, n.Add(t.Context(), -1))
		if got := must(t, n.Get(t.Context())); got != -tc.most-1 {
			t.Errorf("%d, want %d", got, -tc.most-1)
		}
	}
	must(t, c.Create(t.Context(), "/words", []byte("words")))
	for _, e := range []recipe.Encoding{recipe.Text, recipe.Int32, recipe.Int64} {
		fails(t, recipe.NewCounter(c, "/words", e).Get(t.Context()))
		fails(t, recipe.NewCounter(c, "/words", e).Add(t.Context(), 1))
	}
}

// An unknown encoding and a nil function are refused before anything is sent.
func TestCounter_RefusesBadInput(t *testing.T) {
	t.Parallel()
	_, srv, c := local(t)
	before := srv.Tree()
	odd := recipe.NewCounter(c, "/counter", recipe.Encoding(9))
	fails(t, odd.Get(t.Context()))
	if err := fails(t, odd.Add(t.Context(), 1)); err.Error() != "recipe: add /counter: unknown encoding 9" {
		t.Error(err)
	}
	var e *recipe.Error
	if err := fails(t, recipe.Update(t.Context(), c, "/counter", nil)); !errors.As(err, &e) {
		t.Error(err)
	}
	if after := srv.Tree(); after != before {
		t.Errorf("the tree is\n%s", after)
	}
}
