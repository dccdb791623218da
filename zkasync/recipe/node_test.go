package recipe_test

import (
	"errors"
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// holds waits until a znode has this data, and belongs to this session unless session is 0.
func holds(t *testing.T, c *zkasync.Client, path, data string, session int64) {
	t.Helper()
	poll(t, path+" holds "+data, func() bool {
		n, err := get(c.Get(t.Context(), path))
		return err == nil && string(n.Data) == data && (session == 0 || n.Stat.EphemeralOwner == session)
	})
}

func TestNode_ExistsWhateverHappens(t *testing.T) {
	t.Parallel()
	c, twin, p := proxied(t, zkasync.WithSessionTimeout(4*time.Second))
	n := recipe.KeepNode(c, "/deep/service/me", []byte("one"))
	must(t, n.Ready())
	holds(t, twin, n.Path(), "one", c.Session().ID)
	must(t, n.SetData([]byte("two")))
	holds(t, twin, n.Path(), "two", c.Session().ID)
	must(t, twin.Delete(t.Context(), n.Path(), zkasync.AnyVersion))
	holds(t, twin, n.Path(), "two", c.Session().ID)
	must(t, twin.DeleteAll(t.Context(), "/deep"))
	holds(t, twin, n.Path(), "two", c.Session().ID)
	p.Cut()
	must(t, n.SetData([]byte("three")))
	holds(t, twin, n.Path(), "three", c.Session().ID)

	old := c.Session().ID
	p.Drop(zkproxy.ToServer, true) // for longer than the session timeout
	p.Drop(zkproxy.ToClient, true)
	poll(t, "gone", func() bool { return must(t, twin.Exists(t.Context(), n.Path())) == nil })
	p.Cut()
	p.Heal()
	holds(t, twin, n.Path(), "three", 0)
	if id := c.Session().ID; id == old {
		t.Error("the session has not ended")
	}
	must(t, n.Close())
	if must(t, twin.Exists(t.Context(), n.Path())) != nil {
		t.Error("the znode still exists")
	}
	must(t, n.Close())
	fails(t, recipe.KeepNode(c, "no/slash", nil).Ready())
}

// A node waits until the znode of another session is gone, and does not delete it.
func TestNode_WaitsForAnotherSession(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	other := connect(t, servers)
	theirs := recipe.KeepNode(other, "/me", []byte("theirs"))
	must(t, theirs.Ready())
	mine := recipe.KeepNode(c, "/me", []byte("mine"))
	never := recipe.KeepNode(c, "/me", []byte("never"))
	must(t, never.Close())
	fails(t, never.Ready(), recipe.ErrReleased)
	must(t, c.Sync(t.Context(), "/"))
	if mine.Ready().Ready() {
		t.Error("ready although the znode belongs to another session")
	}
	must(t, theirs.Close())
	must(t, mine.Ready())
	holds(t, c, "/me", "mine", c.Session().ID)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if must(t, other.Exists(t.Context(), "/me")) != nil {
		t.Error("the znode still exists after the client's Close")
	}
	must(t, mine.Close())
	fails(t, recipe.KeepNode(c, "/late", nil).Ready(), zkasync.ErrClosed)
}

// Data is set at any moment, and the last data counts.
func TestNode_LastDataCounts(t *testing.T) {
	t.Parallel()
	_, c := place(t)
	for i := range 50 {
		n := recipe.KeepNode(c, fmt.Sprintf("/%d", i), []byte("first"))
		for k := range i % 4 {
			n.SetData(fmt.Append(nil, k))
		}
		last := n.SetData([]byte("last"))
		must(t, last)
		holds(t, c, n.Path(), "last", c.Session().ID)
		n.Close()
	}
	poll(t, "nothing left", func() bool { return len(names(t, c, "/")) == 0 })
}

// With TakeOver a restarted program gets its znode at once, although the old session has not ended. If the old program still runs, it
// does not take the znode back.
func TestNode_TakesOver(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	other := connect(t, servers)
	for i := range 20 {
		path := fmt.Sprintf("/%d/me", i)
		theirs := recipe.KeepNode(other, path, []byte("theirs"), recipe.TakeOver())
		must(t, theirs.Ready())
		mine := recipe.KeepNode(c, path, []byte("mine"), recipe.TakeOver())
		must(t, mine.Ready())
		holds(t, other, path, "mine", c.Session().ID)
		must(t, theirs.SetData([]byte("late")))
		must(t, mine.SetData([]byte("later")))
		holds(t, other, path, "later", c.Session().ID)
		must(t, mine.Close())
		holds(t, c, path, "late", other.Session().ID)
		must(t, theirs.Close())
	}
	must(t, other.Create(t.Context(), "/taken/child", nil, zkasync.MakeParents()))
	waits := recipe.KeepNode(c, "/taken", []byte("mine"), recipe.TakeOver()) // a znode with children cannot be replaced
	must(t, c.Sync(t.Context(), "/"))
	if waits.Ready().Ready() {
		t.Error("ready although a folder is in its place")
	}
	must(t, other.DeleteAll(t.Context(), "/taken"))
	must(t, waits.Ready())
	must(t, waits.Close())
}

func TestNode_TakesOverDespiteALostRequest(t *testing.T) {
	t.Parallel()
	for _, op := range []zktest.Op{zktest.OpAnyCreate, zktest.OpMulti, zktest.OpExists} {
		for _, when := range []zktest.When{zktest.Before, zktest.After} {
			for skip := range 2 {
				t.Run(fmt.Sprint(op, when, skip), func(t *testing.T) {
					t.Parallel()
					srv := zktest.Run(t)
					other, c := serve(t, srv), serve(t, srv)
					must(t, other.Create(t.Context(), "/me", []byte("theirs"), zkasync.Ephemeral()))
					srv.Fault(zktest.Fault{Op: op, Session: c.Session().ID, When: when, Skip: skip, Count: 1, Do: zktest.Drop()})
					mine := recipe.KeepNode(c, "/me", []byte("mine"), recipe.TakeOver())
					if op == zktest.OpMulti && when == zktest.Before && skip == 0 { // it does not try again before the znode changes
						must(t, other.Delete(t.Context(), "/me", zkasync.AnyVersion))
					}
					must(t, mine.Ready())
					holds(t, other, "/me", "mine", c.Session().ID)
					must(t, mine.Close())
					if must(t, other.Exists(t.Context(), "/me")) != nil {
						t.Error("the znode still exists")
					}
				})
			}
		}
	}
}

// Each node has a znode of its own, one at a time, in each session.
func TestNode_Numbered(t *testing.T) {
	t.Parallel()
	c, twin, p := proxied(t, zkasync.WithSessionTimeout(4*time.Second))
	mine := recipe.KeepNumbered(c, "/deep/me", []byte("mine"))
	theirs := recipe.KeepNumbered(twin, "/deep/me", []byte("theirs"))
	must(t, mine.Ready())
	must(t, theirs.Ready())
	first := mine.Path()
	if ok, _ := regexp.MatchString(`^/deep/_c_[0-9a-f-]{36}-me[0-9]{10}$`, first); !ok {
		t.Errorf("its path is %s", first)
	}
	must(t, mine.SetData([]byte("new")))
	holds(t, twin, first, "new", c.Session().ID)
	must(t, twin.Delete(t.Context(), first, zkasync.AnyVersion))
	poll(t, "made again", func() bool { return len(names(t, twin, "/deep")) == 2 })
	must(t, twin.DeleteAll(t.Context(), "/deep"))
	poll(t, "made again", func() bool { return len(names(t, twin, "/deep")) == 2 })
	poll(t, "its znode has the data", func() bool { // Path may change a moment after the list does
		n, err := get(twin.Get(t.Context(), mine.Path()))
		return err == nil && string(n.Data) == "new" && n.Stat.EphemeralOwner == c.Session().ID
	})

	p.Drop(zkproxy.ToServer, true)
	p.Drop(zkproxy.ToClient, true)
	poll(t, "gone", func() bool { return len(names(t, twin, "/deep")) == 1 })
	p.Cut()
	p.Heal()
	poll(t, "made again", func() bool { return len(names(t, twin, "/deep")) == 2 })
	must(t, mine.Close())
	must(t, theirs.Close())
	if left := names(t, twin, "/deep"); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func TestNode_NumberedLosesAnyOneRequest(t *testing.T) {
	t.Parallel()
	for _, op := range []zktest.Op{zktest.OpAnyCreate, zktest.OpExists, zktest.OpDelete} {
		for _, when := range []zktest.When{zktest.Before, zktest.After} {
			t.Run(fmt.Sprint(op, when), func(t *testing.T) {
				t.Parallel()
				srv := zktest.Run(t)
				twin, c := serve(t, srv), serve(t, srv)
				must(t, twin.EnsurePath(t.Context(), "/deep"))
				struck := srv.Fault(zktest.Fault{Op: op, Session: c.Session().ID, When: when, Count: 1, Do: zktest.Drop()})
				mine := recipe.KeepNumbered(c, "/deep/me", []byte("mine"))
				must(t, mine.Ready())
				if all := names(t, twin, "/deep"); len(all) != 1 {
					t.Errorf("there are %v", all)
				}
				holds(t, twin, mine.Path(), "mine", c.Session().ID)
				closed := mine.Close()
				must(t, closed)
				if all := names(t, twin, "/deep"); len(all) != 0 || struck.Fired() != 1 {
					t.Errorf("left: %v; the fault struck %d times", all, struck.Fired())
				}
			})
		}
	}
}

// A node that is closed while its znode is being created leaves nothing.
func TestNode_ClosedAtOnce(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	other := connect(t, servers)
	must(t, c.EnsurePath(t.Context(), "/deep"))
	for i := range 50 {
		path := fmt.Sprintf("/deep/%d", i%5)
		theirs := recipe.KeepNode(other, path, []byte("theirs"))
		must(t, theirs.Ready())
		mine := []*recipe.Node{recipe.KeepNumbered(c, path, nil), recipe.KeepNode(c, path, nil, recipe.TakeOver())}
		if i%2 == 0 {
			must(t, c.Sync(t.Context(), "/"))
		}
		for _, n := range mine {
			must(t, n.Close())
		}
		must(t, theirs.Close())
	}
	if left := names(t, c, "/deep"); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

// Err tells when the znode may not be created again, when it exists again, and when the node has ended.
func TestNode_ReportsARefusal(t *testing.T) {
	t.Parallel()
	_, srv, c := local(t)
	n := recipe.KeepNode(c, "/me", []byte("mine"))
	must(t, n.Ready())
	if err := n.Err(); err != nil {
		t.Error(err)
	}
	refusal := srv.Fault(zktest.Fault{Op: zktest.OpAnyCreate, Do: zktest.Fail(zk.ErrNoAuth)})
	if err := srv.Delete("/me"); err != nil {
		t.Fatal(err)
	}
	poll(t, "the refusal", func() bool { return errors.Is(n.Err(), zk.ErrNoAuth) })
	refusal.Remove()
	holds(t, c, "/me", "mine", c.Session().ID)
	poll(t, "the znode exists again", func() bool { return n.Err() == nil })
	select {
	case <-n.Done():
		t.Error("the node has ended")
	default:
	}
	must(t, n.Close())
	<-n.Done()
	if err := n.Err(); !errors.Is(err, recipe.ErrReleased) {
		t.Error(err)
	}
	bad := recipe.KeepNode(c, "no/slash", nil)
	fails(t, bad.Ready())
	<-bad.Done()
	if !errors.Is(bad.Err(), zk.ErrInvalidPath) {
		t.Error(bad.Err())
	}
}

// After the client's Close, SetData fails with the client's error, not as if the node had been closed.
func TestNode_SetDataAfterTheClientsClose(t *testing.T) {
	t.Parallel()
	_, _, c := local(t)
	n := recipe.KeepNode(c, "/me", nil)
	must(t, n.Ready())
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	<-n.Done()
	if err := fails(t, n.SetData(nil), zkasync.ErrClosed); errors.Is(err, recipe.ErrReleased) {
		t.Error(err)
	}
}
