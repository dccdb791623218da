package recipe_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// local starts a server in the process, and returns a context that ends in time, the server, and a client.
func local(t *testing.T) (context.Context, *zktest.Server, *zkasync.Client) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), wait)
	t.Cleanup(cancel)
	srv := zktest.Run(t)
	c, err := zkasync.Connect(ctx, srv.Addr(), srv.Options()...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return ctx, srv, c
}

// underway holds up the next request of a kind, calls begin, and returns when the request is held. goOn lets it go on.
func underway(ctx context.Context, t *testing.T, srv *zktest.Server, op zktest.Op, path string, begin func()) (goOn func()) {
	t.Helper()
	struck := srv.Fault(zktest.Fault{Op: op, Path: path, Count: 1, When: zktest.After, Do: zktest.Hold()})
	begin()
	if err := struck.Wait(ctx, 1); err != nil {
		t.Fatal(err)
	}
	return struck.Release
}

// When Close completes, the znode is gone, even if Close was called while it was being created.
func TestNode_ClosedWhileItIsCreated(t *testing.T) {
	t.Parallel()
	ctx, srv, c := local(t)
	var n *recipe.Node
	goOn := underway(ctx, t, srv, zktest.OpAnyCreate, "/me", func() { n = recipe.KeepNode(c, "/me", nil) })
	gone := n.Close()
	if gone.Ready() {
		t.Error("Close has completed before anybody can know that the znode is gone")
	}
	goOn()
	must(t, gone)
	if strings.Contains(srv.Tree(), "/me") {
		t.Errorf("the znode still exists:\n%s", srv.Tree())
	}
}

// The error of an attempt that is given up has the cause of its context.
func TestMutex_GivenUpForAReason(t *testing.T) {
	t.Parallel()
	_, _, c := local(t)
	must(t, recipe.NewMutex(c, "/lock").Lock(t.Context()))
	why := errors.New("the operator said so")
	ctx, giveUp := context.WithCancelCause(t.Context())
	next := recipe.NewMutex(c, "/lock").Lock(ctx)
	giveUp(why)
	fails(t, next, why)
	barrier := recipe.NewDoubleBarrier(c, "/barrier", 2).Enter(ctx)
	fails(t, barrier, why)
}

// A holder keeps watching its own znode: it notices the deletion after any number of other changes.
func TestMutex_DeletedAfterItWasChanged(t *testing.T) {
	t.Parallel()
	ctx, srv, c := local(t)
	held := must(t, recipe.NewMutex(c, "/lock").Lock(ctx))
	for range 3 {
		if err := srv.Put(held.Path(), []byte("__REVOKE__")); err != nil {
			t.Fatal(err)
		}
		if err := srv.WaitWatch(ctx, held.Path()); err != nil {
			t.Fatal(err)
		}
	}
	if err := srv.Delete(held.Path()); err != nil {
		t.Fatal(err)
	}
	<-held.Done()
	if cause := context.Cause(held.Context()); cause != recipe.ErrDeleted {
		t.Errorf("cause %v", cause)
	}
}

// A waiter whose znode is deleted goes to the end of the queue. Holders are not affected.
func TestSemaphore_WaiterWhoseZnodeIsDeleted(t *testing.T) {
	t.Parallel()
	ctx, srv, c := local(t)
	sem := recipe.NewSemaphore(c, "/sem", 1)
	held := must(t, sem.Acquire(ctx))
	next := sem.Acquire(ctx)
	var waiting string
	poll(t, "two", func() bool {
		for _, name := range must(t, c.Children(ctx, "/sem/leases")).Names {
			if path := "/sem/leases/" + name; path != held.Path() {
				waiting = path
			}
		}
		return waiting != ""
	})
	if err := srv.WaitWatch(ctx, waiting); err != nil {
		t.Fatal(err)
	}
	if err := srv.Delete(waiting); err != nil {
		t.Fatal(err)
	}
	poll(t, "two again", func() bool { return len(must(t, c.Children(ctx, "/sem/leases")).Names) == 2 })
	if next.Ready() || held.Context().Err() != nil {
		t.Fatal("the waiter has a lease, or the holder has lost it")
	}
	held.Unlock()
	must(t, must(t, next).Unlock())
}

// A group that is not watched any more leaves no watch, even if it ends during a read.
func TestGroup_EndsWithAReadUnderWay(t *testing.T) {
	t.Parallel()
	for _, at := range []struct {
		op   zktest.Op
		path string
	}{{zktest.OpGetChildren2, "/group"}, {zktest.OpGetData, "/group/b"}, {zktest.OpExists, "/missing"}} {
		ctx, srv, c := local(t)
		if err := srv.Load(map[string]string{"/group/a": "1", "/group/b": "2", "/group/c": "3"}); err != nil {
			t.Fatal(err)
		}
		path := "/group"
		if at.path == "/missing" {
			path = at.path
		}
		watching, stop := context.WithCancel(ctx)
		ended := make(chan struct{})
		goOn := underway(ctx, t, srv, at.op, at.path, func() {
			go func() {
				defer close(ended)
				for range recipe.NewGroup(c, path).Watch(watching) {
				}
			}()
		})
		stop()
		<-ended
		goOn()
		must(t, c.Sync(ctx, "/"))
		srv.Drop() // on the next connection the client sets all watches that it still has
		poll(t, "connected again", func() bool { _, err := get(c.Sync(ctx, "/")); return err == nil })
		if left := srv.Watches(); len(left) > 0 {
			t.Errorf("%v of %s: left %+v", at.op, at.path, left)
		}
	}
}
