package recipe_test

import (
	"strings"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// repeating starts a server in this process, and returns it with a client that uses WithRetry.
func repeating(t *testing.T) (srv *zktest.Server, c *zkasync.Client) {
	t.Helper()
	t.Parallel()
	srv = zktest.Run(t)
	return srv, serve(t, srv, zkasync.WithRetry(zkasync.RetryPolicy{}))
}

// results returns how many znodes Consume has created.
func results(t *testing.T, c *zkasync.Client) (n int) {
	t.Helper()
	for _, name := range names(t, c, "/") {
		if strings.HasPrefix(name, "results-") {
			n++
		}
	}
	return n
}

var result = zkasync.CreateOp("/results-", nil, zkasync.Sequential())

// The answer to Consume is lost. It has consumed the item once, and succeeds.
func TestWithRetry_ConsumeWithoutAnAnswer(t *testing.T) {
	srv, c := repeating(t)
	q := recipe.NewQueue(c, "/queue", recipe.KazooLockingQueue())
	must(t, q.Put(t.Context(), []byte("a")))
	item := taken(t, q, "a")
	srv.Fault(zktest.Fault{Op: zktest.OpMulti, Count: 1, When: zktest.After, Do: zktest.Drop()})
	must(t, item.Consume(t.Context(), result))
	if n := results(t, c); n != 1 {
		t.Errorf("%d results", n)
	}
}

// In a layout without locks, nothing guards a repetition, so Consume is not repeated: the outcome is unknown.
func TestWithRetry_ConsumeWithoutALock(t *testing.T) {
	srv, c := repeating(t)
	q := recipe.NewQueue(c, "/queue", recipe.KazooQueue())
	must(t, q.Put(t.Context(), []byte("a")))
	item := taken(t, q, "a")
	srv.Fault(zktest.Fault{Op: zktest.OpMulti, Count: 1, When: zktest.After, Do: zktest.Drop()})
	fails(t, item.Consume(t.Context(), result), zkasync.ErrOutcomeUnknown)
	if n := results(t, c); n != 1 {
		t.Errorf("%d results", n)
	}
}

// The answer to Release is lost, and somebody else has taken the item by the time it is repeated.
func TestWithRetry_ReleaseWithoutAnAnswer(t *testing.T) {
	srv, c := repeating(t)
	q, theirs := recipe.NewQueue(c, "/queue", recipe.KazooLockingQueue()), recipe.NewQueue(serve(t, srv), "/queue", recipe.KazooLockingQueue())
	must(t, q.Put(t.Context(), []byte("a")))
	item := taken(t, q, "a")
	srv.Fault(zktest.Fault{Op: zktest.OpDelete, Session: c.Session().ID, Count: 1, When: zktest.After, Do: zktest.Drop()})
	released := item.Release()
	second := taken(t, theirs, "a")
	must(t, released)
	if !must(t, second.Holds(t.Context())) {
		t.Error("the repeated release has deleted the next consumer's lock")
	}
}

// Somebody deletes a lock, and somebody else takes the item. The former consumer must not delete the new lock.
func TestQueue_LockDeletedByOthers(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t)
	c, twin := serve(t, srv), serve(t, srv)
	q, theirs := recipe.NewQueue(c, "/queue", recipe.KazooLockingQueue()), recipe.NewQueue(twin, "/queue", recipe.KazooLockingQueue())
	must(t, q.Put(t.Context(), []byte("a")))
	item := taken(t, q, "a")
	if err := srv.Delete("/queue/taken/" + strings.TrimPrefix(item.Path(), "/queue/entries/")); err != nil {
		t.Fatal(err)
	}
	second := taken(t, theirs, "a")
	must(t, item.Release())
	if !must(t, second.Holds(t.Context())) {
		t.Error("the new consumer has lost its lock")
	}
}

// A request that is meant for one session is not sent in the next one, however long it has waited for a connection.
func TestWithRetry_NodeOfALostSession(t *testing.T) {
	for what, do := range map[string]func(*recipe.Node){
		"data":  func(n *recipe.Node) { n.SetData([]byte("late")) },
		"close": func(n *recipe.Node) { n.Close() },
	} {
		t.Run(what, func(t *testing.T) {
			srv, c := repeating(t)
			other := serve(t, srv)
			n := recipe.KeepNode(c, "/me", []byte("mine"))
			must(t, n.Ready())
			id := c.Session().ID
			srv.Refuse(true)
			srv.Drop(id)
			poll(t, "suspended", func() bool { return c.State() == zkasync.StateSuspended })
			do(n)
			if err := srv.Expire(id); err != nil {
				t.Fatal(err)
			}
			must(t, other.Create(t.Context(), "/me", []byte("theirs"), zkasync.Ephemeral()))
			srv.Refuse(false)
			poll(t, "another session", func() bool { return c.Connected() && c.Session().ID != id })
			must(t, c.Sync(t.Context(), "/me"))
			if node := must(t, other.Get(t.Context(), "/me")); string(node.Data) != "theirs" {
				t.Errorf("the znode has %q", node.Data)
			}
		})
	}
}

// TakeOver does not replace a persistent znode.
func TestNode_DoesNotTakeOverPersistentZnodes(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t)
	c := serve(t, srv)
	must(t, c.Create(t.Context(), "/conf", []byte("precious")))
	n := recipe.KeepNode(c, "/conf", []byte("me"), recipe.TakeOver())
	must(t, c.Sync(t.Context(), "/"))
	must(t, c.Sync(t.Context(), "/"))
	if node := must(t, c.Get(t.Context(), "/conf")); string(node.Data) != "precious" {
		t.Errorf("the znode has %q", node.Data)
	}
	must(t, c.Delete(t.Context(), "/conf", zkasync.AnyVersion))
	must(t, n.Ready())
	must(t, n.Close())
}

// A node goes on after a permission was missing for a while.
func TestNode_RefusedForAWhile(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t)
	c := serve(t, srv)
	n := recipe.KeepNode(c, "/me", []byte("mine"))
	must(t, n.Ready())
	srv.Fault(zktest.Fault{Op: zktest.OpAnyCreate, Count: 1, Do: zktest.Fail(zk.ErrNoAuth)})
	if err := srv.Delete("/me"); err != nil {
		t.Fatal(err)
	}
	holds(t, c, "/me", "mine", c.Session().ID)
	must(t, n.Close())
	fails(t, n.SetData(nil), recipe.ErrReleased)
}
