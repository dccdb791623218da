package recipe_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

// Only items that must move do so, and only when their owner has unlocked them.
func TestPartition_JoinAndLeave(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	items, b := works(30), newBooks()
	one := take(t, b, c, "one", items)
	divided(t, items, one)
	one.mu.Lock()
	one.keeps = true
	one.mu.Unlock()
	two := take(t, b, connect(t, servers), "two", items)
	poll(t, "items that must be given back", func() bool { return len(one.items()) < len(items) })
	must(t, c.Sync(t.Context(), "/"))
	if got := two.items(); len(got) != 0 {
		t.Errorf("two has %v, which one has not unlocked", got)
	}
	one.letGo()
	divided(t, items, one, two)
	one.mu.Lock()
	lost := slices.Clone(one.lost)
	one.mu.Unlock()
	if slices.Sort(lost); !slices.Equal(lost, two.items()) {
		t.Errorf("one has lost %v, but two has %v", lost, two.items())
	}
	three := take(t, b, connect(t, servers), "three", items)
	divided(t, items, one, two, three)
	before := two.items()
	must(t, one.p.Close())
	divided(t, items, two, three)
	for _, item := range before {
		if !slices.Contains(two.items(), item) {
			t.Errorf("two has lost %s, which did not have to move", item)
		}
	}
	if err := one.p.Err(); !errors.Is(err, recipe.ErrReleased) {
		t.Error(err)
	}
	must(t, two.p.Close())
	must(t, three.p.Close())
	if left := names(t, c, "/jobs/members"); len(left) != 0 {
		t.Errorf("members that are left: %v", left)
	}
	for _, item := range items {
		if left := names(t, c, "/jobs/locks/"+item); len(left) != 0 {
			t.Errorf("locks that are left: %v", left)
		}
	}
}

// Items that a partitioner has locked, but nobody has polled, are given back without the user.
func TestPartition_NobodyReads(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	items, b := works(10), newBooks()
	silent := recipe.Partition(c, "/jobs", items, recipe.WithIdentifier("silent"))
	poll(t, "all locks", func() bool {
		return !slices.ContainsFunc(items, func(item string) bool { return len(names(t, c, "/jobs/locks/"+item)) == 0 })
	})
	two := take(t, b, connect(t, servers), "two", items)
	poll(t, "the other's part", func() bool { return len(two.items()) > 0 })
	must(t, silent.Close())
	if e, ok := silent.Poll(); ok {
		t.Errorf("an event after Close: %+v", e)
	}
	divided(t, items, two)
}

// Closing the client or the partitioner ends everything that is under way.
func TestPartition_Ends(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	for i := range 20 {
		client := connect(t, servers)
		p := recipe.Partition(client, fmt.Sprint("/", i), works(5))
		waits := p.Changed()
		var share *recipe.Share
		if i%2 == 0 {
			must(t, waits)
			e, _ := p.Poll()
			share = e.Share
		}
		if i%3 == 0 {
			p.Close()
		}
		if err := client.Close(); err != nil {
			t.Fatal(err)
		}
		within(t, "the end", func() { <-p.Done() })
		if err := p.Err(); !errors.Is(err, zkasync.ErrClosed) && !errors.Is(err, recipe.ErrReleased) {
			t.Error(err)
		}
		must(t, p.Changed())
		must(t, p.Close()) // although nobody has unlocked the share
		if share != nil {
			<-share.Done()
			must(t, share.Unlock())
		}
	}
	for want, items := range map[string][]string{`item "a" is there twice`: {"a", "b", "a"}, `item "" is empty`: {""}, `item "a/b"`: {"a/b"}} {
		p := recipe.Partition(c, "/jobs", items)
		if err := p.Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
		must(t, p.Close())
		for e, err := range p.All(t.Context()) {
			if err == nil || !errors.Is(err, p.Err()) {
				t.Errorf("after the end: %+v, %v", e, err)
			}
		}
	}
	bad := recipe.Partition(c, "/jobs", nil, recipe.WithIdentifier("a/b"))
	if err := bad.Err(); err == nil || !strings.Contains(err.Error(), `identifier "a/b"`) {
		t.Error(err)
	}
	refused := recipe.Partition(c, "no/slash", works(1))
	within(t, "the refusal", func() { <-refused.Done() })
	if err := refused.Err(); !errors.Is(err, zk.ErrInvalidPath) {
		t.Error(err)
	}
	must(t, refused.Close())
}

// A share can write until it is unlocked. An item that is unlocked although it did not have to move is gained again.
func TestShare_MultiAndUnlock(t *testing.T) {
	t.Parallel()
	_, c := place(t)
	must(t, c.Create(t.Context(), "/register", nil))
	p := recipe.Partition(c, "/jobs", []string{"a"})
	next := func(kind recipe.ShareChange) *recipe.Share {
		t.Helper()
		for e, err := range p.All(t.Context()) {
			if err != nil || e.Kind != kind || e.Item != "a" || e.Share.Item() != "a" {
				t.Fatalf("%v of %s: %v, %v", e.Kind, e.Item, e.Cause, err)
			}
			return e.Share
		}
		return nil
	}
	set := zkasync.SetOp("/register", []byte("mine"), zkasync.AnyVersion)
	first := next(recipe.Gained)
	must(t, first.Multi(t.Context(), set))
	must(t, first.Unlock())
	must(t, first.Unlock())
	if lost := next(recipe.Lost); lost != first || !errors.Is(context.Cause(first.Context()), recipe.ErrReleased) {
		t.Error("another share was lost, or for another reason")
	}
	fails(t, first.Multi(t.Context(), set), recipe.ErrNotHeld)
	second := next(recipe.Gained)
	if second.Fence() <= first.Fence() {
		t.Errorf("fence %d after %d", second.Fence(), first.Fence())
	}
	closed := p.Close()
	<-second.Done()
	must(t, second.Multi(t.Context(), set)) // it must be given back, but has not been
	if closed.Ready() {
		t.Error("Close has completed although a share is not unlocked")
	}
	second.Unlock()
	must(t, closed)
	fails(t, second.Multi(t.Context(), set), recipe.ErrNotHeld)
}
