package cache_test

import (
	"fmt"
	"testing"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/cache"
)

func TestChildrenData_IsLive(t *testing.T) {
	t.Parallel()
	c, other := place(t)
	d := cache.WatchChildrenData(c, "/g", cache.WithDepth(5))
	defer d.Close()
	show := func(r zkasync.Reading[cache.Level]) string {
		text := fmt.Sprint(r.Exists, r.Err)
		for name, e := range r.Value.All() {
			text += fmt.Sprintf(" %s=%s", name, e.Data)
		}
		return text
	}
	comes := func(want string) zkasync.Reading[cache.Level] {
		t.Helper()
		last := ""
		for r, err := range d.All(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if last = show(r); last == want {
				return r
			}
		}
		t.Fatalf("the last is %s, want %s", last, want)
		return zkasync.Reading[cache.Level]{}
	}
	comes("false <nil>")
	told := make(chan string, 100)
	remove := d.OnChange(func(r zkasync.Reading[cache.Level]) { told <- show(r) })
	if got := <-told; got != "false <nil>" {
		t.Errorf("a callback begins with %s", got)
	}
	create(t, other, "/g/b", "1")
	old := comes("true <nil> b=1")
	create(t, other, "/g/a/deep", "2")
	must(t, other.Set(t.Context(), "/g/b", []byte("3"), zkasync.AnyVersion))
	comes("true <nil> a= b=3")
	for got := <-told; got != "true <nil> a= b=3"; got = <-told {
	}
	remove()
	if show(old) != "true <nil> b=1" {
		t.Errorf("a state that was delivered has changed: %s", show(old))
	}
	must(t, other.Delete(t.Context(), "/g/b", zkasync.AnyVersion))
	now := comes("true <nil> a=")
	if _, ok := now.Value.Get("b"); ok {
		t.Error("b is there")
	}
	must(t, other.DeleteAll(t.Context(), "/g"))
	comes("false <nil>")
	if len(told) != 0 {
		t.Errorf("after it was removed, the callback was called with %s", <-told)
	}
}
