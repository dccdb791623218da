package recipe_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// inMemory is a server in memory and a client of it, in a bubble.
func inMemory(t *testing.T) (*zktest.Server, *zkasync.Client) {
	t.Helper()
	srv := zktest.Run(t)
	c, err := zkasync.Connect(t.Context(), srv.Addr(), srv.Options()...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return srv, c
}

// The connection is lost at the delete of an unlock again and again. It is no reason to leave the lock to nobody.
func TestHeld_UnlockIsNotGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, c := inMemory(t)
		m := recipe.NewMutex(c, "/lock", recipe.WithLease(recipe.UntilLost))
		held := must(t, m.Lock(t.Context()))
		lost := srv.Fault(zktest.Fault{Op: zktest.OpDelete, Count: 7, Do: zktest.Drop()})
		must(t, held.Unlock())
		if lost.Fired() != 7 || srv.Tree() != "/\n/lock\n" {
			t.Errorf("after %d losses there is\n%s", lost.Fired(), srv.Tree())
		}
	})
}

// The answer to the create is lost, and the context ends before the znode is found: Removed tells when it is gone.
func TestMutex_RemovedTellsOfWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, c := inMemory(t)
		must(t, c.EnsurePath(t.Context(), "/lock"))
		srv.Fault(zktest.Fault{Op: zktest.OpAnyCreate, Count: 1, When: zktest.After, Do: zktest.Drop()})
		srv.Intercept(func(r zktest.Request) zktest.Action {
			if r.Op == zktest.OpAny || r.Op == zktest.OpCreate2 {
				srv.Refuse(true)
			}
			return zktest.Action{}
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := fails(t, recipe.NewMutex(c, "/lock").Lock(ctx), context.DeadlineExceeded)
		var e *recipe.Error
		if !errors.As(err, &e) || e.Removed == nil {
			t.Fatal(err)
		}
		srv.Refuse(false)
		must(t, e.Removed)
		if srv.Tree() != "/\n/lock\n" {
			t.Errorf("there is\n%s", srv.Tree())
		}
	})
}
