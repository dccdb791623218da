package mux

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// go-zookeeper may ask for the next connection before its other goroutine has closed the previous one. A teardown that came
// later would fail the requests of the next connection too.
func TestNewConn_WaitsForTheEndOfTheLastOne(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t)
		old := w.dial()
		if err := old.shake(); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Second, func() { _ = old.conn.Close() })
		start := time.Now()
		w.open()
		if took := time.Since(start); took != time.Second {
			t.Errorf("the next connection was made after %v", took)
		}
		w.get("/a")
		synctest.Wait()
		w.j.want(t, "established", "restored", "lost", "established", "restored", "/a: ok")
	})
}

func TestMux_WaitConnsWaitsForTheTeardown(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, func(c *zkpeer.Conn) { c.Accept(); c.Drain() })
		w.m.WaitConns() // there was none
		u := w.open()
		w.get("/a")
		synctest.Wait()
		time.AfterFunc(time.Second, func() { _ = u.conn.Close() })
		w.m.WaitConns()
		w.j.want(t, "established", "restored", "/a: lost, sent", "lost")
	})
}

// A stop ends a connection that is not open yet, or is made afterwards, and ends the session that was granted for it.
func TestMux_StopEndsAConnectionThatIsNotOpen(t *testing.T) {
	for name, before := range map[string]bool{"made behind it": false, "made before it": true} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				var s seen
				w := newWorld(t, s.serving)
				sock, err := w.peer.Dial(t.Context(), "", "")
				if err != nil {
					t.Fatal(err)
				}
				h, err := w.meet(sock, OfferSession)
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				var c *Conn
				if before {
					c = w.m.NewConn(h)
				}
				w.m.Stop()
				if !before {
					c = w.m.NewConn(h)
				}
				if err := w.over(c).shake(); err != nil {
					t.Errorf("the pretended handshake: %v", err)
				}
				if took := time.Since(start); took != 0 {
					t.Errorf("took %v", took)
				}
				synctest.Wait()
				if all := s.all(); len(all) != 1 || all[0].Op != wire.OpClose {
					t.Errorf("on the wire: %+v, want the end of the session", all)
				}
				w.j.want(t)
			})
		})
	}
}

func TestMux_StopTakesAMoveBack(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		release := make(chan struct{})
		w := newWorld(t, func(c *zkpeer.Conn) {
			c.Accept()
			c.Serve(func(r zkpeer.Request) bool {
				if r.Path == "/a" {
					<-release
				}
				return false
			})
		})
		z := w.zookeeper()
		w.get("/a")
		synctest.Wait()
		w.m.Move()
		w.get("/b")
		time.AfterFunc(time.Second/2, func() { close(release) })
		z.close(w.m)
		w.m.WaitConns()
		w.j.want(t, "established", "restored", "/a: ok", "/b: ok", "lost")
		if !w.m.SessionEnded() {
			t.Error("the session was left behind")
		}
	})
}

// What Observer.Restored submits is sent, even if the client stops before the queue is open.
func TestFailWaiting_WhileTheQueueOpens(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, zkpeer.Healthy)
		w.obs.then = func() {
			w.get("/a")
			w.m.Stop()
			w.m.FailWaiting(errors.New("closed"))
		}
		w.open()
		time.Sleep(time.Second)
		w.j.want(t, "established", "restored", "/a: ok")
	})
}

func TestHandshake_IsNotRestoredWhenTheRestorationGivesUp(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, func(c *zkpeer.Conn) {
			c.Accept()
			c.Serve(func(r zkpeer.Request) bool { return c.Refuse(r, wire.CodeMarshalling) })
		})
		w.obs.restore = func() []Request {
			a := w.request(wire.OpSetWatches, "watches", nil)
			a.then = func() { w.m.Abort(errors.New("no watches")) }
			return []Request{a}
		}
		w.open().reading.Wait()
		w.j.want(t, "established", "watches: code -5", "lost")
	})
}

func TestTeardown_OfAServerThatAnswersWhatDidNotLeave(t *testing.T) {
	for name, xid := range map[string]int32{"a get": 1, "a credential": wire.XidAuth} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				written := make(chan struct{})
				w := newWorld(t, func(c *zkpeer.Conn) {
					c.Accept()
					<-written
					c.Send(zkpeer.ReplyFrame(xid, 1, wire.CodeMarshalling, nil))
				})
				u := w.open()
				if xid == wire.XidAuth {
					w.auth("request")
				} else {
					w.get("request")
				}
				synctest.Wait() // the request is stuck in a write of which the peer reads no byte
				close(written)
				u.reading.Wait()
				w.j.want(t, "established", "restored", "request: code -5", "lost")
			})
		})
	}
}

// fickle is a request whose Context method returns the context only once, and nil afterwards.
type fickle struct {
	*asked
	asks int
}

func (f *fickle) Context() context.Context {
	if f.asks++; f.asks > 1 {
		return nil
	}
	return f.asked.Context()
}

func TestGuard_AsksForTheContextOnce(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t)
		ctx, cancel := context.WithCancel(t.Context())
		a := w.getRequest("/a")
		a.ctx = ctx
		w.m.Submit(&fickle{asked: a})
		cancel()
		synctest.Wait()
		w.j.want(t, "/a: context, not sent")
	})
}
