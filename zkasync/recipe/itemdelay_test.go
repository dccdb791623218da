package recipe_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// delayed are the layouts with due times.
var delayed = map[string]recipe.QueueLayout{"locking": recipe.CuratorDelayQueue("/queue-locks"), "without locks": recipe.CuratorDelayQueue("")}

// An item is taken when it is due, to the millisecond, and the one that is due first comes first. A waiting consumer also notices an
// item that is put later and due earlier.
func TestQueue_TakesWhatIsDue(t *testing.T) {
	t.Parallel()
	for name, layout := range delayed {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, c := inMemory(t)
				q := recipe.NewQueue(c, "/queue", layout)
				begun := time.Now()
				must(t, q.PutAt(t.Context(), begun.Add(20*time.Second), values("late")...))
				first, second, third := q.Take(t.Context()), q.Take(t.Context()), q.Take(t.Context())
				must(t, q.PutAt(t.Context(), begun.Add(3*time.Second), values("early")...))
				must(t, q.Put(t.Context(), values("now")...))
				if n := must(t, q.Len(t.Context())); n < 2 {
					t.Errorf("%d items", n)
				}
				for _, want := range []struct {
					text string
					at   time.Duration
				}{{"now", 0}, {"early", 3 * time.Second}, {"late", 20 * time.Second}} {
					item := must(t, first)
					first, second, third = second, third, first
					if after := time.Since(begun).Round(100 * time.Millisecond); string(item.Data) != want.text || after != want.at {
						t.Errorf("%q after %v, want %q after %v", item.Data, after, want.text, want.at)
					}
					must(t, item.Consume(t.Context()))
				}
			})
		})
	}
}

// A consumer that stops waiting leaves no timer, and an item that is not due stays.
func TestQueue_GivesUpWaitingForWhatIsDue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, c := inMemory(t)
		q := recipe.NewQueue(c, "/queue", recipe.CuratorDelayQueue("/queue-locks"))
		begun := time.Now()
		must(t, q.PutAt(t.Context(), begun.Add(time.Hour), values("late")...))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		fails(t, q.Take(ctx), context.DeadlineExceeded)
		waits := q.Take(t.Context())
		time.Sleep(59 * time.Minute)
		if waits.Ready() {
			t.Error("the item was taken before it was due")
		}
		item, err := waits.Get(t.Context())
		if err != nil || time.Since(begun).Round(time.Second) != time.Hour {
			t.Fatalf("%v after %v", err, time.Since(begun))
		}
		must(t, item.Release()) // it is due, so it comes again
		must(t, taken(t, q, "late").Consume(t.Context()))
		closing := q.Take(t.Context())
		must(t, q.PutAt(t.Context(), time.Now().Add(time.Hour), values("never")...))
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		fails(t, closing, zkasync.ErrClosed)
	})
}

// Items are removed by their ids, except those that somebody has taken.
func TestQueue_RemovesByID(t *testing.T) {
	t.Parallel()
	for name, locks := range map[string]string{"locking": "/queue-locks", "without locks": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, c := place(t)
			q := recipe.NewQueue(c, "/queue", recipe.CuratorIDQueue(locks))
			if n := must(t, q.Remove(t.Context(), "a")); n != 0 {
				t.Errorf("%d were removed from an empty queue", n)
			}
			must(t, q.PutID(t.Context(), "a/1", values("one", "two")...))
			must(t, q.PutID(t.Context(), "b", values("three")...))
			one := taken(t, q, "one")
			if one.ID() != "a_1" {
				t.Errorf("id %q", one.ID())
			}
			must(t, q.PutID(t.Context(), "a/1", values("four")...))
			if n := must(t, q.Remove(t.Context(), "a/1")); n != 2 { // two and four
				t.Errorf("%d are removed, want 2", n)
			}
			if left := must(t, q.Len(t.Context())); left != 2 && locks != "" || left != 1 && locks == "" {
				t.Errorf("%d are left", left)
			}
			must(t, one.Consume(t.Context()))
			must(t, taken(t, q, "three").Consume(t.Context()))
			if locks != "" {
				if left := names(t, c, locks); len(left) != 0 {
					t.Errorf("locks that are left: %q", left)
				}
			}
		})
	}
}

// If the answer to a removal is lost, its outcome is unknown, and no lock is left.
func TestQueue_RemoveWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	for name, when := range map[string]zktest.When{"lost": zktest.Before, "answer lost": zktest.After} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, srv, c := local(t)
			q := recipe.NewQueue(c, "/queue", recipe.CuratorIDQueue("/queue-locks"))
			must(t, q.PutID(ctx, "a", values("one")...))
			must(t, c.EnsurePath(ctx, "/queue-locks"))
			srv.Fault(zktest.Fault{Op: zktest.OpMulti, Count: 1, When: when, Do: zktest.Drop()})
			fails(t, q.Remove(ctx, "a"), zkasync.ErrOutcomeUnknown)
			want := 1
			if when == zktest.After {
				want = 0
			}
			if n := must(t, q.Remove(ctx, "a")); n != want {
				t.Errorf("%d are removed, want %d", n, want)
			}
			if left := append(names(t, c, "/queue"), names(t, c, "/queue-locks")...); len(left) != 0 {
				t.Errorf("left: %q", left)
			}
		})
	}
}

// A layout refuses what its names have no place for: times, ids or priorities.
func TestQueue_RefusesWhatItsLayoutDoesNotSupport(t *testing.T) {
	t.Parallel()
	_, srv, c := local(t)
	before := srv.Tree()
	for _, l := range layouts {
		q := recipe.NewQueue(c, "/queue", l.layout)
		fails(t, q.PutAt(t.Context(), time.Now(), values("a")...))
		fails(t, q.PutID(t.Context(), "id", values("a")...))
		fails(t, q.Remove(t.Context(), "id"))
	}
	for _, layout := range []recipe.QueueLayout{recipe.CuratorDelayQueue(""), recipe.CuratorIDQueue(""), recipe.CuratorSimpleQueue()} {
		fails(t, recipe.NewQueue(c, "/queue", layout).PutPriority(t.Context(), 1, values("a")...))
	}
	fails(t, recipe.NewQueue(c, "/queue", recipe.CuratorIDQueue("")).Put(t.Context(), values("a")...))
	fails(t, recipe.NewQueue(c, "/queue", recipe.CuratorDelayQueue("")).PutAt(t.Context(), time.Time{}, values("a")...))
	fails(t, recipe.NewQueue(c, "queue", recipe.CuratorIDQueue("")).Remove(t.Context(), "a"), zk.ErrInvalidPath)
	if after := srv.Tree(); after != before {
		t.Errorf("the tree is\n%s", after)
	}
}
