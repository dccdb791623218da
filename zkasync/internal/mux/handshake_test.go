package mux

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zkasync/zkasync-go/zkasync/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/internal/zkpeer"
)

// session is a connect response that is all right.
var session = wire.ConnectResponse{Timeout: 6000, SessionID: 7, Password: make([]byte, 16)}

// connectResponse is its record.
func connectResponse(r wire.ConnectResponse) []byte { return wire.AppendConnectResponse(nil, &r) }

func TestHandshake_StallsAreBoundedInTime(t *testing.T) {
	drip := func(c *zkpeer.Conn) {
		c.ReadConnect()
		for _, b := range zkpeer.Frame(connectResponse(session)) {
			time.Sleep(shakeTime / 4) // of the bubble's time
			c.Send([]byte{b})
		}
	}
	scripts := map[string]zkpeer.Script{
		"the request is not read": (*zkpeer.Conn).Hold,
		"no response":             (*zkpeer.Conn).Drain,
		"a length and no body":    func(c *zkpeer.Conn) { c.ReadConnect(); c.Send([]byte{0, 0, 0, 37}); c.Drain() },
		"half a length":           func(c *zkpeer.Conn) { c.ReadConnect(); c.Send([]byte{0, 0}); c.Drain() },
		"a byte now and then":     drip,
	}
	for name, script := range scripts {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				w := newWorld(t, script, zkpeer.Healthy)
				w.get("/waits")
				start := time.Now()
				if u := w.open(); u != nil {
					t.Fatal("shook hands")
				}
				if took := time.Since(start); took != shakeTime {
					t.Errorf("took %v, want %v", took, shakeTime)
				}
				if cause := w.obs.lastCause(); !errors.Is(cause, os.ErrDeadlineExceeded) {
					t.Errorf("cause %v, want one that tells of the deadline", cause)
				}
				w.j.want(t, "handshake failed")
				w.open()
				synctest.Wait()
				w.j.want(t, "established", "restored", "/waits: ok")
			})
		})
	}
}

func TestHandshake_DeadlineEndsWithIt(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t)
		w.open()
		time.Sleep(2 * shakeTime)
		w.get("/a")
		synctest.Wait()
		w.j.want(t, "established", "restored", "/a: ok")
	})
}

func TestHandshake_RefusesWhatIsNoConnectResponse(t *testing.T) {
	good := connectResponse(session)
	negative := session
	negative.Timeout = -1
	withPassword := func(length int) []byte {
		r := session
		r.Password = make([]byte, length)
		return zkpeer.Frame(connectResponse(r))
	}
	type response struct {
		bytes []byte
		ends  bool // and the server hangs up
	}
	cases := map[string]response{
		"nothing":               {nil, true},
		"half a length":         {[]byte{0, 0}, true},
		"short":                 {zkpeer.Frame(good[:19]), false},
		"shorter than it says":  {zkpeer.Frame(good)[:20], true},
		"a password too long":   {zkpeer.Frame(append(good[:16:16], 0x7f, 0xff, 0xff, 0xff, 0)), false},
		"a password of -2":      {zkpeer.Frame(append(good[:16:16], 0xff, 0xff, 0xff, 0xfe, 0)), false},
		"a password of 0":       {withPassword(0), false},
		"a password of 15":      {withPassword(15), false},
		"a password of 17":      {withPassword(17), false},
		"a password of 225":     {withPassword(225), false}, // go-zookeeper could not encode its next connect request
		"length 0":              {zkpeer.LyingFrame(0, good), false},
		"length 8":              {zkpeer.LyingFrame(8, good), false},
		"length 1025":           {zkpeer.LyingFrame(1025, good), false},
		"length 2³¹-1":          {zkpeer.LyingFrame(1<<31-1, good), false},
		"length 0xffffffff":     {zkpeer.LyingFrame(0xffffffff, good), false},
		"the timeout is 0":      {zkpeer.Frame(connectResponse(wire.ConnectResponse{SessionID: 7, Password: make([]byte, 16)})), false},
		"the timeout is not so": {zkpeer.Frame(connectResponse(negative)), false},
		"HTTP":                  {[]byte("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"), false},
		"garbage":               {bytes.Repeat([]byte{0, 0, 0, 0x55, 0xaa}, 100), false},
	}
	for name, bad := range cases {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				w := newWorld(t, func(c *zkpeer.Conn) {
					c.ReadConnect()
					c.Send(bad.bytes)
					if !bad.ends {
						c.Drain()
					}
				})
				w.get("/waits")
				start := time.Now()
				u := w.dial()
				if err := u.shake(); err == nil {
					t.Error("shook hands")
				}
				if n, err := u.conn.Read(make([]byte, 1)); n != 0 || err == nil {
					t.Errorf("read %d bytes, %v: go-zookeeper must see nothing of it", n, err)
				}
				if took := time.Since(start); took != 0 {
					t.Errorf("took %v", took)
				}
				_ = u.conn.Close()
				w.j.want(t, "handshake failed")
			})
		})
	}
}

// There is nothing to come back with after an expiry, so what stands in for the password does not matter.
func TestHandshake_AnExpiryIsHeardWhateverItsPassword(t *testing.T) {
	for _, length := range []int{0, 16, 225} {
		t.Run(fmt.Sprint(length), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				w := newWorld(t, func(c *zkpeer.Conn) {
					c.AcceptWith(wire.ConnectResponse{Password: make([]byte, length)})
					c.Drain()
				}, zkpeer.Healthy)
				if err := w.dial().shake(); err == nil {
					t.Fatal("the session is established")
				}
				w.j.want(t, "expired", "expired done", "up: expired")
				w.open()
				w.j.want(t, "established", "restored")
			})
		})
	}
}

func TestHandshake_ExpiryFailsWhatWaitsAndClosesTheConnection(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		gone := make(chan bool, 1)
		w := newWorld(t, func(c *zkpeer.Conn) {
			c.AcceptWith(wire.ConnectResponse{})
			_, more := c.Next()
			gone <- !more
		}, zkpeer.Healthy)
		w.get("/a")
		w.get("/b")
		again := w.getRequest("/again")
		w.asks[1].then = func() { w.m.Submit(again) } // its failure's callback asks anew
		if err := w.dial().shake(); err == nil {
			t.Fatal("the session is established")
		}
		if !<-gone { // go-zookeeper would leave the connection open
			t.Error("the connection was not closed")
		}
		w.j.want(t, "expired", "/a: expired, not sent", "/b: expired, not sent", "expired done", "up: expired")
		w.open()
		synctest.Wait()
		w.j.want(t, "established", "restored", "/again: ok")
	})
}

func TestHandshake_OffersTheHighestZxidOfReplies(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		const high = 0x2_0000_0005
		var s seen
		offered := make(chan int64, 3)
		w := newWorld(t, func(c *zkpeer.Conn) {
			c.Accept()
			c.Serve(func(r zkpeer.Request) bool {
				switch {
				case r.Op == wire.OpPing:
					return c.Send(zkpeer.ReplyFrame(r.Xid, high+100, 0, nil))
				case r.Op == wire.OpSetAuth:
					return c.Send(zkpeer.ReplyFrame(wire.XidAuth, high+200, 0, nil))
				case r.Path == "/high":
					c.Zxid = high
					c.Answer(r)
					c.Zxid = high - 3
					return true
				}
				return false
			})
		}, func(c *zkpeer.Conn) {
			c.ReadConnect()
			offered <- c.Connect.LastZxidSeen
			s.serving(c)
		})
		u := w.open()
		w.get("/high")
		w.get("/lower")
		u.write(wire.XidPing, wire.OpPing, nil)
		w.auth("a")
		synctest.Wait()
		if z := w.m.LastZxid(); z != high {
			t.Errorf("highest zxid %#x, want %#x", z, int64(high))
		}
		u.closeWait()
		u = w.open()
		if z := <-offered; z != high {
			t.Errorf("offered zxid %#x, want %#x", z, int64(high))
		}
		// go-zookeeper restores its watches with the last zxid that it has seen itself.
		u.write(5, wire.OpSetWatches, wire.AppendSetWatches(nil, 1, &wire.WatchSet{Data: []string{"/w"}}))
		synctest.Wait()
		all := s.all()
		if len(all) != 1 || binary.BigEndian.Uint64(all[0].Body) != high {
			t.Errorf("on the wire: %+v, want watches relative to %#x", all, int64(high))
		}
	})
}

func TestHandshake_RestoresBeforeTheQueueGoesOut(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var s seen
		release := make(chan struct{})
		w := newWorld(t, func(c *zkpeer.Conn) {
			c.Accept()
			c.Serve(func(r zkpeer.Request) bool {
				s.add(r)
				if r.Op == wire.OpSetWatches {
					<-release
				}
				return false
			})
		})
		w.obs.restore = func() []Request {
			return []Request{w.authRequest("auth"), w.request(wire.OpSetWatches, "watches", nil)}
		}
		w.get("/before")
		u := w.open()
		w.get("/behind")
		u.get(3, "/theirs")
		synctest.Wait()
		w.j.want(t, "established", "auth: ok")
		if all := s.all(); len(all) != 2 || all[0].Op != wire.OpSetAuth || all[1].Op != wire.OpSetWatches {
			t.Errorf("on the wire: %+v, want the credential and the watches alone", all)
		}
		close(release)
		synctest.Wait()
		w.j.want(t, "watches: ok", "restored", "/before: ok", "/behind: ok", "up: xid 3 /theirs")
		if got, want := s.paths()[2:], []string{"/before", "/behind", "/theirs"}; !slices.Equal(got, want) {
			t.Errorf("on the wire: %q, want %q", got, want)
		}
	})
}

// TestHandshake_RestoresAnew has a connection that was live before: what waits must not go out behind that one's flag.
func TestHandshake_RestoresAnew(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var s seen
		w := newWorld(t, func(c *zkpeer.Conn) { c.Accept() }, s.serving)
		w.open().reading.Wait()
		w.obs.restore = func() []Request { return []Request{w.request(wire.OpSetWatches, "watches", nil)} }
		w.get("/a")
		w.open()
		synctest.Wait()
		w.j.want(t, "established", "restored", "lost", "established", "watches: ok", "restored", "/a: ok")
		if all := s.all(); len(all) != 2 || all[0].Op != wire.OpSetWatches {
			t.Errorf("on the wire: %+v, want the watches first", all)
		}
	})
}

func TestHandshake_ALossWhileRestoringFailsTheQueue(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, func(c *zkpeer.Conn) {
			c.Accept()
			c.Next()
			c.Next()
		})
		w.obs.restore = func() []Request {
			return []Request{w.request(wire.OpSetWatches, "one", nil), w.request(wire.OpSetWatches, "two", nil)}
		}
		w.get("/queued")
		w.open()
		synctest.Wait()
		w.j.want(t, "established", "one: lost, sent", "two: lost, sent", "/queued: lost, not sent", "lost")
	})
}
