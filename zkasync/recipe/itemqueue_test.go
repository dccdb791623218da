package recipe_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

// layouts are the layouts that most tests use, those with locks first.
var layouts = []struct {
	name   string
	layout recipe.QueueLayout
	items  string // where the items of the queue at /queue are
}{
	{"kazoo, locking", recipe.KazooLockingQueue(), "/queue/entries"},
	{"Curator, locking", recipe.CuratorQueue("/queue-locks"), "/queue"},
	{"kazoo", recipe.KazooQueue(), "/queue"},
	{"Curator", recipe.CuratorQueue(""), "/queue"},
}

const locking = 2 // how many of layouts have locks

func values(texts ...string) (all [][]byte) {
	for _, text := range texts {
		all = append(all, []byte(text))
	}
	return all
}

// taken takes an item and checks which one it is.
func taken(t *testing.T, q *recipe.Queue, want string) *recipe.Item {
	t.Helper()
	item := must(t, q.Take(t.Context()))
	if string(item.Data) != want {
		t.Fatalf("taken: %q, want %q", item.Data, want)
	}
	return item
}

func TestQueue_HandsOutInOrder(t *testing.T) {
	t.Parallel()
	for _, l := range layouts {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			_, c := place(t)
			q := recipe.NewQueue(c, "/queue", l.layout)
			if n := must(t, q.Len(t.Context())); n != 0 {
				t.Errorf("%d items, want none", n)
			}
			first := q.Take(t.Context()) // while the queue is empty
			if paths := must(t, q.Put(t.Context(), []byte("a"))); len(paths) != 1 || !strings.HasPrefix(paths[0], l.items+"/") {
				t.Errorf("put: %q", paths)
			}
			must(t, must(t, first).Consume(t.Context()))
			must(t, q.PutPriority(t.Context(), 300, values("late")...))
			must(t, q.PutPriority(t.Context(), 200, values("x", "", "z")...))
			must(t, q.PutPriority(t.Context(), 7, values("urgent")...))
			if n := must(t, q.Len(t.Context())); n != 5 {
				t.Errorf("%d items, want 5", n)
			}
			for _, want := range []string{"urgent", "x", "", "z", "late"} {
				item := taken(t, q, want)
				if len(item.Rest) > 0 || item.Context().Err() != nil {
					t.Errorf("%q: rest %q, over %v", want, item.Rest, context.Cause(item.Context()))
				}
				if !must(t, item.Holds(t.Context())) {
					t.Errorf("%q is not held", want)
				}
				must(t, item.Consume(t.Context()))
				if cause := context.Cause(item.Context()); cause != recipe.ErrConsumed {
					t.Errorf("cause %v", cause)
				}
				must(t, item.Release()) // harmless after Consume
				fails(t, item.Consume(t.Context()), recipe.ErrNotHeld, recipe.ErrConsumed)
			}
			if left := names(t, c, l.items); len(left) > 0 && l.items != "/queue" {
				t.Errorf("left: %q", left)
			}
			if must(t, q.Len(t.Context())) != 0 {
				t.Error("items are left")
			}
		})
	}
}

// With many consumers of several Queue values, each item has one consumer, and calls of one value are served in order.
func TestQueue_EachItemHasOneConsumer(t *testing.T) {
	t.Parallel()
	for _, l := range layouts {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			servers, c := place(t)
			const consumers, each = 4, 15
			waiting := make([][]*future.Future[*recipe.Item], consumers)
			for i := range waiting {
				q := recipe.NewQueue(connect(t, servers), "/queue", l.layout)
				for range each {
					waiting[i] = append(waiting[i], q.Take(t.Context()))
				}
			}
			q := recipe.NewQueue(c, "/queue", l.layout)
			for i := range consumers * each {
				must(t, q.Put(t.Context(), fmt.Appendf(nil, "%03d", i)))
			}
			var got []string
			for _, mine := range waiting {
				var last string
				for _, f := range mine {
					item := must(t, f)
					if string(item.Data) == last {
						t.Errorf("%s comes twice", last)
					}
					last = string(item.Data)
					got = append(got, last)
					must(t, item.Consume(t.Context()))
				}
			}
			slices.Sort(got)
			if got = slices.Compact(got); len(got) != consumers*each {
				t.Errorf("%d items, want %d", len(got), consumers*each)
			}
		})
	}
}

func TestQueue_GivenUpTakesNothing(t *testing.T) {
	t.Parallel()
	for _, l := range layouts {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			_, c := place(t)
			q := recipe.NewQueue(c, "/queue", l.layout)
			ctx, cancel := context.WithCancelCause(t.Context())
			waits, behind := q.Take(ctx), q.Take(t.Context())
			enough := errors.New("enough")
			cancel(enough)
			fails(t, waits, enough)
			must(t, q.Put(t.Context(), []byte("a")))
			must(t, must(t, behind).Consume(t.Context()))
			ended, end := context.WithCancel(t.Context())
			end()
			fails(t, q.Take(ended), context.Canceled)
			const items = 100
			for i := range items {
				must(t, q.Put(t.Context(), fmt.Append(nil, i)))
			}
			for i := range items { // contexts that end at any moment of an attempt
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i*20)*time.Microsecond)
				item, err := get(q.Take(ctx))
				if err == nil {
					must(t, item.Consume(t.Context()))
				} else if !errors.Is(err, context.DeadlineExceeded) {
					t.Fatal(err)
				}
				cancel()
			}
			for left := must(t, q.Len(t.Context())); left > 0; left-- {
				must(t, must(t, q.Take(t.Context())).Consume(t.Context()))
			}
			if left := must(t, q.Len(t.Context())); left != 0 {
				t.Errorf("%d items are left", left)
			}
		})
	}
}

// A znode that cannot be decoded or read is left alone, and does not delay the others.
func TestQueue_SkipsWhatItCannotRead(t *testing.T) {
	t.Parallel()
	for _, l := range layouts {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			_, c := place(t)
			q := recipe.NewQueue(c, "/queue", l.layout)
			hidden := must(t, q.Put(t.Context(), []byte("hidden")))[0]
			must(t, c.SetACL(t.Context(), hidden, zk.WorldACL(zk.PermDelete), zkasync.AnyVersion))
			odd := []string{hidden}
			if strings.HasPrefix(l.name, "Curator") {
				odd = append(odd, must(t, c.Create(t.Context(), l.items+"/queue-", []byte("odd"), zkasync.Sequential())).Path)
			}
			must(t, c.Create(t.Context(), l.items+"/readme", nil))
			must(t, q.Put(t.Context(), []byte("a")))
			must(t, taken(t, q, "a").Consume(t.Context()))
			waits := q.Take(t.Context())
			must(t, q.Put(t.Context(), []byte("b")))
			must(t, must(t, waits).Consume(t.Context()))
			skipped := q.Skipped()
			for _, path := range odd {
				if skipped[path] == nil {
					t.Errorf("%s was not skipped", path)
				}
				must(t, c.Delete(t.Context(), path, zkasync.AnyVersion))
			}
			if len(skipped) != len(odd) || !errors.Is(skipped[hidden], zk.ErrNoAuth) {
				t.Errorf("skipped: %v", skipped)
			}
			must(t, q.Put(t.Context(), []byte("c")))
			must(t, taken(t, q, "c").Consume(t.Context()))
			if skipped := q.Skipped(); len(skipped) > 0 {
				t.Errorf("still skipped, although deleted: %v", skipped)
			}
		})
	}
}

// Znodes that are not items are not counted.
func TestQueue_LenCountsItems(t *testing.T) {
	t.Parallel()
	for _, l := range layouts {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			_, _, c := local(t)
			q := recipe.NewQueue(c, "/queue", l.layout)
			must(t, q.Put(t.Context(), values("a", "b")...))
			for _, name := range []string{"readme", "entry-1-0000000000", "queue-12-0000000000", "0000000000"} {
				must(t, c.Create(t.Context(), l.items+"/"+name, nil))
			}
			taken(t, q, "a")
			want := 2
			if !strings.Contains(l.name, "locking") {
				want = 1
			}
			if n := must(t, q.Len(t.Context())); n != want {
				t.Errorf("%d items, want %d", n, want)
			}
		})
	}
}

func TestQueue_VanishingFolders(t *testing.T) {
	t.Parallel()
	for _, l := range layouts {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			_, c := place(t)
			q := recipe.NewQueue(c, "/queue", l.layout)
			waits := q.Take(t.Context())
			for range 3 {
				poll(t, "a folder", func() bool { return must(t, c.Exists(t.Context(), l.items)) != nil })
				must(t, c.DeleteAll(t.Context(), "/queue"))
				if _, err := get(c.DeleteAll(t.Context(), "/queue-locks")); err != nil && !errors.Is(err, zk.ErrNoNode) {
					t.Fatal(err)
				}
			}
			must(t, q.Put(t.Context(), values("a", "b")...))
			must(t, must(t, waits).Consume(t.Context()))
			must(t, taken(t, q, "b").Consume(t.Context()))
		})
	}
}

func TestQueue_RefusesBadInput(t *testing.T) {
	t.Parallel()
	_, c := place(t)
	q := recipe.NewQueue(c, "/queue", recipe.KazooLockingQueue())
	fails(t, q.PutPriority(t.Context(), 1000, []byte("a")))
	same := recipe.NewQueue(c, "/queue", recipe.CuratorQueue("/queue"))
	fails(t, same.Put(t.Context(), []byte("a")))
	fails(t, same.Take(t.Context()))
	bad := recipe.NewQueue(c, "queue", recipe.KazooLockingQueue())
	fails(t, bad.Put(t.Context(), []byte("a")), zk.ErrInvalidPath)
	fails(t, bad.Take(t.Context()), zk.ErrInvalidPath)
	fails(t, recipe.NewQueue(c, "/queue", recipe.CuratorQueue("locks")).Take(t.Context()), zk.ErrInvalidPath)
	fails(t, bad.Len(t.Context()), zk.ErrInvalidPath)
	if left := names(t, c, "/queue"); len(left) > 0 && must(t, q.Len(t.Context())) > 0 {
		t.Errorf("put: %q", left)
	}
}
