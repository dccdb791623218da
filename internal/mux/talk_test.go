package mux

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// talk is a conversation of so many requests, with a pause before each.
type talk struct {
	w       *world
	rounds  int
	before  func(round int, dead <-chan struct{}) // may be nil
	round   int
	abandon error // at the end, if not nil
}

func (k *talk) Next(dead <-chan struct{}) Request {
	if k.before != nil {
		k.before(k.round, dead)
	}
	select {
	case <-dead:
		return nil
	default:
	}
	if k.round == k.rounds {
		if k.abandon != nil {
			k.w.m.Abort(k.abandon)
		}
		return nil
	}
	k.round++
	return k.w.request(wire.OpSASL, fmt.Sprintf("step %d", k.round), wire.AppendBuffer(nil, []byte{byte(k.round)}))
}

// Each step waits for the answer to the one before, the restoration for the last one, and the queue and heartbeats for all.
func TestTalk_ComesBeforeEverythingElse(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var s seen
		release := make(chan struct{})
		w := newWorld(t, func(c *zkpeer.Conn) {
			c.Accept()
			c.Serve(func(r zkpeer.Request) bool {
				if s.add(r); r.Op == wire.OpSASL {
					<-release
				}
				return false
			})
		})
		w.obs.talk = &talk{w: w, rounds: 2}
		w.obs.restore = func() []Request {
			return []Request{w.authRequest("auth"), w.request(wire.OpSetWatches, "watches", nil)}
		}
		w.get("/before")
		u := w.open()
		u.write(wire.XidPing, wire.OpPing, nil)
		want := []wire.OpCode{wire.OpSASL, wire.OpSASL, wire.OpPing, wire.OpSetAuth, wire.OpSetWatches, wire.OpGetData}
		for n := 1; n <= 2; n++ {
			synctest.Wait()
			if got := s.all(); len(got) != n {
				t.Fatalf("on the wire before the answer to step %d: %+v", n, got)
			}
			release <- struct{}{}
		}
		synctest.Wait()
		w.j.want(t, "established", "step 1: ok", "step 2: ok", "auth: ok", "watches: ok", "restored", "/before: ok")
		var got []wire.OpCode
		for _, r := range s.all() {
			got = append(got, r.Op)
		}
		if !slices.Equal(got, want) {
			t.Errorf("on the wire: %v, want %v", got, want)
		}
	})
}

func TestTalk_WithoutARestoration(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, zkpeer.Healthy)
		w.obs.talk = &talk{w: w, rounds: 1}
		w.get("/a")
		w.open()
		synctest.Wait()
		w.j.want(t, "established", "step 1: ok", "restored", "/a: ok")
	})
}

// What was to be restored fails with the connection, too, and in its place.
func TestTalk_ALossInTheMiddle(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, func(c *zkpeer.Conn) {
			c.Accept()
			r, _ := c.Next()
			c.Answer(r)
			c.Next()
		})
		w.obs.talk = &talk{w: w, rounds: 3}
		w.obs.restore = func() []Request { return []Request{w.authRequest("auth")} }
		w.get("/a")
		w.open().reading.Wait()
		w.j.want(t, "established", "step 1: ok", "step 2: lost, sent", "auth: lost, not sent", "/a: lost, not sent", "lost")
	})
}

// A conversation that has the connection given up opens nothing.
func TestTalk_GivesTheConnectionUp(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var s seen
		w := newWorld(t, s.serving)
		w.obs.talk = &talk{w: w, rounds: 1, abandon: errStopping}
		w.obs.restore = func() []Request { return []Request{w.authRequest("auth")} }
		w.get("/a")
		w.open().reading.Wait()
		w.j.want(t, "established", "step 1: ok", "auth: lost, not sent", "/a: lost, not sent", "lost")
		if got := s.all(); len(got) != 1 {
			t.Errorf("on the wire: %+v", got)
		}
	})
}

// A server that says nothing, and one that says too much too slowly, are left in time, and so is a conversation that waits.
func TestTalk_IsBounded(t *testing.T) {
	slow := func(c *zkpeer.Conn) {
		c.Accept()
		for {
			r, ok := c.Next()
			time.Sleep(time.Second)
			if !ok || !c.Answer(r) {
				return
			}
		}
	}
	for what, test := range map[string]struct {
		script zkpeer.Script
		before func(int, <-chan struct{})
	}{
		"silent server": {func(c *zkpeer.Conn) { c.Accept(); c.Drain() }, nil},
		"endless":       {slow, nil},
		"waits":         {zkpeer.Healthy, func(_ int, dead <-chan struct{}) { <-dead }},
	} {
		t.Run(what, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				w := newWorld(t, test.script)
				w.obs.talk = &talk{w: w, rounds: 100, before: test.before}
				start := time.Now()
				w.open().reading.Wait()
				took := time.Since(start)
				if took < silenceLimit || took > silenceLimit+maxSilenceTick {
					t.Errorf("lost after %v, want soon after %v", took, silenceLimit)
				}
				var silent *SilenceError
				if cause := w.obs.lastCause(); !errors.As(cause, &silent) || silent.What != "not authenticated" {
					t.Errorf("cause %v, want a SilenceError", cause)
				}
				if heard := w.obs.heard.Sub(start); heard.Abs() > time.Millisecond {
					t.Errorf("heard %v after the start, want at the start: steps are no sign of life at the server", heard)
				}
			})
		})
	}
}
