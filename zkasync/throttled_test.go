package zkasync_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/internal/zkpeer"
)

const codeNoNode = -101

// throttles is a script of a server that throttles the first requests of each of the operations. If absent is true, it has
// no znodes, until a Sync creates /a.
func throttles(times int, absent bool, ops ...wire.OpCode) zkpeer.Script {
	return func(c *zkpeer.Conn) {
		left := make(map[wire.OpCode]int)
		for _, op := range ops {
			left[op] = times
		}
		c.Accept()
		c.Serve(func(r zkpeer.Request) bool {
			switch {
			case left[r.Op] > 0:
				left[r.Op]--
				return c.Refuse(r, codeThrottled)
			case absent && (r.Op == wire.OpGetData || r.Op == wire.OpExists):
				return c.Refuse(r, codeNoNode)
			case r.Op == wire.OpSync:
				absent = false
				return c.Event(wire.WatchEvent{Type: int32(zk.EventNodeCreated), Path: "/a"}) && c.Answer(r)
			}
			return false
		})
	}
}

// What a server throttles it has not looked at: it is asked again after a pause, and nobody is told of a refusal.
func TestLive_ThrottledIsReadAgain(t *testing.T) {
	const times = 5
	for _, test := range []struct {
		name   string
		opts   []zkasync.Option
		absent bool
		op     wire.OpCode
	}{
		{"value", nil, false, wire.OpGetData},
		{"absence", nil, true, wire.OpExists},
		{"value, with repetition", []zkasync.Option{zkasync.WithRetry(zkasync.RetryPolicy{MaxAttempts: 2})}, false, wire.OpGetData},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				c := newScripted(t, test.opts, throttles(times, test.absent, test.op))
				if err := c.Start(testContext(t)); err != nil {
					t.Fatal(err)
				}
				l := c.WatchData(t.Context(), "/a")
				defer l.Close()
				if test.absent {
					wantData(t, l, "absent")
					must(t, c.Sync(t.Context(), "/"))
				}
				wantData(t, l, "/a")
			})
		})
	}
}

// The pause ends with the Live and with the client.
func TestLive_EndsWhileThrottled(t *testing.T) {
	for name, end := range map[string]func(c *scripted, l *zkasync.Live[zkasync.Node]){
		"Close":          func(_ *scripted, l *zkasync.Live[zkasync.Node]) { l.Close() },
		"client's Close": func(c *scripted, _ *zkasync.Live[zkasync.Node]) { _ = c.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				const hours = 10_000 * time.Hour
				policy := zkasync.RetryPolicy{FirstPause: hours, MaxPause: hours, MaxAttempts: 1}
				c := newScripted(t, []zkasync.Option{zkasync.WithRetry(policy)}, throttles(1, false, wire.OpGetData))
				if err := c.Start(testContext(t)); err != nil {
					t.Fatal(err)
				}
				l := c.WatchData(t.Context(), "/a")
				synctest.Wait()
				if r, known := l.Latest(); known {
					t.Errorf("value %q, want none yet", dataLine(r))
				}
				end(c, l)
				<-l.Done()
			})
		})
	}
}
