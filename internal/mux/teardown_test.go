package mux

import (
	"errors"
	"io"
	"net"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// takesThenStops is the script of a peer that reads n requests and then no more, so that the next write is stuck until release
// is closed.
func takesThenStops(n int, release <-chan struct{}) zkpeer.Script {
	return func(c *zkpeer.Conn) {
		c.Accept()
		for range n {
			c.Next()
		}
		<-release
	}
}

func TestTeardown_FailsInFlightThenQueuedInOrder(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		release := make(chan struct{})
		w := newWorld(t, takesThenStops(4, release), zkpeer.Healthy)
		u := w.open()
		synctest.Wait()
		submit := func() {
			w.get("/a")
			w.auth("auth 1")
			u.get(1, "/theirs")
			w.get("/b")
		}
		submit()
		synctest.Wait()
		// "/c" is a batch that does not leave; what follows is queued behind it.
		w.get("/c")
		synctest.Wait()
		w.get("/d")
		w.auth("auth 2")
		u.get(2, "/theirs")
		w.get("/e")
		synctest.Wait()
		last := w.getRequest("/after")
		for _, a := range w.asks {
			if a.name == "/e" {
				a.then = func() { w.m.Submit(last) } // submitted after the loss, so it waits for the next connection
			}
		}
		close(release)
		u.reading.Wait()
		w.j.want(t, "established", "restored",
			"/a: lost, sent", "auth 1: lost, sent", "/b: lost, sent",
			"/c: lost, not sent", "/d: lost, not sent", "auth 2: lost, not sent", "/e: lost, not sent", "lost")
		if !errors.Is(u.err, io.EOF) && !errors.Is(u.err, io.ErrClosedPipe) {
			t.Errorf("go-zookeeper is told %v", u.err)
		}
		w.open()
		synctest.Wait()
		w.j.want(t, "established", "restored", "/after: ok")
	})
}

func TestTeardown_AuthKeepsItsPlace(t *testing.T) {
	t.Parallel()
	name := func(n string) Request { return &asked{name: n} }
	rs := []Request{name("5"), name("6"), name("7")}
	auths := func(before ...int32) (list []authEntry) {
		for i, b := range before {
			list = append(list, authEntry{Request: name(string(rune('a' + i))), before: b})
		}
		return list
	}
	for _, test := range []struct {
		auths []authEntry
		want  []string
	}{
		{nil, []string{"5", "6", "7"}},
		{auths(1, 5), []string{"a", "b", "5", "6", "7"}},
		{auths(6, 6, 7), []string{"5", "a", "b", "6", "c", "7"}},
		{auths(8, 9), []string{"5", "6", "7", "a", "b"}},
	} {
		var got []string
		for _, r := range mergeAuths(slices.Clone(rs), test.auths, 5) {
			got = append(got, r.(*asked).name)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("merged %v, want %v", got, test.want)
		}
	}
}

func TestTeardown_IsTheClosersWhenNobodyReads(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, func(c *zkpeer.Conn) { c.Accept(); c.Drain() })
		u := w.dial()
		if err := u.shake(); err != nil {
			t.Fatal(err)
		}
		w.get("/a")
		synctest.Wait()
		_ = u.conn.Close()
		w.j.want(t, "established", "restored", "/a: lost, sent", "lost")
		_ = u.conn.Close()
		if n, err := u.conn.Read(make([]byte, 10)); n != 0 || !errors.Is(err, net.ErrClosed) {
			t.Errorf("read %d, %v after Close", n, err)
		}
		w.j.want(t)
	})
}

func TestTeardown_IsTheReadersWhenThereIsOne(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, func(c *zkpeer.Conn) { c.Accept(); c.Drain() })
		u := w.open()
		w.get("/a")
		synctest.Wait()
		_ = u.conn.Close()
		u.reading.Wait()
		w.j.want(t, "established", "restored", "/a: lost, sent", "lost")
	})
}

func TestMux_AbortGivesTheCause(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, func(c *zkpeer.Conn) { c.Accept(); c.Drain() })
		w.m.Abort(errors.New("there is none yet"))
		u := w.open()
		why := errors.New("why")
		w.m.Abort(why)
		w.m.Abort(errors.New("another"))
		u.reading.Wait()
		if u.err != why || w.obs.lastCause() != why {
			t.Errorf("causes %v and %v, want %v", u.err, w.obs.lastCause(), why)
		}
	})
}

func TestMux_RefuseFailsWhatComesAndFailWaitingWhatWaits(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t)
		w.get("/a")
		w.m.Refuse(io.EOF)
		w.get("/b")
		w.j.want(t, "/b: refused, not sent")
		w.m.FailWaiting(io.EOF)
		w.j.want(t, "/a: refused, not sent")
	})
}

func TestMux_FailWaitingFailsWhatWaitsAfterALoss(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, func(c *zkpeer.Conn) { c.Accept() })
		w.open().reading.Wait()
		w.get("/a")
		w.m.FailWaiting(io.EOF)
		w.j.want(t, "established", "restored", "lost", "/a: refused, not sent")
	})
}

func TestMux_FailWaitingLeavesAFlowingQueueAlone(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		release := make(chan struct{})
		w := newWorld(t, func(c *zkpeer.Conn) {
			c.Accept()
			<-release
			c.Serve(nil)
		})
		w.open()
		w.get("/a")
		synctest.Wait()
		w.get("/b")
		w.m.Refuse(io.EOF)
		w.m.FailWaiting(io.EOF)
		close(release)
		synctest.Wait()
		w.j.want(t, "established", "restored", "/a: ok", "/b: ok")
	})
}

func TestConn_TakesNoPacketsOfADeadConnection(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var s seen
		w := newWorld(t, func(c *zkpeer.Conn) { c.Accept() }, s.serving)
		old := w.open()
		old.reading.Wait()
		old.get(1, "/stale") // must not fail: an error could block go-zookeeper forever
		w.open()
		old.get(2, "/stale")
		w.get("/fresh")
		synctest.Wait()
		if got := s.paths(); !slices.Equal(got, []string{"/fresh"}) {
			t.Errorf("on the wire: %q", got)
		}
		if n, err := old.conn.Write([]byte{0, 0, 0, 1, 9}); n != 5 || err != nil {
			t.Errorf("a packet without a header: %d, %v", n, err)
		}
		if op := wire.OpGetData; len(s.all()) != 1 || s.all()[0].Op != op {
			t.Errorf("on the wire: %+v", s.all())
		}
	})
}
