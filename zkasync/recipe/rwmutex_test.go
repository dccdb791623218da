package recipe_test

import (
	"context"
	"testing"

	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

func TestRWMutex_Downgrade(t *testing.T) {
	t.Parallel()
	_, c := place(t)
	for _, naming := range []recipe.Naming{recipe.Curator, recipe.Kazoo} {
		path := "/" + naming.Read
		must(t, c.EnsurePath(t.Context(), path))
		m := recipe.NewRWMutex(c, path, recipe.WithNaming(naming))
		writer := must(t, m.Lock(t.Context()))
		next := recipe.NewRWMutex(c, path, recipe.WithNaming(naming)).Lock(t.Context())
		poll(t, "another writer", func() bool { return len(names(t, c, path)) == 2 })
		reader := must(t, m.Downgrade(t.Context(), writer))
		if cause := context.Cause(writer.Context()); cause != recipe.ErrReleased || reader.Context().Err() != nil || reader.Fence() != writer.Fence() {
			t.Errorf("writer %v, reader %v, fences %d and %d", cause, context.Cause(reader.Context()), writer.Fence(), reader.Fence())
		}
		fails(t, m.Downgrade(t.Context(), writer), recipe.ErrNotHeld)
		fails(t, m.RLock(t.Context()), recipe.ErrInUse)
		poll(t, "the writer's znode is gone", func() bool { return len(names(t, c, path)) == 2 })
		must(t, c.Sync(t.Context(), "/"))
		if next.Ready() {
			t.Error("a writer and a reader hold the lock at once")
		}
		must(t, reader.Multi(t.Context()))
		must(t, reader.Unlock())
		after := must(t, next)
		if after.Fence() <= reader.Fence() {
			t.Errorf("fence %d after a reader's %d", after.Fence(), reader.Fence())
		}
		must(t, after.Unlock())
		again := must(t, m.RLock(t.Context()))
		fails(t, m.Downgrade(t.Context(), again)) // a reader's lock
		must(t, again.Unlock())
	}
}

// A writer whose znode is gone cannot be downgraded.
func TestRWMutex_DowngradeOfALostLock(t *testing.T) {
	t.Parallel()
	c, twin, p := proxied(t)
	m := recipe.NewRWMutex(c, "/rw", recipe.WithLease(recipe.UntilLost))
	writer := must(t, m.Lock(t.Context()))
	p.Hold(zkproxy.ToClient, true) // so that it does not learn of the deletion
	must(t, twin.Delete(t.Context(), writer.Path(), zkasync.AnyVersion))
	other := must(t, recipe.NewRWMutex(twin, "/rw").Lock(t.Context()))
	late := m.Downgrade(t.Context(), writer)
	poll(t, "one in the queue", func() bool { return len(names(t, twin, "/rw")) == 1 })
	p.Heal()
	fails(t, late, recipe.ErrNotHeld)
	if other.Context().Err() != nil || len(names(t, twin, "/rw")) != 1 {
		t.Error("the other writer has lost its lock")
	}
}

// If the answer to a downgrade is lost, it has been applied, or is repeated.
func TestRWMutex_DowngradeWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	for _, when := range []zktest.When{zktest.Before, zktest.After} {
		srv := zktest.Run(t)
		addr, err := srv.Listen("127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		c := connect(t, addr)
		m := recipe.NewRWMutex(c, "/rw", recipe.WithLease(recipe.UntilLost))
		writer := must(t, m.Lock(t.Context()))
		lost := srv.Fault(zktest.Fault{Op: zktest.OpMulti, Count: 1, When: when, Do: zktest.Drop()})
		reader := must(t, m.Downgrade(t.Context(), writer))
		must(t, writer.Unlock())
		if l := names(t, c, "/rw"); len(l) != 1 || "/rw/"+l[0] != reader.Path() || lost.Fired() != 1 {
			t.Errorf("the queue has %q, want only %s", l, reader.Path())
		}
		must(t, reader.Unlock())
	}
}
