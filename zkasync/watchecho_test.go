package zkasync_test

import (
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// onReleases runs a test on the real server and on servers in memory that act as releases with persistent watches. These differ in what
// they report: 3.7.2 reports everything; Debian's 3.8.0 does not report what may not be read; 3.9.5 does not either, but keeps watches
// apart.
func onReleases(t *testing.T, test func(t *testing.T, c, twin *zkasync.Client)) {
	t.Helper()
	t.Run("real", func(t *testing.T) {
		t.Parallel()
		needsAddWatch(t)
		c, twin, _ := proxied(t)
		test(t, c, twin)
	})
	for _, version := range []string{"3.7.2", "3.8.0", "3.9.5"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			s := zktest.Run(t, zktest.WithVersion(version))
			test(t, connect(t, s.Addr(), s.Options()...), connect(t, s.Addr(), s.Options()...))
		})
	}
}

// changeable is hidden, but lets everybody change the ACL.
var changeable = []zk.ACL{hidden[0], {Perms: zk.PermAdmin | zk.PermWrite | zk.PermCreate | zk.PermDelete, Scheme: "world", ID: "anyone"}}

// The client derives the first change of the list of children from the event of the child; the server's own event about the list is held
// back, since the list may not be read. The server's event about the next change, whose child is hidden, is not an echo.
func TestAddWatch_EchoThatIsHeldBack(t *testing.T) {
	t.Parallel()
	onReleases(t, func(t *testing.T, c, twin *zkasync.Client) {
		must(t, twin.Create(t.Context(), "/a", nil))
		s := must(t, c.AddWatch(t.Context(), "/a", zkasync.Persistent))
		tree := must(t, c.AddWatch(t.Context(), "/a", zkasync.PersistentRecursive))
		must(t, c.ChildrenW(t.Context(), "/a"))
		must(t, twin.SetACL(t.Context(), "/a", changeable, -1))
		must(t, twin.Create(t.Context(), "/a/x", nil))
		wantEvents(t, s, "children /a")
		wantEvents(t, tree, "created /a/x")
		must(t, twin.SetACL(t.Context(), "/a", zk.WorldACL(zk.PermAll), -1))
		must(t, c.ChildrenW(t.Context(), "/a")) // servers before 3.9 tell of the list because of this one
		must(t, twin.Create(t.Context(), "/a/y", nil, zkasync.WithACL(hidden)))
		wantEvents(t, s, "children /a")
		must(t, c.ChildrenW(t.Context(), "/a"))
		noMoreEvents(t, c, s)
	})
}

// On servers since 3.9, events of one change have the same zxid. So two changes can be told apart without a reply between them.
func TestAddWatch_EchoIsOfTheSameChange(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		event := func(typ zk.EventType, path string) wire.WatchEvent {
			return wire.WatchEvent{Type: int32(typ), State: int32(zk.StateSyncConnected), Path: path}
		}
		c := connectScripted(t, func(c *zkpeer.Conn) {
			c.Accept()
			c.Serve(func(r zkpeer.Request) bool {
				if r.Op == wire.OpExists {
					c.EventAt(event(zk.EventNodeCreated, "/a/x"), 101)
					c.EventAt(event(zk.EventNodeChildrenChanged, "/a"), 101)
					c.EventAt(event(zk.EventNodeDeleted, "/a/x"), 102) // what it leads to is held back
					c.EventAt(event(zk.EventNodeChildrenChanged, "/a"), 103)
				}
				return false
			})
		})
		s := must(t, c.AddWatch(t.Context(), "/a", zkasync.Persistent))
		tree := must(t, c.AddWatch(t.Context(), "/a", zkasync.PersistentRecursive))
		must(t, c.Exists(t.Context(), "/"))
		wantEvents(t, s, "children /a", "children /a", "children /a")
		wantEvents(t, tree, "created /a/x", "deleted /a/x")
		noMoreEvents(t, c.Client, s, tree)
	})
}

// Servers since 3.9 keep the watches of one path apart, whichever came first, also after a reconnect. Only the plain one gets events about
// hidden children. Older servers forget the plain one, see TestAddWatch_ModesShareAPath.
func TestAddWatch_HiddenChildrenInAnyOrder(t *testing.T) {
	t.Parallel()
	test := func(t *testing.T, c, twin *zkasync.Client, cut func()) {
		must(t, twin.Create(t.Context(), "/a", nil))
		tree := must(t, c.AddWatch(t.Context(), "/a", zkasync.PersistentRecursive))
		s := must(t, c.AddWatch(t.Context(), "/a", zkasync.Persistent))
		must(t, twin.Create(t.Context(), "/a/x", nil, zkasync.WithACL(hidden)))
		wantEvents(t, s, "children /a")
		cut()
		isResync(t, nextEvents(t, s, 1)[0], "/a", zkasync.ErrConnectionLoss)
		isResync(t, nextEvents(t, tree, 1)[0], "/a", zkasync.ErrConnectionLoss)
		must(t, twin.Create(t.Context(), "/a/y", nil, zkasync.WithACL(hidden)))
		must(t, twin.Create(t.Context(), "/a/z", nil))
		wantEvents(t, s, "children /a", "children /a")
		wantEvents(t, tree, "created /a/z")
		noMoreEvents(t, c, s, tree)
	}
	t.Run("real", func(t *testing.T) {
		t.Parallel()
		zkserver.Needs(t, "3.9", "watches of one path that are kept apart")
		c, twin, p := proxied(t)
		test(t, c, twin, func() { suspend(t, c, p); resume(t, p) })
	})
	t.Run("3.9.5", func(t *testing.T) {
		t.Parallel()
		s := zktest.Run(t, zktest.WithVersion("3.9.5"))
		c, twin := connect(t, s.Addr(), s.Options()...), connect(t, s.Addr(), s.Options()...)
		test(t, c, twin, func() { s.Drop(c.Session().ID) })
	})
}
