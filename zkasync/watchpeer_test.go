package zkasync_test

import (
	"fmt"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
)

const (
	codeUnimplemented = -6
	codeThrottled     = -127
)

// knowsNot returns a script of a server that does not know an operation: it says so and closes the connection, as servers do.
func knowsNot(op wire.OpCode) zkpeer.Script {
	return func(c *zkpeer.Conn) {
		if c.Accept() {
			c.Serve(func(r zkpeer.Request) bool {
				if r.Op == op {
					c.Refuse(r, codeUnimplemented)
					c.Cut()
				}
				return r.Op == op
			})
		}
	}
}

func TestAddWatch_ServerBefore36(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := connectScripted(t, knowsNot(wire.OpAddWatch))
		fails(t, c.AddWatch(t.Context(), "/a", zkasync.Persistent), zkasync.ErrUnimplemented)
		poll(t, "the next connection", func() bool { return c.peer.Accepted() == 2 })
		must(t, c.Get(t.Context(), "/a"))
		fails(t, c.AddWatch(t.Context(), "/a", zkasync.Persistent), zkasync.ErrUnimplemented, zkasync.ErrNotSent)
		if n := c.peer.Accepted(); n != 2 {
			t.Errorf("%d connections, want 2: an unknown operation costs one", n)
		}
		must(t, c.GetW(t.Context(), "/a"))
		if err := c.Restart(testContext(t)); err != nil {
			t.Fatal(err)
		}
		err := fails(t, c.AddWatch(t.Context(), "/a", zkasync.Persistent), zkasync.ErrUnimplemented)
		if got, want := err.Error(), "zkasync: add watch /a: server error -6 (unimplemented)"; got != want {
			t.Errorf("error %q, want %q", got, want)
		}
	})
}

// The client moves from a server that knows persistent watches to one that does not. These watches end, and the others are restored.
func TestWatchRestore_FallsBackForServersBefore36(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		restored := make(chan wire.OpCode, 10)
		c := connectScripted(t,
			func(c *zkpeer.Conn) {
				c.Accept()
				c.Serve(func(r zkpeer.Request) bool {
					if r.Op == wire.OpSync {
						c.Cut()
					}
					return r.Op == wire.OpSync
				})
			},
			knowsNot(wire.OpSetWatches2),
			func(c *zkpeer.Conn) {
				c.Accept()
				c.Serve(func(r zkpeer.Request) bool {
					if r.Op == wire.OpSetWatches || r.Op == wire.OpSetWatches2 {
						restored <- r.Op
					}
					return false
				})
			})
		s := must(t, c.AddWatch(t.Context(), "/a", zkasync.Persistent))
		event := must(t, c.GetW(t.Context(), "/b")).Event
		fails(t, c.Sync(t.Context(), "/"), zkasync.ErrConnectionLoss)
		<-s.Done()
		wantErr(t, s.Err(), zkasync.ErrUnimplemented)
		must(t, c.Get(t.Context(), "/a"))
		if event.Ready() {
			t.Error("the one-shot watch has ended, too")
		}
		if op := <-restored; op != wire.OpSetWatches || len(restored) > 0 {
			t.Errorf("restored with %v, want the older request, once", op)
		}
	})
}

// A server since 3.9 keeps all kinds of watches of a path, so it reports a changed list of children that the client has derived from the
// event of the child already. Subscriptions get it once.
func TestAddWatch_ChildrenOnceOnServersSince39(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		event := func(typ zk.EventType, path string) wire.WatchEvent {
			return wire.WatchEvent{Type: int32(typ), State: int32(zk.StateSyncConnected), Path: path}
		}
		c := connectScripted(t, func(c *zkpeer.Conn) {
			c.Accept()
			c.Serve(func(r zkpeer.Request) bool {
				if r.Op == wire.OpExists {
					c.Event(event(zk.EventNodeCreated, "/a/x"))
					c.Event(event(zk.EventNodeChildrenChanged, "/a"))
					c.Event(event(zk.EventNodeDeleted, "/a/x"))
					c.Event(event(zk.EventNodeChildrenChanged, "/a"))
					c.Event(event(zk.EventNodeChildrenChanged, "/a"))
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

// knownPath is the path that knowsAddWatch watches.
const knownPath = "/known"

// knowsAddWatch lets a client find out that its server knows AddWatch, so that the next one need not be alone in flight.
func knowsAddWatch(t *testing.T, c *scripted) {
	t.Helper()
	must(t, c.AddWatch(t.Context(), knownPath, zkasync.Persistent))
}

// A read relies on a persistent watch that was requested before it and is refused. The read's own watch is set instead, even if another
// request for the persistent watch, after the read, is accepted.
func TestAddWatch_RefusedLeavesReadsWatched(t *testing.T) {
	for _, again := range []bool{false, true} {
		t.Run(fmt.Sprintf("again=%v", again), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				c := connectScripted(t, refusesFirstAddWatch(t, again))
				knowsAddWatch(t, c)
				added := c.AddWatch(t.Context(), "/a", zkasync.Persistent)
				read := c.GetW(t.Context(), "/a")
				if again {
					must(t, c.AddWatch(t.Context(), "/a", zkasync.Persistent))
				}
				err := fails(t, added)
				if got, want := err.Error(), "zkasync: add watch /a: server error -127 (throttled)"; got != want {
					t.Errorf("error %q, want %q", got, want)
				}
				must(t, must(t, read).Event)
			})
		})
	}
}

// refusesFirstAddWatch returns a script of a server that reads an AddWatch, a read and maybe another AddWatch before it answers them, and
// sends an event when the watch of the read is set.
func refusesFirstAddWatch(t *testing.T, again bool) zkpeer.Script {
	return func(c *zkpeer.Conn) {
		var held []zkpeer.Request
		answer := func() {
			c.Refuse(held[0], codeThrottled)
			for _, r := range held[1:] {
				c.Answer(r)
			}
		}
		c.Accept()
		c.Serve(func(r zkpeer.Request) bool {
			switch r.Op {
			case wire.OpAddWatch, wire.OpGetData:
				if r.Path == knownPath {
					return false
				}
				if r.Op == wire.OpGetData && r.Body[len(r.Body)-1] != 0 {
					t.Error("the read has set a watch")
				}
				held = append(held, r)
				if again == (len(held) == 3) && len(held) >= 2 {
					answer()
				}
				return true
			case wire.OpSetWatches2:
				c.Answer(r)
				c.Event(wire.WatchEvent{Type: int32(zk.EventNodeDataChanged), Path: "/a"})
				return true
			}
			return false
		})
	}
}

// With WithRetry, a throttled AddWatch is repeated after a while. A read after the first attempt has relied on it.
func TestAddWatch_ThrottledAndRepeatedLeavesReadsWatched(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		attempts := 0
		c := newScripted(t, []zkasync.Option{zkasync.WithRetry(zkasync.RetryPolicy{})}, func(c *zkpeer.Conn) {
			var first zkpeer.Request
			c.Accept()
			c.Serve(func(r zkpeer.Request) bool {
				switch r.Op {
				case wire.OpAddWatch:
					if r.Path == knownPath {
						return false
					}
					attempts++
					if attempts == 1 {
						first = r // answered when the read has come
					}
					return attempts == 1
				case wire.OpGetData:
					return !c.Refuse(first, codeThrottled)
				case wire.OpSetWatches2:
					c.Answer(r)
					return c.Event(wire.WatchEvent{Type: int32(zk.EventNodeDataChanged), Path: "/a"})
				}
				return false
			})
		})
		if err := c.Start(testContext(t)); err != nil {
			t.Fatal(err)
		}
		knowsAddWatch(t, c)
		added := c.AddWatch(t.Context(), "/a", zkasync.Persistent)
		event := must(t, c.GetW(t.Context(), "/a")).Event
		must(t, added)
		must(t, event)
		if n := c.peer.Accepted(); n != 1 {
			t.Errorf("%d connections, want 1", n)
		}
		if attempts != 2 {
			t.Errorf("%d attempts, want 2", attempts)
		}
	})
}
