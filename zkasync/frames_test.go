package zkasync_test

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
)

// allocated returns how many bytes this process has ever allocated.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// The peer sends a frame with a length that no server sends.
func TestFrames_FrameLengths(t *testing.T) {
	const limit, most = zkasync.DefaultMaxReplySize, 8 << 20
	for _, length := range []uint32{0, 1, 8, 15, limit + 1, 1<<31 - 1, 1 << 31, 0xffffffff} {
		t.Run(fmt.Sprint(length), func(t *testing.T) {
			// Not in parallel, since allocations of other tests would count as well.
			synctest.Test(t, func(t *testing.T) {
				s := connectScripted(t, func(c *zkpeer.Conn) {
					c.Accept()
					rs := takes(c, 3)
					c.Send(reply(rs[0]))
					c.Send(zkpeer.LyingFrame(length, make([]byte, 100)))
					c.Drain()
				}, zkpeer.Healthy)
				before := allocated()
				a, b, c := s.get("/a"), s.get("/b"), s.get("/c")
				wantNode(t, a, "/a")
				wantLoss(t, "b", b, zkasync.ErrOutcomeUnknown)
				wantLoss(t, "c", c, zkasync.ErrOutcomeUnknown)
				wantNode(t, s.get("/d"), "/d")
				if grown := allocated() - before; grown > most {
					t.Errorf("%d bytes allocated, want at most %d", grown, most)
				}
			})
		})
	}
}

// The peer sends a reply with an xid that is not the next one.
func TestFrames_ReplyXids(t *testing.T) {
	t.Parallel()
	for name, xid := range map[string]func(rs []zkpeer.Request) int32{
		"unknown":  func([]zkpeer.Request) int32 { return 1 << 30 },
		"swapped":  func(rs []zkpeer.Request) int32 { return rs[2].Xid },
		"repeated": func(rs []zkpeer.Request) int32 { return rs[0].Xid },
		"auth":     func([]zkpeer.Request) int32 { return wire.XidAuth },
		"negative": func([]zkpeer.Request) int32 { return -9 },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := connectScripted(t, func(c *zkpeer.Conn) {
					c.Accept()
					rs := takes(c, 4)
					c.Send(reply(rs[0]))
					bad := rs[2]
					bad.Xid = xid(rs)
					c.Send(reply(bad))
					c.Send(reply(rs[1]))
					c.Drain()
				}, zkpeer.Healthy)
				a, b := s.get("/a"), s.get("/b")
				c := counted(s, s.Children(t.Context(), "/c"))
				d := counted(s, s.GetW(t.Context(), "/d"))
				wantNode(t, a, "/a")
				wantLoss(t, "b", b, zkasync.ErrOutcomeUnknown)
				wantLoss(t, "c", c, zkasync.ErrOutcomeUnknown)
				wantLoss(t, "d", d, zkasync.ErrOutcomeUnknown)
				wantNode(t, s.get("/e"), "/e")
			})
		})
	}
}

// The peer sends an unknown error code.
func TestFrames_UnknownCodes(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := connectScripted(t, func(c *zkpeer.Conn) {
			c.Accept()
			c.Serve(func(r zkpeer.Request) bool { return r.Path == "/bad" && c.Refuse(r, -999) })
		})
		_, err := s.get("/bad").Get(testContext(t))
		const want = "zkasync: get /bad: server error -999 (unknown code)"
		var op *zkasync.OpError
		if !errors.As(err, &op) || op.Outcome != zkasync.OutcomeRejected || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
		if _, _, err := s.Conn().Get("/bad"); err == nil {
			t.Error("go-zookeeper's get: no error")
		}
		wantNode(t, s.get("/a"), "/a")
		if n := s.peer.Accepted(); n != 1 {
			t.Errorf("%d connections, want the first one to go on", n)
		}
	})
}

// An event of an unknown type is logged and fires no watch.
func TestFrames_UnknownEvents(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var log strings.Builder // only the receive goroutine writes to it
		send := make(chan wire.WatchEvent)
		s := newScripted(t, []zkasync.Option{zkasync.WithLogger(slog.New(slog.NewTextHandler(&log, nil)))},
			func(c *zkpeer.Conn) {
				c.Accept()
				r, _ := c.Next()
				c.Answer(r)
				for e := range send {
					c.Event(e)
				}
				c.Serve(nil)
			})
		must(t, s.StartAsync())
		w := must(t, counted(s, s.GetW(t.Context(), "/w")))
		event := counted(s, w.Event)
		send <- wire.WatchEvent{Type: 99, State: 3, Path: "/w"}
		synctest.Wait()
		if event.Ready() {
			t.Errorf("event of type 99 delivered: %v", outcome(t, event))
		}
		if line := log.String(); !strings.Contains(line, "type=99") || !strings.Contains(line, "path=/w") {
			t.Errorf("log %q, want it to name type 99 and /w", line)
		}
		send <- wire.WatchEvent{Type: int32(zk.EventNodeDataChanged), State: 3, Path: "/w"}
		if e := must(t, event); e.Type != zk.EventNodeDataChanged || e.Path != "/w" {
			t.Errorf("event %+v", e)
		}
		close(send)
	})
}
