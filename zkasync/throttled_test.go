package zkasync_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
)

const codeNoNode = -101

// throttles returns a script of a server that throttles the first requests of each of the operations. If absent is true, it has no
// znodes until a Sync creates /a.
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

// A throttled read was not executed. So it is repeated after a pause, and no refusal is reported.
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

// longPauses is a policy whose pauses last until something ends them. A random pause may be short, but in a bubble no time passes while
// the test goes on.
var longPauses = zkasync.RetryPolicy{FirstPause: 10_000 * time.Hour, MaxPause: 10_000 * time.Hour, MaxElapsed: 20_000 * time.Hour}

// throttledServer throttles the first request of one operation. At a Set of anything, it acts as if somebody else had changed /a. It
// sends the flag of each Get, whether to set a watch, to flags.
type throttledServer struct {
	op      wire.OpCode
	late    bool // it answers the throttled request only when it has the next one
	flags   chan bool
	watched bool  // there is a watch on /a
	changed int64 // zxid of the last change of /a
}

func (s *throttledServer) script(c *zkpeer.Conn) {
	throttled := false
	c.Accept()
	c.Serve(func(r zkpeer.Request) bool {
		if r.Op != s.op || r.Path == knownPath || throttled {
			s.serve(c, r)
			return false
		}
		throttled = true
		if !s.late {
			return c.Refuse(r, codeThrottled)
		}
		next := takes(c, 1)[0]
		s.serve(c, next)
		return c.Refuse(r, codeThrottled) && c.Answer(next)
	})
}

// serve does what the server has to do for a request before it answers.
func (s *throttledServer) serve(c *zkpeer.Conn, r zkpeer.Request) {
	switch r.Op {
	case wire.OpGetData:
		flag := r.Body[len(r.Body)-1] != 0
		s.watched = s.watched || flag
		s.flags <- flag
	case wire.OpSetData:
		c.Zxid++
		s.changed = c.Zxid
		s.fire(c)
	case wire.OpRemoveWatches:
		s.watched = false
	case wire.OpSetWatches, wire.OpSetWatches2:
		s.watched = true
		if since := int64(binary.BigEndian.Uint64(r.Body)); since < s.changed {
			s.fire(c)
		}
	}
}

func (s *throttledServer) fire(c *zkpeer.Conn) {
	if s.watched {
		c.Event(wire.WatchEvent{Type: int32(zk.EventNodeDataChanged), Path: "/a"})
	}
	s.watched = false
}

func connectThrottled(t *testing.T, op wire.OpCode) (*scripted, *throttledServer) {
	t.Helper()
	s := &throttledServer{op: op, flags: make(chan bool, 10)}
	c := newScripted(t, []zkasync.Option{zkasync.WithRetry(longPauses)}, s.script)
	if err := c.Start(testContext(t)); err != nil {
		t.Fatal(err)
	}
	knowsAddWatch(t, c)
	must(t, c.Exists(t.Context(), "/")) // so that the client knows of a zxid
	return c, s
}

// getW reads /a with a watch, and checks whether the request sets one at the server or relies on an existing one.
func (s *throttledServer) getW(t *testing.T, c *scripted, leaves bool) *future.Future[zkasync.Event] {
	t.Helper()
	event := must(t, c.GetW(t.Context(), "/a")).Event
	if left := <-s.flags; left != leaves {
		t.Errorf("the request sets a watch: %v, want %v", left, leaves)
	}
	return event
}

// An AddWatch is throttled. Reads after it still get their events, whatever becomes of it: those that have relied on it, and those that
// are made during the pause.
func TestAddWatch_ThrottledLeavesReadsWatched(t *testing.T) {
	for _, relied := range []bool{false, true} {
		t.Run(fmt.Sprintf("relied=%v", relied), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				c, s := connectThrottled(t, wire.OpAddWatch)
				s.late = relied
				ctx, cancel := context.WithCancel(t.Context())
				added := c.AddWatch(ctx, "/a", zkasync.Persistent)
				if !relied {
					synctest.Wait()
				}
				event := s.getW(t, c, !relied)
				must(t, c.Exists(t.Context(), "/")) // behind what the client did about it
				must(t, c.Set(t.Context(), "/b", nil, zkasync.AnyVersion))
				must(t, event)
				if added.Ready() {
					t.Error("the pause has ended already")
				}
				cancel()
				fails(t, added, context.Canceled)
				s.getW(t, c, true)
			})
		})
	}
}

// A RemoveWatches is throttled and withdrawn. Meanwhile, the watch of a read may have replaced the server's watch, so it is set again.
func TestRemoveWatches_WithdrawnWhileThrottledKeepsSubscriptions(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c, s := connectThrottled(t, wire.OpRemoveWatches)
		sub := must(t, c.AddWatch(t.Context(), "/a", zkasync.Persistent))
		ctx, cancel := context.WithCancel(t.Context())
		removed := c.RemoveWatches(ctx, "/a", zkasync.WatcherAny)
		s.getW(t, c, true)
		cancel()
		fails(t, removed, context.Canceled)
		wantEvents(t, sub, "resync /a")
		s.getW(t, c, false)
		noMoreEvents(t, c.Client, sub)
	})
}

// The client's own requests, which keep watches at the server, are also repeated when they are throttled, and do not end the
// connection.
func TestWatch_ThrottledRestoration(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		const times = 3
		first := func(c *zkpeer.Conn) {
			c.Accept()
			c.Answer(takes(c, 1)[0])
		}
		opts := []zkasync.Option{zkasync.WithRetry(zkasync.RetryPolicy{})}
		c := newScripted(t, opts, first, throttles(times, true, wire.OpSetWatches))
		if err := c.Start(testContext(t)); err != nil {
			t.Fatal(err)
		}
		event := must(t, c.GetW(t.Context(), "/a")).Event
		must(t, c.Sync(t.Context(), "/"))
		must(t, event)
		if n := c.peer.Accepted(); n != 2 {
			t.Errorf("%d connections, want 2", n)
		}
	})
}
