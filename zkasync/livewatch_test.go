package zkasync_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
)

// A znode is hidden, changed and shown again before the client notices. The server does not report the change, and would drop a
// one-shot watch because of it (ZOOKEEPER-4799): no later change would be seen.
func TestLive_ValueThatWasHiddenMeanwhile(t *testing.T) {
	t.Parallel()
	zkserver.Needs(t, "3.6", "persistent watches")
	c, twin, _ := proxied(t)
	must(t, twin.Create(t.Context(), "/a", []byte("1")))
	data, children := c.WatchData(t.Context(), "/a"), c.WatchChildren(t.Context(), "/a")
	wantData(t, data, "1")
	wantChildren(t, children, "[]")
	writes := zk.ACL{Perms: zk.PermAll &^ zk.PermRead, Scheme: "world", ID: "anyone"}
	must(t, twin.SetACL(t.Context(), "/a", append([]zk.ACL{writes}, hidden...), zkasync.AnyVersion))
	must(t, twin.Set(t.Context(), "/a", []byte("2"), zkasync.AnyVersion))
	must(t, twin.Create(t.Context(), "/a/x", nil))
	must(t, c.Sync(t.Context(), "/"))
	must(t, twin.SetACL(t.Context(), "/a", zk.WorldACL(zk.PermAll), zkasync.AnyVersion))
	must(t, twin.Set(t.Context(), "/a", []byte("3"), zkasync.AnyVersion))
	must(t, twin.Create(t.Context(), "/a/y", nil))
	poll(t, "the newest data", func() bool { r, _ := data.Latest(); return dataLine(r) == "3" })
	poll(t, "the newest children", func() bool { r, _ := children.Latest(); return childrenLine(r) == "[x y]" })
}

// watchCount returns on how many paths the server has watches.
func watchCount(t *testing.T, srv check.Server) string {
	t.Helper()
	answer, err := srv.FourLetter(t.Context(), "wchs")
	if err != nil {
		t.Fatal(err)
	}
	_, total, _ := strings.Cut(strings.TrimSpace(answer), "Total watches:")
	return total
}

// Closed values leave no watch at the server, and closing them removes no other watch.
func TestLive_CloseRemovesTheServersWatch(t *testing.T) {
	t.Parallel()
	zkserver.Needs(t, "3.6", "persistent watches")
	srv := check.Run(t)
	c := connect(t, srv.Addr())
	const n = 100
	var lives []interface{ Close() }
	for i := range n {
		data, children := c.WatchData(t.Context(), fmt.Sprint("/", i)), c.WatchChildren(t.Context(), fmt.Sprint("/", i))
		lives = append(lives, data, children)
	}
	stays := c.WatchData(t.Context(), "/7")
	wantData(t, stays, "absent")
	if got := watchCount(t, srv); got != fmt.Sprint(n) {
		t.Errorf("%s watches of %d values on %d paths", got, 2*n+1, n)
	}
	for _, l := range lives {
		l.Close()
	}
	poll(t, "one watch left", func() bool { return watchCount(t, srv) == "1" })
	must(t, c.Create(t.Context(), "/7", []byte("x")))
	wantData(t, stays, "x")
	stays.Close()
	poll(t, "no watch left", func() bool { return watchCount(t, srv) == "0" })
}

// Servers before 3.6 know one-shot watches only. These are enough for a Live.
func TestLive_OnServersBefore36(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := connectScripted(t, knowsNot(wire.OpAddWatch), func(c *zkpeer.Conn) {
			c.Accept()
			var reads int
			c.Serve(func(r zkpeer.Request) bool {
				switch r.Op {
				case wire.OpAddWatch:
					t.Error("the server was asked for a persistent watch again")
				case wire.OpGetData:
					reads++
					stat := zkpeer.Stat(r.Path)
					stat.Mzxid = int64(reads)
					body := wire.AppendStat(wire.AppendBuffer(nil, fmt.Append(nil, reads)), &stat)
					return c.Reply(r, body) && (reads > 2 || c.Event(wire.WatchEvent{Type: int32(zk.EventNodeDataChanged), Path: r.Path}))
				}
				return false
			})
		})
		l := c.WatchData(testContext(t), "/a")
		poll(t, "the third value, or what a further read has found", func() bool {
			r, _ := l.Latest()
			n, _ := strconv.Atoi(dataLine(r))
			return n >= 3
		})
		l.Close()
	})
}

// Changes come faster than they can be read. A read sees every change before it, so one more read is enough.
func TestLive_ReadsOnceForManyChanges(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var reads atomic.Int32
		c := connectScripted(t, func(c *zkpeer.Conn) {
			c.Accept()
			c.Serve(func(r zkpeer.Request) bool {
				if r.Op != wire.OpGetData {
					return false
				}
				if reads.Add(1) == 1 {
					for range 1000 {
						c.Event(wire.WatchEvent{Type: int32(zk.EventNodeDataChanged), Path: r.Path})
					}
				}
				return false
			})
		})
		l := c.WatchData(testContext(t), "/a")
		nextReading(t, l)
		must(t, c.Sync(t.Context(), "/"))
		must(t, c.Sync(t.Context(), "/"))
		if n := reads.Load(); n != 2 {
			t.Errorf("%d reads, want 2", n)
		}
	})
}

// On servers before 3.9, a one-shot watch that a library sets through Conn replaces the watch of the value (ZOOKEEPER-4466), and is
// gone after the first change.
func TestLive_BesideAWatchOfConn(t *testing.T) {
	t.Parallel()
	zkserver.Needs(t, "3.6", "persistent watches")
	root := zkserver.Root(t)
	c := connect(t, zkserver.Shared(t).Addr()+root)
	must(t, c.EnsurePath(t.Context(), "/a"))
	l := c.WatchData(t.Context(), "/a")
	wantData(t, l, "")
	_, _, event, err := c.Conn().GetW(root + "/a")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		must(t, c.Set(t.Context(), "/a", fmt.Append(nil, i), zkasync.AnyVersion))
		wantData(t, l, fmt.Sprint(i))
	}
	if e := <-event; e.Type != zk.EventNodeDataChanged {
		t.Errorf("event %v of Conn(), want a change", e)
	}
	l.Close()
}

// Values that are closed at any moment of a reconnect leave no watch.
func TestLive_ClosedWhileReconnecting(t *testing.T) {
	needsAddWatch(t)
	t.Parallel()
	srv := check.Run(t)
	p := zkproxy.Run(t, srv.Addr())
	c := connect(t, p.Addr())
	for round := range 6 {
		var lives []*zkasync.Live[zkasync.Node]
		for i := range 40 {
			l := c.WatchData(t.Context(), fmt.Sprintf("/%d", i))
			lives = append(lives, l)
			if round%2 == 0 {
				wantData(t, l, "absent")
			}
		}
		accepted := p.Accepted()
		p.Cut()
		for _, l := range lives {
			time.Sleep(time.Duration(rand.IntN(3)) * time.Millisecond)
			l.Close()
		}
		poll(t, "reconnected", func() bool { return p.Accepted() > accepted && c.State() == zkasync.StateConnected })
		must(t, c.Sync(t.Context(), "/"))
		poll(t, "no watch left", func() bool { return watchCount(t, srv) == "0" })
	}
}
