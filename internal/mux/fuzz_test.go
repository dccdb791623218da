package mux

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// A server may send anything at all while requests of ours and of go-zookeeper are in flight. Each of ours ends once, which
// newWorld checks, and in order. Nothing panics, in go-zookeeper either; for that, the real go-zookeeper reads here.
func FuzzConn_Receive(f *testing.F) {
	reply := func(xid int32, path string) []byte {
		return zkpeer.ReplyFrame(xid, 1, 0, zkpeer.Body(zkpeer.Request{Op: wire.OpGetData, Path: path}))
	}
	all := slices.Concat(reply(1, "/a"), reply(2, "/theirs"), reply(3, "/b"))
	f.Add(all)
	f.Add(all[:100])
	f.Add(slices.Concat(reply(1, "/a"), zkpeer.EventFrame(wire.WatchEvent{Type: 99, State: 3, Path: "/w"}), reply(3, "/b")))
	f.Add(slices.Concat(reply(1, "/a"), reply(2, "/theirs")[:60], all))
	f.Add(zkpeer.ReplyFrame(wire.XidAuth, 1, -115, nil))
	f.Add(zkpeer.ReplyFrame(wire.XidWatch, -1, 0, wire.AppendInt32(make([]byte, 8), -1)))
	f.Add(zkpeer.LyingFrame(0xffffffff, all))
	f.Fuzz(func(t *testing.T, sent []byte) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, func(c *zkpeer.Conn) {
				c.Accept()
				c.Next()
				c.Next()
				c.Next()
				c.Send(sent)
			}, zkpeer.Healthy)
			z := w.zookeeper()
			synctest.Wait()
			w.get("/a")
			synctest.Wait()
			theirs := make(chan struct{})
			go func() {
				defer close(theirs)
				_, _, _, _ = z.GetW("/theirs")
			}()
			synctest.Wait()
			w.get("/b")
			<-theirs
			synctest.Wait()
			lines := strings.Join(w.j.take(), "\n")
			a, b := strings.Index(lines, "/a: "), strings.Index(lines, "/b: ")
			if a < 0 || b < a {
				t.Errorf("the requests did not end in order:\n%s", lines)
			}
		})
	})
}
