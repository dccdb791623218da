package zkasync_test

import (
	"testing"
	"testing/synctest"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
)

// versions returns a script of a server that answers reads of data with one version after the other, and then with the last one
// for ever. Each Exists fires the watch.
func versions(mzxids ...int64) zkpeer.Script {
	return func(c *zkpeer.Conn) {
		next := 0
		c.Accept()
		c.Serve(func(r zkpeer.Request) bool {
			switch r.Op {
			case wire.OpGetData:
				st := zk.Stat{Mzxid: mzxids[next]}
				next = min(next+1, len(mzxids)-1)
				return c.Reply(r, wire.AppendStat(wire.AppendBuffer(nil, nil), &st))
			case wire.OpExists:
				return c.Event(wire.WatchEvent{Type: int32(zk.EventNodeDataChanged), Path: "/a"}) && c.Answer(r)
			}
			return false
		})
	}
}

// A server returns an older state, which should never happen. The client reads again after a Sync before it accepts it.
func TestLive_OlderValueIsConfirmedFirst(t *testing.T) {
	for _, test := range []struct {
		name   string
		served []int64
		shown  []int64
	}{
		{"behind", []int64{10, 5, 10, 11}, []int64{10, 11}},
		{"behind, then new", []int64{10, 5, 11}, []int64{10, 11}},
		{"set back", []int64{10, 5, 5, 6}, []int64{10, 5, 6}},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				c := connectScripted(t, versions(test.served...))
				l := c.WatchData(t.Context(), "/a")
				defer l.Close()
				for _, want := range test.shown {
					r := readingAfterEvents(t, c, l)
					if got := r.Value.Stat.Mzxid; got != want {
						t.Errorf("version %d, want %d", got, want)
					}
				}
			})
		})
	}
}

// readingAfterEvents makes the watch fire until there is another value.
func readingAfterEvents(t *testing.T, c *scripted, l *zkasync.Live[zkasync.Node]) zkasync.Reading[zkasync.Node] {
	t.Helper()
	for range 10 {
		synctest.Wait() // until everything under way is answered
		select {
		case r := <-l.C():
			return r
		default:
			must(t, c.Exists(t.Context(), "/a"))
		}
	}
	t.Fatal("no other value")
	panic("unreachable")
}
