package mux

import (
	"testing"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// Requests are in flight, and the first is answered. Then a frame comes that answers none of them in its turn: it must reach no
// request, and those that are left fail as sent.
func TestConn_AReplyOutOfOrderEndsTheConnection(t *testing.T) {
	body := func(path string) []byte { return zkpeer.Body(zkpeer.Request{Op: wire.OpGetData, Path: path}) }
	cases := map[string][]byte{
		"unknown":                      zkpeer.ReplyFrame(99, 1, 0, body("/b")),
		"swapped":                      zkpeer.ReplyFrame(3, 1, 0, body("/c")),
		"repeated":                     zkpeer.ReplyFrame(1, 1, 0, body("/a")),
		"zero":                         zkpeer.ReplyFrame(0, 1, 0, body("/b")),
		"-3":                           zkpeer.ReplyFrame(-3, 1, 0, body("/b")),
		"-8":                           zkpeer.ReplyFrame(-8, 1, 0, body("/b")),
		"-2³¹":                         zkpeer.ReplyFrame(-1<<31, 1, 0, body("/b")),
		"an error's":                   zkpeer.ReplyFrame(3, 1, -101, nil),
		"unknown operation, nobody's":  zkpeer.ReplyFrame(99, 1, wire.CodeUnimplemented, nil),
		"unknown operation, once more": zkpeer.ReplyFrame(1, 1, wire.CodeUnimplemented, nil),
		"unknown operation, negative":  zkpeer.ReplyFrame(-9, 1, wire.CodeUnimplemented, nil),
		"auth without one":             zkpeer.ReplyFrame(wire.XidAuth, 1, 0, nil),
		"a torn watch event":           zkpeer.ReplyFrame(wire.XidWatch, -1, 0, []byte{0, 0, 0, 1}),
		"a reply behind, too":          append(zkpeer.ReplyFrame(3, 1, 0, body("/c")), zkpeer.ReplyFrame(2, 1, 0, body("/b"))...),
	}
	for name, bad := range cases {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				w := newWorld(t, func(c *zkpeer.Conn) {
					c.Accept()
					first, _ := c.Next()
					c.Next()
					c.Next()
					c.Next()
					c.Answer(first)
					c.Send(bad)
					c.Drain()
				})
				u := w.open()
				for _, path := range []string{"/a", "/b", "/c"} {
					w.get(path)
				}
				u.get(4, "/theirs")
				u.reading.Wait()
				w.j.want(t, "established", "restored", "/a: ok", "/b: lost, sent", "/c: lost, sent", "lost")
			})
		})
	}
}

func TestConn_AReplyToNothingEndsTheConnection(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, func(c *zkpeer.Conn) {
			c.Accept()
			c.Send(zkpeer.ReplyFrame(1, 1, 0, nil))
			c.Drain()
		})
		u := w.open()
		u.reading.Wait()
		w.j.want(t, "established", "restored", "lost")
	})
}
