package mux

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/zkasync/zkasync-go/internal/mux/internal/inbox"
	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
)

// Among the lengths are two on which go-zookeeper fails: it panics on 8 and 15, and allocates 4 GB for 0xffffffff.
func TestConn_RefusesFrameLengthsThatNoServerSends(t *testing.T) {
	for _, length := range []uint32{0, 1, 8, 15, 1<<20 + 1, 1<<31 - 1, 1 << 31, 0xffffffff} {
		t.Run(fmt.Sprint(length), func(t *testing.T) {
			// Not in parallel, since the allocations of other tests would be counted.
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, func(c *zkpeer.Conn) {
					c.Accept()
					c.Next()
					c.Next()
					c.Send(zkpeer.LyingFrame(length, make([]byte, 40)))
					c.Drain()
				})
				u := w.open()
				before := heap()
				w.get("/a")
				u.get(2, "/theirs")
				u.reading.Wait()
				if grown := int64(heap() - before); grown > 8<<20 {
					t.Errorf("the heap has grown by %d bytes", grown)
				}
				w.j.want(t, "established", "restored", "/a: lost, sent", "lost")
				var bad *inbox.FrameError
				if !errors.As(u.err, &bad) || bad.Length != length || !errors.As(w.obs.lastCause(), &bad) {
					t.Errorf("errors %v and %v, want a FrameError of %d", u.err, w.obs.lastCause(), length)
				}
			})
		})
	}
}

// heap returns the number of bytes allocated since the process started.
func heap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

func TestConn_ReportsTheEndOfTheStream(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, func(c *zkpeer.Conn) {
			c.Accept()
			r, _ := c.Next()
			c.Next()
			c.Answer(r)
			c.Send(zkpeer.ReplyFrame(r.Xid+1, c.Zxid, 0, nil)[:9])
		})
		u := w.open()
		w.get("/a")
		w.get("/b")
		u.reading.Wait()
		w.j.want(t, "established", "restored", "/a: ok", "/b: lost, sent", "lost")
		if !errors.Is(u.err, io.EOF) {
			t.Errorf("read %v, want the end", u.err)
		}
	})
}
