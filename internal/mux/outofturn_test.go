package mux

import (
	"testing"
	"testing/synctest"

	"github.com/zkasync/zkasync-go/internal/mux/internal/flight"
	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// If a server does not know an operation, it says so before it answers earlier requests. The answer reaches the request that it
// belongs to, and the others keep their places.
func TestOutOfTurn_UnknownOperation(t *testing.T) {
	const requests = flight.ExpectBatch + 10 // so that the reader has taken over only some of them
	for name, at := range map[string]int{"first": 0, "soon": 2, "not taken yet": flight.ExpectBatch + 5, "last": requests - 1} {
		for _, first := range []int32{1, 1<<31 - 3} { // xids begin again at 1
			t.Run(name, func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					w := newWorld(t, func(c *zkpeer.Conn) {
						c.Accept()
						var rs []zkpeer.Request
						for len(rs) < requests {
							r, ok := c.Next()
							if !ok {
								return
							}
							rs = append(rs, r)
						}
						c.Answer(rs[0])
						if at > 0 {
							c.Refuse(rs[at], wire.CodeUnimplemented)
						}
						for i, r := range rs[1:] {
							if i+1 != at {
								c.Answer(r)
							}
						}
						c.Serve(nil)
					})
					u := w.open()
					u.conn.nextXid, u.conn.flight.Next = first, first
					for i := range requests {
						r := w.getRequest("/a")
						if i == at {
							r.op = wire.OpSetWatches2
						}
						w.m.Submit(r)
					}
					w.get("/behind")
					synctest.Wait()
					want := []string{"established", "restored"}
					if at > 0 {
						want = append(want, "/a: ok", "/a: code -6")
					}
					for len(want) < 2+requests {
						want = append(want, "/a: ok")
					}
					w.j.want(t, append(want, "/behind: ok")...)
				})
			})
		}
	}
}

// The server closes the connection after that answer. The other requests fail as at any loss.
func TestOutOfTurn_BeforeTheConnectionEnds(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, func(c *zkpeer.Conn) {
			c.Accept()
			c.Next()
			r, _ := c.Next()
			c.Next()
			c.Refuse(r, wire.CodeUnimplemented)
		})
		u := w.open()
		a := w.getRequest("/a")
		w.m.Submit(a)
		u.get(5, "/theirs")
		w.get("/c")
		u.reading.Wait()
		w.j.want(t, "established", "restored", "up: xid 5 code -6", "/a: lost, sent", "/c: lost, sent", "lost")
		if !a.blame.First || a.blame.Alone {
			t.Errorf("blame %+v", a.blame)
		}
	})
}
