package recipe_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

// kazoo's SetPartitioner and ours divide a set by kazoo's rule, and hand items over.
func TestInterop_Partition(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	p := startKazoo(t, servers)
	items, b := works(7), newBooks()
	ours := func(id string) *taker {
		return take(t, b, connect(t, servers), id, items, recipe.WithNaming(recipe.Kazoo))
	}
	turns := func(first, of int) string {
		var all []string
		for i := first; i < len(items); i += of {
			all = append(all, items[i])
		}
		slices.Sort(all)
		return strings.Join(all, ",")
	}
	theirs := func(want string) {
		t.Helper()
		var got string
		poll(t, "kazoo's part, "+want, func() bool {
			got = p.ask("partition /jobs b %s", strings.Join(items, ","))
			return got == want
		})
	}
	has := func(k *taker, want string) {
		t.Helper()
		poll(t, "our part, "+want, func() bool { return strings.Join(k.items(), ",") == want })
	}
	theirs(turns(0, 1))
	a := ours("a")
	theirs(turns(1, 2))
	has(a, turns(0, 2))
	z := ours("c")
	theirs(turns(1, 3))
	has(a, turns(0, 3))
	has(z, turns(2, 3))
	must(t, a.p.Close())
	theirs(turns(0, 2))
	has(z, turns(1, 2))
	p.do("done", "leave /jobs")
	has(z, turns(0, 1))
	theirs(turns(0, 2))
	has(z, turns(1, 2))
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	has(z, turns(0, 1))
	if all := names(t, c, "/jobs/party"); len(all) != 1 || !strings.HasSuffix(all[0], "-c") {
		t.Errorf("the party is %v", all)
	}
}
