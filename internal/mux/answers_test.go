package mux

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
)

const requestTime = 3 * time.Second

// pinging makes u send heartbeats until the connection ends.
func (u *upper) pinging() {
	u.reading.Go(func() {
		for !u.conn.isDead() {
			u.write(wire.XidPing, wire.OpPing, nil)
			time.Sleep(sessionTime / 6)
		}
	})
}

// A server that goes on answering heartbeats but stops answering requests is left a request timeout after its last reply.
func TestAnswers_ServerThatAnswersHeartbeatsOnly(t *testing.T) {
	for _, limit := range []time.Duration{0, requestTime, 2 * sessionTime} {
		t.Run(limit.String(), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				w := newWorld(t, func(c *zkpeer.Conn) {
					c.Accept()
					c.Serve(func(r zkpeer.Request) bool { return r.Path == "/stuck" || r.Path == "/behind" })
				})
				w.m.cfg.RequestTimeout = limit
				u := w.open()
				u.pinging()
				time.Sleep(4 * sessionTime) // nothing in flight: there is nothing to wait for
				w.get("/a")
				synctest.Wait()
				w.j.want(t, "established", "restored", "/a: ok")
				start := time.Now()
				w.get("/stuck")
				time.Sleep(time.Second)
				w.get("/behind")
				if limit == 0 {
					time.Sleep(10 * sessionTime)
					w.j.want(t)
					u.closeWait()
					return
				}
				u.reading.Wait()
				if took := time.Since(start); took < limit || took > limit+sessionTime/6+2*maxSilenceTick {
					t.Errorf("lost after %v, want soon after %v", took, limit)
				}
				var silent *SilenceError
				if cause := w.obs.lastCause(); !errors.As(cause, &silent) || silent.What != "no request answered" {
					t.Errorf("cause %v", cause)
				}
				w.j.want(t, "/stuck: lost, sent", "/behind: lost, sent", "lost")
			})
		})
	}
}

// Credentials, and the requests that restore the session, are timed like any other request.
func TestAnswers_OfCredentialsAndRestoration(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, func(c *zkpeer.Conn) {
			c.Accept()
			c.Serve(func(r zkpeer.Request) bool { return r.Op == wire.OpSetAuth || r.Op == wire.OpSetWatches })
		})
		w.m.cfg.RequestTimeout = requestTime
		w.obs.restore = func() []Request { return []Request{w.authRequest("auth")} }
		u := w.open()
		u.pinging()
		u.reading.Wait()
		w.obs.restore = func() []Request { return []Request{w.request(wire.OpSetWatches, "watches", make([]byte, 20))} }
		u = w.open()
		u.pinging()
		u.reading.Wait()
		w.j.want(t, "established", "auth: lost, sent", "lost", "established", "watches: lost, sent", "lost")
	})
}

// A slow server is not stuck: one that answers now and then, or one whose large reply is still arriving.
func TestAnswers_SlowIsNotStuck(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		large := make([]byte, worldLimit-100)
		w := newWorld(t, func(c *zkpeer.Conn) {
			c.Accept()
			c.Serve(func(r zkpeer.Request) bool {
				if r.Op == wire.OpPing {
					return false
				}
				time.Sleep(requestTime * 3 / 4)
				if r.Path != "/large" {
					return false
				}
				reply := zkpeer.ReplyFrame(r.Xid, 1, -101, large)
				for n := len(large) / 5; len(reply) > n; reply = reply[n:] {
					c.Send(reply[:n])
					time.Sleep(requestTime * 3 / 4)
				}
				return c.Send(reply)
			})
		})
		w.m.cfg.RequestTimeout = requestTime
		u := w.open()
		for _, path := range []string{"/a", "/large", "/b"} {
			w.get(path)
		}
		time.Sleep(20 * requestTime / 4)
		for range 10 {
			u.write(wire.XidPing, wire.OpPing, nil)
			time.Sleep(time.Second)
		}
		w.j.want(t, "established", "restored", "/a: ok", "/large: code -101", "/b: ok")
	})
}

// Times in which this process stood still do not count, however often that happens. All others do.
func TestAnswerClock(t *testing.T) {
	const tick = 250 * time.Millisecond
	var k answerClock
	now := int64(time.Hour)
	for i, step := range []struct {
		stoodStill time.Duration
		progress   int64
		waiting    bool
		want       time.Duration
	}{
		{0, 7, false, 0},
		{0, 7, true, 0}, // a request was sent
		{0, 7, true, tick},
		{time.Minute, 7, true, 2 * tick},
		{time.Minute, 7, true, 3 * tick},
		{0, 8, true, 0}, // a reply has come
		{0, 8, true, tick},
		{time.Minute, 9, true, 0},
		{0, 9, false, 0},
		{0, 9, true, 0},
	} {
		if step.stoodStill > 0 {
			now += int64(step.stoodStill)
			k.stoodStill(int64(step.stoodStill))
		}
		now += int64(tick)
		if got := k.quiet(step.progress, step.waiting, now); got != step.want {
			t.Errorf("step %d: %v, want %v", i, got, step.want)
		}
	}
}
