package zkasync_test

import (
	"errors"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
)

// tells returns a script of a server that sends the next event before it answers each Exists, and cuts the connection at a Sync of /cut.
func tells(events ...wire.WatchEvent) zkpeer.Script {
	return func(c *zkpeer.Conn) {
		c.Accept()
		c.Serve(func(r zkpeer.Request) bool {
			switch {
			case r.Op == wire.OpExists && len(events) > 0:
				c.Event(events[0])
				events = events[1:]
			case r.Op == wire.OpSync && r.Path == "/cut":
				c.Cut()
				return true
			}
			return false
		})
	}
}

// Some servers report a changed list of children right after the event of the child, from which the client has derived it already. When
// the server no longer has the recursive watch, such a report is a change of its own.
func TestAddWatch_ChildrenAreReportedAfterTheRecursiveWatch(t *testing.T) {
	created := wire.WatchEvent{Type: int32(zk.EventNodeCreated), State: int32(zk.StateSyncConnected), Path: "/a/b"}
	children := wire.WatchEvent{Type: int32(zk.EventNodeChildrenChanged), State: int32(zk.StateSyncConnected), Path: "/a"}
	for _, test := range []struct {
		name    string
		scripts []zkpeer.Script
		replace func(t *testing.T, c *scripted)
	}{
		{"on another connection", []zkpeer.Script{tells(created), tells(children)}, func(t *testing.T, c *scripted) {
			fails(t, c.Sync(t.Context(), "/cut"), zkasync.ErrConnectionLoss)
		}},
		{"set again", []zkpeer.Script{tells(created, children)}, func(t *testing.T, c *scripted) {
			must(t, c.RemoveWatches(t.Context(), "/a", zkasync.WatcherData))
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				c := connectScripted(t, test.scripts...)
				s := must(t, c.AddWatch(t.Context(), "/a", zkasync.Persistent))
				tree := must(t, c.AddWatch(t.Context(), "/a", zkasync.PersistentRecursive))
				must(t, c.GetW(t.Context(), "/a")) // lets RemoveWatches succeed
				must(t, c.Exists(t.Context(), "/"))
				wantEvents(t, s, "children /a")
				tree.Close()
				test.replace(t, c)
				wantEvents(t, s, "resync /a")
				must(t, c.Exists(t.Context(), "/"))
				wantEvents(t, s, "children /a")
				noMoreEvents(t, c.Client, s)
			})
		})
	}
}

// An AddWatch was not answered before its session ended, and is repeated in the next one. Its subscription has missed nothing by that, and
// a later resync has a reason of its own.
func TestAddWatch_PendingAtTheEndOfTheSession(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := newScripted(t, []zkasync.Option{zkasync.WithRetry(zkasync.RetryPolicy{})},
			func(c *zkpeer.Conn) {
				c.Accept()
				c.Serve(func(r zkpeer.Request) bool {
					if r.Op == wire.OpAddWatch {
						c.Cut()
					}
					return r.Op == wire.OpAddWatch
				})
			},
			func(c *zkpeer.Conn) { c.AcceptWith(wire.ConnectResponse{}) }, // expired
			tells(), zkpeer.Healthy)
		if err := c.Start(testContext(t)); err != nil {
			t.Fatal(err)
		}
		s := must(t, c.AddWatch(t.Context(), "/a", zkasync.Persistent))
		_ = outcome(t, c.Sync(zkasync.MarkIdempotent(t.Context()), "/cut"))
		if e := nextEvents(t, s, 1)[0]; !e.Resync || !errors.Is(e.Err, zkasync.ErrConnectionLoss) {
			t.Errorf("event %q, %v, want a resync for %v", eventLine(e), e.Err, zkasync.ErrConnectionLoss)
		}
	})
}
