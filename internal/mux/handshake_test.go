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

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// session is a valid connect response.
var session = wire.ConnectResponse{Timeout: 6000, SessionID: 7, Password: make([]byte, 16)}

// connectResponse returns the record of a connect response.
func connectResponse(r wire.ConnectResponse) []byte { return wire.AppendConnectResponse(nil, &r) }

// Deadlines on the socket bound the handshake, whatever the server does.
func TestHandshake_StallsEndWithTheSocket(t *testing.T) {
	drip := func(c *zkpeer.Conn) {
		c.ReadConnect()
		for _, b := range zkpeer.Frame(connectResponse(session)) {
			time.Sleep(shakeTime / 4)
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
				u := w.dial()
				if err := u.shake(); !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("%v, want an error about the deadline", err)
				}
				if took := time.Since(start); took > shakeTime+partingTime {
					t.Errorf("took %v, want %v", took, shakeTime)
				}
				w.j.want(t)
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

// Close ends a session that nobody will use, whether it was granted already or only asked for, and never the client's own.
func TestHandshake_CloseEndsTheSessionThatWouldStayBehind(t *testing.T) {
	answers := func(r wire.ConnectResponse) func(*zkpeer.Conn) { return func(c *zkpeer.Conn) { c.AcceptWith(r) } }
	other := session
	other.SessionID = 8
	for name, test := range map[string]struct {
		established bool // a session is offered
		answer      func(*zkpeer.Conn)
		ends        bool
	}{
		"a new one, granted":         {false, answers(session), true},
		"a new one, not granted yet": {false, func(c *zkpeer.Conn) { c.ReadConnect() }, true},
		"the client's own":           {true, answers(session), false},
		"the client's own, asked":    {true, func(c *zkpeer.Conn) { c.ReadConnect() }, false},
		"another than the client's":  {true, answers(other), true},
		"the client's, which ended":  {true, answers(wire.ConnectResponse{}), false},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				var s seen
				script := func(c *zkpeer.Conn) {
					test.answer(c)
					for r, ok := c.Next(); ok; r, ok = c.Next() {
						s.add(r)
					}
				}
				scripts := []zkpeer.Script{script}
				if test.established {
					scripts = []zkpeer.Script{answers(session), script}
				}
				w := newWorld(t, scripts...)
				if test.established {
					w.open().closeWait()
				}
				sock, err := w.peer.Dial(t.Context(), "", "")
				if err != nil {
					t.Fatal(err)
				}
				h := w.m.NewHandshake(sock, OfferSession)
				_ = sock.SetReadDeadline(time.Now().Add(shakeTime))
				if err := h.Ask(); err != nil {
					t.Fatal(err)
				}
				_ = h.Answer()
				h.Close()
				synctest.Wait()
				if ended := len(s.all()) == 1 && s.all()[0].Op == wire.OpClose; ended != test.ends || len(s.all()) > 1 {
					t.Errorf("on the wire: %+v, want the end of the session: %v", s.all(), test.ends)
				}
			})
		})
	}
}

// If a server grants a session other than the one offered, the one offered has expired. go-zookeeper is first told of the
// expiry on a connection of its own, and is given the server's connection next.
func TestHandshake_AnotherSessionIsAnExpiry(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		other := session
		other.SessionID = 8
		w := newWorld(t, func(c *zkpeer.Conn) { c.AcceptWith(session) },
			func(c *zkpeer.Conn) { c.AcceptWith(other); c.Serve(nil) })
		w.open().reading.Wait()
		w.get("/a")
		sock, err := w.peer.Dial(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		h, err := w.meet(sock, OfferSession)
		if err != nil {
			t.Fatal(err)
		}
		if !h.Replaces() {
			t.Fatal("the session that was granted is not another")
		}
		if err := w.over(w.m.NewExpired(h)).shake(); err == nil {
			t.Error("the session that is over was established")
		}
		w.j.want(t, "established", "restored", "lost", "expired", "/a: expired, not sent", "expired done", "up: expired")
		if h.Replaces() || w.m.Offered().ID != 0 {
			t.Error("the session that is over is still offered")
		}
		w.get("/b")
		u := w.over(w.m.NewConn(h))
		if err := u.shake(); err != nil {
			t.Fatal(err)
		}
		u.read()
		synctest.Wait()
		w.j.want(t, "established", "restored", "/b: ok")
		if id := w.m.Offered().ID; id != 8 {
			t.Errorf("offered next: %d", id)
		}
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
		ends  bool // the server hangs up afterwards
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
				if u.conn != nil {
					t.Error("go-zookeeper was given the connection")
				}
				if took := time.Since(start); took != 0 {
					t.Errorf("took %v", took)
				}
				w.j.want(t)
			})
		})
	}
}

// After an expiry there is no session to resume, so the password in the response does not matter.
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
		w.asks[1].then = func() { w.m.Submit(again) } // submitted when "/b" fails
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
		// go-zookeeper restores its watches as of the last zxid that it has seen itself.
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

// The first connection was live. That must not let the queue go out on the second one before it is restored.
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
