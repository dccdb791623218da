package cache_test

import (
	"testing"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/cache"
)

func create(t testing.TB, c *zkasync.Client, path, data string) {
	t.Helper()
	must(t, c.Create(t.Context(), path, []byte(data), zkasync.MakeParents()))
}

func want(t testing.TB, k *cache.Cache, tree string) {
	t.Helper()
	must(t, k.Sync(t.Context()))
	if got := shown(k); got != tree {
		t.Errorf("the cache has\n%s\nwant\n%s", got, tree)
	}
}

func TestCache_LoadsAndFollows(t *testing.T) {
	t.Parallel()
	c, other := place(t)
	create(t, other, "/a/b", "1")
	create(t, other, "/a-b", "2")
	create(t, other, "/a/c/d", "3")
	k := open(t, c, "/")
	want(t, k, "/=\n/a=\n/a/b=1\n/a/c=\n/a/c/d=3\n/a-b=2")
	must(t, other.Set(t.Context(), "/a/b", []byte("4"), zkasync.AnyVersion))
	must(t, other.DeleteAll(t.Context(), "/a/c"))
	create(t, other, "/e/f/g", "5")
	want(t, k, "/=\n/a=\n/a/b=4\n/a-b=2\n/e=\n/e/f=\n/e/f/g=5")
	must(t, other.Delete(t.Context(), "/a/b", zkasync.AnyVersion))
	create(t, other, "/a/b", "6")
	want(t, k, "/=\n/a=\n/a/b=6\n/a-b=2\n/e=\n/e/f=\n/e/f/g=5")
	if !k.Current() {
		t.Error("it is not current")
	}
}
