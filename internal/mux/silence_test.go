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

// silenceLimit is how long the server may be silent.
const silenceLimit = sessionTime * 2 / 3

// wantSilence checks that the connection was lost soon after silenceLimit had passed since start, for the reason what.
func wantSilence(t *testing.T, w *world, start time.Time, what string) {
	t.Helper()
	took := time.Since(start)
	if took <= silenceLimit || took > silenceLimit+2*maxSilenceTick {
		t.Errorf("lost after %v, want soon after %v", took, silenceLimit)
	}
	var silent *SilenceError
	if cause := w.obs.lastCause(); !errors.As(cause, &silent) || silent.What != what || !silent.Timeout() {
		t.Errorf("cause %v, want a SilenceError: %s", cause, what)
	}
}

func TestSilence_IsALoss(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, func(c *zkpeer.Conn) { c.Accept(); c.Drain() })
		u := w.open()
		start := time.Now()
		w.get("/a")
		u.reading.Wait()
		wantSilence(t, w, start, "nothing received")
		if heard := w.obs.heard.Sub(start); heard.Abs() > time.Millisecond {
			t.Errorf("heard %v after the start, want at the start", heard)
		}
		w.j.want(t, "established", "restored", "/a: lost, sent", "lost")
	})
}

func TestSilence_IsNotHiddenByOurOwnTraffic(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, func(c *zkpeer.Conn) { c.Accept(); c.Drain() })
		u := w.open()
		start := time.Now()
		done := make(chan struct{})
		go func() {
			defer close(done)
			for time.Since(start) < silenceLimit {
				w.get("/a")
				u.write(wire.XidPing, wire.OpPing, nil)
				time.Sleep(10 * time.Millisecond)
			}
		}()
		u.reading.Wait()
		wantSilence(t, w, start, "nothing received")
		<-done
	})
}

func TestSilence_IsEndedByAnyByte(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, func(c *zkpeer.Conn) {
			c.Accept()
			r, _ := c.Next()
			for _, b := range zkpeer.ReplyFrame(r.Xid, 1, 0, zkpeer.Body(r)) {
				time.Sleep(silenceLimit - time.Millisecond)
				c.Send([]byte{b})
			}
			c.Serve(nil)
		})
		w.open()
		w.get("/a")
		time.Sleep(200 * silenceLimit) // more than the reply takes, and long enough for a silence after it
		w.j.want(t, "established", "restored", "/a: ok", "lost")
	})
}

func TestSilence_OfPeerThatDoesNotReadIsALoss(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, func(c *zkpeer.Conn) {
			c.Accept()
			for c.Send(zkpeer.ReplyFrame(wire.XidPing, 1, 0, nil)) {
				time.Sleep(time.Second)
			}
		})
		u := w.open()
		start := time.Now()
		w.get("/a")
		u.reading.Wait()
		wantSilence(t, w, start, "nothing could be sent")
		w.j.want(t, "established", "restored", "/a: lost, not sent", "lost")
	})
}

// stubborn is a request whose Context method does not return until hold is closed. It stands for whatever keeps silenceLoop
// from running.
type stubborn struct {
	*asked
	hold chan struct{}
}

func (s *stubborn) Context() context.Context {
	<-s.hold
	return nil
}

// This process stands still, as under SIGSTOP or when it gets no CPU time. The clock says that nothing was received for long,
// but only because nobody has read.
func TestSilence_OfThisProcessIsNotThePeers(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		release := make(chan struct{})
		w := newWorld(t, func(c *zkpeer.Conn) {
			c.Accept()
			<-release
			c.Serve(nil)
		})
		w.open()
		w.get("/a") // stuck
		synctest.Wait()
		b := &stubborn{asked: w.getRequest("/b"), hold: make(chan struct{})}
		w.m.Submit(b)
		time.Sleep(3 * silenceLimit)
		close(b.hold)
		time.Sleep(minSilenceTick)
		close(release)
		synctest.Wait()
		time.Sleep(2 * maxSilenceTick)
		w.j.want(t, "established", "restored", "/a: ok", "/b: ok")
	})
}
