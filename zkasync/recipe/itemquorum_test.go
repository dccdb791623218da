package recipe_test

import (
	"errors"
	"testing"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// Without a quorum, Put, Take and Consume wait for one.
func TestQueue_WaitsForAQuorum(t *testing.T) {
	for _, l := range layouts {
		t.Run(l.name, func(t *testing.T) {
			q := newQuorumless(t)
			queue := recipe.NewQueue(q.c, "/queue", l.layout)
			must(t, queue.Put(t.Context(), []byte("a")))
			q.lose(t)
			put, took := queue.Put(t.Context(), []byte("b")), queue.Take(t.Context())
			q.heal(t)
			must(t, put)
			a := must(t, took)
			b := taken(t, queue, "b")
			must(t, a.Consume(t.Context(), zkasync.CreateOp("/a", nil)))
			must(t, b.Consume(t.Context(), zkasync.CreateOp("/b", nil)))
		})
	}
}

// Without locks, Take deletes the item. If the quorum is lost at that moment, Take gets the item when there is a quorum again, or says
// that the outcome is unknown.
func TestQueue_LosesTheQuorumAtADeletion(t *testing.T) {
	for _, l := range layouts[locking:] {
		t.Run(l.name, func(t *testing.T) {
			q := newQuorumless(t)
			queue := recipe.NewQueue(q.c, "/queue", l.layout)
			must(t, queue.Put(t.Context(), []byte("a")))
			held := q.Servers()[0].Fault(zktest.Fault{Op: zktest.OpDelete, Session: q.c.Session().ID, Count: 1, Do: zktest.Hold()})
			took := queue.Take(t.Context())
			if err := held.Wait(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
			q.lose(t)
			q.heal(t)
			item, err := get(took)
			if err == nil && string(item.Data) != "a" || err != nil && !errors.Is(err, zkasync.ErrOutcomeUnknown) {
				t.Errorf("taken %v: %v", item, err)
			}
		})
	}
}

// The session ends while Put creates the folder. That is no reason to fail.
func TestQueue_PutAcrossSessions(t *testing.T) {
	t.Parallel()
	for name, when := range map[string]zktest.When{"lost": zktest.Before, "answer lost": zktest.After} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, srv, c := local(t)
			id := c.Session().ID
			struck := srv.Fault(zktest.Fault{Op: zktest.OpAnyCreate, Path: "/queue", Session: id, Count: 1, When: when, Do: zktest.Hold()})
			put := recipe.NewQueue(c, "/queue", recipe.KazooLockingQueue()).Put(ctx, []byte("a"))
			if err := struck.Wait(ctx, 1); err != nil {
				t.Fatal(err)
			}
			if err := srv.Expire(id); err != nil {
				t.Fatal(err)
			}
			if paths := must(t, put); len(paths) != 1 {
				t.Errorf("put: %q", paths)
			}
		})
	}
}

// A barrier does not belong to a session. So it can be set and removed even if the session ends meanwhile.
func TestBarrier_SetAndRemoveAcrossSessions(t *testing.T) {
	t.Parallel()
	for name, when := range map[string]zktest.When{"lost": zktest.Before, "answer lost": zktest.After} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, srv, c := local(t)
			across := func(op zktest.Op, begin func()) {
				t.Helper()
				id := c.Session().ID
				struck := srv.Fault(zktest.Fault{Op: op, Path: "/barrier", Session: id, Count: 1, When: when, Do: zktest.Hold()})
				begin()
				if err := struck.Wait(ctx, 1); err != nil {
					t.Fatal(err)
				}
				if err := srv.Expire(id); err != nil {
					t.Fatal(err)
				}
				poll(t, "another session", func() bool { return c.Connected() && c.Session().ID != id })
			}
			b := recipe.NewBarrier(c, "/barrier")
			set := b.Set(ctx)
			must(t, set)
			must(t, b.Remove(ctx))
			across(zktest.OpAnyCreate, func() { set = b.Set(ctx) })
			must(t, set)
			across(zktest.OpDelete, func() { set = b.Remove(ctx) })
			must(t, set)
			must(t, b.Wait(ctx))
		})
	}
}

// The answer to a Consume is lost, and then the session. The error must not claim that nothing was applied.
func TestItem_ConsumeWhoseSessionIsLost(t *testing.T) {
	t.Parallel()
	for name, when := range map[string]zktest.When{"not applied": zktest.Before, "applied": zktest.After} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, srv, c := local(t)
			q := recipe.NewQueue(c, "/queue", recipe.KazooLockingQueue())
			must(t, q.Put(ctx, []byte("a")))
			item := taken(t, q, "a")
			id := c.Session().ID
			struck := srv.Fault(zktest.Fault{Op: zktest.OpMulti, Session: id, Count: 1, When: when, Do: zktest.Drop()})
			consumed := item.Consume(ctx, zkasync.CreateOp("/result", nil))
			if err := struck.Wait(ctx, 1); err != nil {
				t.Fatal(err)
			}
			if err := srv.Expire(id); err != nil {
				t.Fatal(err)
			}
			_, err := get(consumed)
			unknown := errors.Is(err, zkasync.ErrOutcomeUnknown)
			applied := must(t, c.Exists(ctx, "/result")) != nil
			switch {
			case err == nil && !applied, err != nil && !unknown && applied:
				t.Errorf("applied %v, but the error is %v", applied, err)
			case errors.Is(err, recipe.ErrNotHeld) && unknown:
				t.Errorf("%v: the error says both that nothing was applied and that it is unknown", err)
			}
		})
	}
}
