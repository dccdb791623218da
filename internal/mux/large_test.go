package mux

import (
	"errors"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zkasync/zkasync-go/internal/mux/internal/request"
	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// worldLimit is the limit on replies in these tests, see newWorld.
const worldLimit = 1 << 20

// largeReply answers r with a body of size bytes.
func largeReply(r zkpeer.Request, code int32, size int) []byte {
	return zkpeer.ReplyFrame(r.Xid, 7, code, make([]byte, size))
}

// If a reply is above the limit, only its request fails, whether ours or go-zookeeper's. What follows on the wire is read.
func TestLarge_OnlyTheRequestFails(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, func(c *zkpeer.Conn) {
			c.Accept()
			c.Serve(func(r zkpeer.Request) bool {
				switch r.Path {
				case "/large", "/theirs-large":
					return c.Send(largeReply(r, 0, worldLimit))
				case "/refused", "/theirs-refused":
					return c.Send(largeReply(r, -101, worldLimit))
				}
				return false
			})
		})
		u := w.open()
		w.get("/a")
		large := w.getRequest("/large")
		w.m.Submit(large)
		w.get("/b")
		w.get("/refused")
		synctest.Wait()
		w.j.want(t, "established", "restored", "/a: ok", "/large: reply too large, sent", "/b: ok", "/refused: code -101")
		var bad *ReplySizeError
		if !errors.As(large.cause, &bad) || bad.Size != worldLimit+wire.HeaderLen || bad.Limit != worldLimit {
			t.Errorf("cause %v, want both sizes", large.cause)
		}
		for xid, path := range map[int32]string{4: "/theirs-large", 5: "/theirs-refused", 6: "/c"} {
			u.get(xid, path)
			synctest.Wait()
			switch got := w.j.take(); path {
			case "/theirs-large":
				if len(got) != 2 || !strings.HasPrefix(got[0], "dropped: ") || got[1] != "up: xid 4 code -5" {
					t.Errorf("%s: %q", path, got)
				}
			case "/theirs-refused":
				if len(got) != 1 || got[0] != "up: xid 5 code -101" {
					t.Errorf("%s: %q", path, got)
				}
			default:
				if len(got) != 1 || got[0] != "up: xid 6 /c" {
					t.Errorf("%s: %q", path, got)
				}
			}
		}
		if n := w.peer.Accepted(); n != 1 {
			t.Errorf("%d connections, want 1", n)
		}
		if zxid := w.m.LastZxid(); zxid < 7 {
			t.Errorf("last zxid %d, want that of the replies", zxid)
		}
	})
}

// A reply that is skipped takes no memory, and counts as a sign of life while it arrives.
func TestLarge_IsSkippedInBoundedMemory(t *testing.T) {
	const size, piece = 64 << 20, 1 << 20
	// Not in parallel, since the allocations of other tests would be counted.
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(c *zkpeer.Conn) {
			c.Accept()
			r, _ := c.Next()
			c.Send(zkpeer.LyingFrame(size, zkpeer.ReplyFrame(r.Xid, 1, 0, nil)[request.FrameHead:]))
			bytes := make([]byte, piece)
			for sent := wire.HeaderLen; sent < size; {
				n := min(piece, size-sent)
				c.Send(bytes[:n])
				sent += n
				time.Sleep(silenceLimit / 2)
			}
			c.Serve(nil)
		})
		w.open()
		w.get("/large")
		synctest.Wait()
		w.j.want(t, "established", "restored", "/large: reply too large, sent")
		before := heap()
		time.Sleep(size / piece * silenceLimit / 2)
		w.get("/b")
		synctest.Wait()
		if grown := int64(heap() - before); grown > 4*piece {
			t.Errorf("the heap has grown by %d bytes", grown)
		}
		w.j.want(t, "/b: ok")
	})
}

// A server that stops in the middle of a reply that is skipped is found to be silent like any other.
func TestLarge_EndsWithSilence(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, func(c *zkpeer.Conn) {
			c.Accept()
			r, _ := c.Next()
			c.Send(zkpeer.LyingFrame(math.MaxInt32, zkpeer.ReplyFrame(r.Xid, 1, 0, make([]byte, 99))[request.FrameHead:]))
			c.Drain()
		})
		u := w.open()
		start := time.Now()
		w.get("/large")
		w.get("/b")
		u.reading.Wait()
		wantSilence(t, w, start, "nothing received")
		w.j.want(t, "established", "restored", "/large: reply too large, sent", "/b: lost, sent", "lost")
	})
}

// A watch event above the limit is not skipped, since the server fires each only once.
func TestLarge_EventsAreRead(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		path := "/" + strings.Repeat("x", worldLimit)
		w := newWorld(t, func(c *zkpeer.Conn) {
			c.Accept()
			c.Event(wire.WatchEvent{Type: 1, Path: path})
			c.Event(wire.WatchEvent{Type: 1, Path: "/short"})
			c.Serve(func(r zkpeer.Request) bool { return r.Path == "/large" && c.Send(largeReply(r, 0, worldLimit)) })
		})
		w.open()
		w.get("/large")
		synctest.Wait()
		w.j.want(t, "established", "restored", "event 1 "+path, "up: event", "event 1 /short", "up: event",
			"/large: reply too large, sent")
	})
}

// If the reply to a request of the restoration is too large, the session is not restored, so the connection ends.
func TestLarge_RestorationEndsTheConnection(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, func(c *zkpeer.Conn) {
			c.Accept()
			r, _ := c.Next()
			c.Send(largeReply(r, 0, worldLimit))
			c.Drain()
		})
		w.obs.restore = func() []Request { return []Request{w.request(wire.OpSetWatches, "watches", make([]byte, 20))} }
		u := w.open()
		u.reading.Wait()
		w.j.want(t, "established", "watches: reply too large, sent", "lost")
	})
}

// If the reply to a request that tries its operation, alone in flight, is too large, what waits behind it is sent all the same.
func TestLarge_EndsATrial(t *testing.T) {
	for name, code := range map[string]int32{"reply too large, sent": 0, "code -101": -101} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				w := newWorld(t, func(c *zkpeer.Conn) {
					c.Accept()
					c.Serve(func(r zkpeer.Request) bool { return r.Op == wire.OpAddWatch && c.Send(largeReply(r, code, worldLimit)) })
				})
				w.addWatch("/w")
				w.get("/a")
				w.open()
				synctest.Wait()
				w.j.want(t, "established", "restored", "/w: "+name, "/a: ok")
			})
		})
	}
}

// The same for the first joined reads, whose reply may be much larger.
func TestLarge_EndsATrialOfJoinedReads(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		const size, piece = 65 << 20, 1 << 20
		w := joining(t, func(c *zkpeer.Conn) {
			c.Accept()
			c.Serve(func(r zkpeer.Request) bool {
				if r.Op != wire.OpMultiRead {
					return false
				}
				c.Send(zkpeer.LyingFrame(size, zkpeer.ReplyFrame(r.Xid, 1, 0, nil)[request.FrameHead:]))
				bytes := make([]byte, piece)
				for sent := wire.HeaderLen; sent < size; {
					n := min(piece, size-sent)
					c.Send(bytes[:n])
					sent += n
				}
				return true
			})
		})
		w.get("/a")
		w.get("/b")
		w.auth("behind")
		w.open()
		synctest.Wait()
		w.j.want(t, "established", "restored", "/a: reply too large, sent", "/b: reply too large, sent", "behind: ok")
	})
}
