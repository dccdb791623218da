package recipe_test

import (
	"context"
	"errors"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

func TestQueue_ReleasedAndLostItemsComeBack(t *testing.T) {
	t.Parallel()
	for _, l := range layouts[:locking] {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			servers, c := place(t)
			q, other := recipe.NewQueue(c, "/queue", l.layout), connect(t, servers)
			must(t, q.Put(t.Context(), values("a", "b")...))
			theirs := recipe.NewQueue(other, "/queue", l.layout)
			a := taken(t, theirs, "a")
			b := taken(t, q, "b")
			waits := q.Take(t.Context())
			must(t, a.Release())
			if cause := context.Cause(a.Context()); cause != recipe.ErrReleased {
				t.Errorf("cause %v", cause)
			}
			again := must(t, waits)
			if string(again.Data) != "a" || again.Fence() <= a.Fence() {
				t.Errorf("taken: %q with fence %d, before it was %d", again.Data, again.Fence(), a.Fence())
			}
			fails(t, a.Consume(t.Context()), recipe.ErrNotHeld, recipe.ErrReleased)
			if must(t, a.Holds(t.Context())) {
				t.Error("a released item is still held")
			}
			must(t, again.Consume(t.Context()))
			waits = theirs.Take(t.Context())
			if err := c.Close(); err != nil { // which holds b
				t.Fatal(err)
			}
			<-b.Done()
			fails(t, b.Consume(t.Context()), recipe.ErrNotHeld)
			must(t, must(t, waits).Consume(t.Context()))
			fails(t, q.Take(t.Context()), zkasync.ErrClosed)
		})
	}
}

// Somebody deletes an item's lock. Another consumer gets the item, and the former one is told.
func TestItem_LockIsDeleted(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	q := recipe.NewQueue(c, "/queue", recipe.KazooLockingQueue())
	must(t, q.Put(t.Context(), []byte("a")))
	item := taken(t, q, "a")
	lock := "/queue/taken/" + item.Path()[len("/queue/entries/"):]
	must(t, c.Set(t.Context(), lock, []byte("other"), zkasync.AnyVersion))
	if must(t, item.Holds(t.Context())) {
		t.Error("Holds, although the lock belongs to somebody else")
	}
	must(t, c.Delete(t.Context(), lock, zkasync.AnyVersion))
	<-item.Done()
	if cause := context.Cause(item.Context()); cause != recipe.ErrDeleted {
		t.Errorf("cause %v", cause)
	}
	other := taken(t, recipe.NewQueue(connect(t, servers), "/queue", recipe.KazooLockingQueue()), "a")
	fails(t, item.Consume(t.Context()), recipe.ErrNotHeld)
	must(t, other.Consume(t.Context()))
}

// Consuming an item and writing its result are one transaction.
func TestItem_ConsumeTogether(t *testing.T) {
	t.Parallel()
	_, c := place(t)
	for _, l := range layouts {
		t.Run(l.name, func(t *testing.T) {
			q := recipe.NewQueue(c, "/queue", l.layout)
			must(t, q.Put(t.Context(), []byte("a")))
			item := taken(t, q, "a")
			must(t, c.Create(t.Context(), "/there", nil))
			defer func() { must(t, c.Delete(t.Context(), "/there", zkasync.AnyVersion)) }()
			err := fails(t, item.Consume(t.Context(), zkasync.CreateOp("/result", nil), zkasync.CreateOp("/there", nil)), zk.ErrNodeExists)
			var m *zkasync.MultiError
			if !errors.As(err, &m) || m.Index != 1 || errors.Is(err, recipe.ErrNotHeld) {
				t.Errorf("error %v", err)
			}
			if item.Context().Err() != nil {
				t.Errorf("the item is lost: %v", context.Cause(item.Context()))
			}
			must(t, item.Consume(t.Context(), zkasync.CreateOp("/result", nil)))
			must(t, c.Delete(t.Context(), "/result", zkasync.AnyVersion))
			must(t, c.DeleteAll(t.Context(), "/queue"))
		})
	}
	q := recipe.NewQueue(c, "/queue", recipe.KazooLockingQueue())
	must(t, q.Put(t.Context(), []byte("b")))
	item := taken(t, q, "b")
	must(t, c.Delete(t.Context(), item.Path(), zkasync.AnyVersion)) // somebody cleans up by hand
	fails(t, item.Consume(t.Context(), zkasync.CreateOp("/result", nil)), recipe.ErrNotHeld)
	if must(t, c.Exists(t.Context(), "/result")) != nil {
		t.Error("the result was written although the item was not consumed")
	}
	poll(t, "no lock is left", func() bool { return len(names(t, c, "/queue/taken")) == 0 })
}
