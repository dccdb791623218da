package recipe_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// inMemory starts a server in memory and returns it with a client. It may be used in a bubble of package synctest.
func inMemory(t *testing.T) (*zktest.Server, *zkasync.Client) {
	t.Helper()
	srv := zktest.Run(t)
	return srv, another(t, srv)
}

// another returns one more client of a server in memory.
func another(t *testing.T, srv *zktest.Server) *zkasync.Client {
	t.Helper()
	c, err := zkasync.Connect(t.Context(), srv.Addr(), srv.Options()...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// The connection is lost again and again when Unlock deletes the znode. Unlock must not give up, or nobody could get the lock.
func TestHeld_UnlockIsNotGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, c := inMemory(t)
		m := recipe.NewMutex(c, "/lock", recipe.WithLease(recipe.UntilLost))
		held := must(t, m.Lock(t.Context()))
		lost := srv.Fault(zktest.Fault{Op: zktest.OpDelete, Count: 7, Do: zktest.Drop()})
		must(t, held.Unlock())
		if lost.Fired() != 7 || srv.Tree() != "/\n/lock\n" {
			t.Errorf("after %d losses the tree is\n%s", lost.Fired(), srv.Tree())
		}
	})
}

// The answer to the create is lost, and the context ends before the znode is found. Removed must still complete when it is gone.
func TestMutex_RemovedAfterALostCreate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, c := inMemory(t)
		must(t, c.EnsurePath(t.Context(), "/lock"))
		removed := unanswered(t, srv, zktest.OpAnyCreate, recipe.NewMutex(c, "/lock").Lock)
		must(t, removed)
		if srv.Tree() != "/\n/lock\n" {
			t.Errorf("the tree is\n%s", srv.Tree())
		}
	})
}

// The same with a downgrade: the reader's znode is deleted, and the writer's stays.
func TestRWMutex_DowngradeThatIsGivenUpLeavesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, c := inMemory(t)
		m := recipe.NewRWMutex(c, "/lock", recipe.WithLease(recipe.UntilLost))
		writer := must(t, m.Lock(t.Context()))
		before := srv.Tree()
		removed := unanswered(t, srv, zktest.OpMulti, func(ctx context.Context) *future.Future[*recipe.Held] { return m.Downgrade(ctx, writer) })
		must(t, removed)
		if srv.Tree() != before || writer.Context().Err() != nil {
			t.Errorf("the tree is\n%s", srv.Tree())
		}
		must(t, writer.Unlock())
	})
}

// unanswered makes an attempt whose create loses its answer, and then keeps the client from the server until the attempt's context has
// ended. It returns the future that completes when nothing of the attempt is left.
func unanswered(t *testing.T, srv *zktest.Server, create zktest.Op, attempt func(context.Context) *future.Future[*recipe.Held]) *future.Future[future.Void] {
	t.Helper()
	lost := srv.Fault(zktest.Fault{Op: create, Count: 1, When: zktest.After, Do: zktest.Drop()})
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	f := attempt(ctx)
	srv.Refuse(true)
	err := fails(t, f, context.DeadlineExceeded)
	var e *recipe.Error
	if !errors.As(err, &e) || e.Removed == nil || lost.Fired() != 1 {
		t.Fatal(err, lost.Fired())
	}
	srv.Refuse(false)
	return e.Removed
}

// Something between the client and the servers ends connections for a while, each at a request of the lock. The lock waits on.
func TestMutex_IsNotGivenUp(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		op   zktest.Op
		when zktest.When
		lost int
	}{
		{"create", zktest.OpAnyCreate, zktest.Before, 7},
		{"created", zktest.OpAnyCreate, zktest.After, 1}, // and then it is found
		{"list", zktest.OpGetChildren2, zktest.Before, 7},
		{"watch", zktest.OpGetData, zktest.Before, 7},
		{"watched", zktest.OpGetData, zktest.After, 7},
		{"delete", zktest.OpDelete, zktest.Before, 7},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				srv, c := inMemory(t)
				first := must(t, recipe.NewMutex(another(t, srv), "/lock").Lock(t.Context()))
				lost := srv.Fault(zktest.Fault{Op: test.op, Session: c.Session().ID, Count: 7, When: test.when, Do: zktest.Drop()})
				m := recipe.NewMutex(c, "/lock", recipe.WithLease(recipe.UntilLost))
				second := m.Lock(t.Context())
				time.Sleep(time.Minute)
				must(t, first.Unlock())
				must(t, must(t, second).Unlock())
				if lost.Fired() != test.lost || srv.Tree() != "/\n/lock\n" {
					t.Errorf("after %d losses the tree is\n%s", lost.Fired(), srv.Tree())
				}
			})
		})
	}
}
