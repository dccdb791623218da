package zkasync_test

import (
	"strings"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync"
)

// All kinds of watches are set on one path, in every order. On servers before 3.9, each would replace the others.
func TestAddWatch_ModesShareAPath(t *testing.T) {
	t.Parallel()
	needsAddWatch(t)
	orders := []string{"PRO", "POR", "RPO", "ROP", "OPR", "ORP", "PO", "OP", "RO", "OR"}
	for _, order := range orders {
		t.Run(order, func(t *testing.T) {
			t.Parallel()
			c := rooted(t)
			must(t, c.Create(t.Context(), "/a", nil))
			subs := make(map[rune]*zkasync.Subscription)
			var once journal
			for _, kind := range order {
				switch kind {
				case 'P':
					subs[kind] = must(t, c.AddWatch(t.Context(), "/a", zkasync.Persistent))
				case 'R':
					subs[kind] = must(t, c.AddWatch(t.Context(), "/a", zkasync.PersistentRecursive))
				case 'O':
					leaveOneShots(t, c, "/a", &once)
				}
			}
			must(t, c.Set(t.Context(), "/a", []byte("1"), 0))
			must(t, c.Create(t.Context(), "/a/x", nil))
			must(t, c.Set(t.Context(), "/a/x", []byte("2"), 0))
			leaveOneShots(t, c, "/a", &once)
			must(t, c.Delete(t.Context(), "/a/x", 1))
			must(t, c.Set(t.Context(), "/a", []byte("3"), 1))
			noOneShots := []string{"changed /a", "changed /a", "children /a", "children /a", "changed /a", "changed /a"}
			if strings.ContainsRune(order, 'O') {
				once.wants(t, noOneShots...)
			} else {
				once.wants(t, noOneShots[3:]...)
			}
			if s := subs['P']; s != nil {
				wantEvents(t, s, "changed /a", "children /a", "children /a", "changed /a")
				noMoreEvents(t, c, s)
			}
			if s := subs['R']; s != nil {
				wantEvents(t, s, "changed /a", "created /a/x", "changed /a/x", "deleted /a/x", "changed /a")
				noMoreEvents(t, c, s)
			}
		})
	}
}

// hidden lets none of the tests' clients read.
var hidden = []zk.ACL{{Perms: zk.PermAll, Scheme: "digest", ID: "somebody:else"}}

// Some servers send no events about znodes that the client may not read (CVE-2024-23944; 3.8.4, 3.9.2, Debian's 3.8.0). So a recursive
// watch does not report that such a child was created, but a watch of the list of children still does, in either order and after a
// reconnect.
func TestAddWatch_RecursiveLeavesWatchesOfChildren(t *testing.T) {
	t.Parallel()
	needsAddWatch(t)
	c, twin, p := proxied(t)
	must(t, twin.Create(t.Context(), "/a", nil))
	first := must(t, c.ChildrenW(t.Context(), "/a")).Event
	s := must(t, c.AddWatch(t.Context(), "/a", zkasync.PersistentRecursive))
	must(t, c.Sync(t.Context(), "/"))
	must(t, twin.Create(t.Context(), "/a/x", nil, zkasync.WithACL(hidden)))
	must(t, first)
	second := must(t, c.ChildrenW(t.Context(), "/a")).Event
	must(t, twin.Create(t.Context(), "/a/y", nil, zkasync.WithACL(hidden)))
	must(t, second)
	third := must(t, c.ChildrenW(t.Context(), "/a")).Event
	suspend(t, c, p)
	resume(t, p)
	e := nextEvents(t, s, 1)[0]
	tells := !e.Resync
	if tells {
		if eventLine(e) != "created /a/x" {
			t.Errorf("event %q, want a resync or that /a/x was created", eventLine(e))
		}
		wantEvents(t, s, "created /a/y")
		e = nextEvents(t, s, 1)[0]
	}
	isResync(t, e, "/a", zkasync.ErrConnectionLoss)
	must(t, c.Sync(t.Context(), "/"))
	must(t, twin.Create(t.Context(), "/a/z", nil, zkasync.WithACL(hidden)))
	must(t, third)
	if tells {
		wantEvents(t, s, "created /a/z")
	}
	noMoreEvents(t, c, s)
}

// leaveOneShots sets a one-shot watch of each kind and writes its event to j.
func leaveOneShots(t testing.TB, c *zkasync.Client, path string, j *journal) {
	t.Helper()
	note := func(e zkasync.Event, err error) {
		if err != nil {
			j.add(err.Error())
			return
		}
		j.add(eventLine(e))
	}
	must(t, c.GetW(t.Context(), path)).Event.OnDone(note)
	must(t, c.ExistsW(t.Context(), path)).Event.OnDone(note)
	must(t, c.ChildrenW(t.Context(), path)).Event.OnDone(note)
}
