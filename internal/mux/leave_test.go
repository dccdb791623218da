package mux

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
)

func TestMove_LosesNothing(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		release := make(chan struct{})
		var first, second seen
		w := newWorld(t, func(c *zkpeer.Conn) {
			c.Accept()
			c.Serve(func(r zkpeer.Request) bool {
				first.add(r)
				if r.Path == "/a" {
					<-release
				}
				return false
			})
		}, second.serving)
		u := w.open()
		w.get("/a")
		synctest.Wait()
		w.get("/b") // taken by the writer, so it is still sent
		synctest.Wait()
		w.m.Move()
		w.get("/c")
		u.get(5, "/theirs") // go-zookeeper abandons it with the connection
		synctest.Wait()
		w.j.want(t, "established", "restored")
		close(release)
		u.reading.Wait()
		w.j.want(t, "/a: ok", "/b: ok", "lost")
		if w.obs.lastCause() != errMoving {
			t.Errorf("cause %v", w.obs.lastCause())
		}
		w.open()
		synctest.Wait()
		w.j.want(t, "established", "restored", "/c: ok")
		if got := second.paths(); !slices.Equal(got, []string{"/c"}) {
			t.Errorf("on the second connection: %q", got)
		}
	})
}

func TestMove_IsAtOnceWhenNothingIsInFlight(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t)
		w.m.Move() // there is no connection: nothing to do
		u := w.open()
		synctest.Wait()
		w.m.Move()
		u.reading.Wait()
		w.j.want(t, "established", "restored", "lost")
	})
}

// While the present connection waits for its last replies, queued requests may wait long, so their contexts are watched.
func TestMove_ContextsOfWhatWaitsAreWatched(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, func(c *zkpeer.Conn) { c.Accept(); c.Drain() })
		w.open()
		w.get("/a")
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		w.m.Move()
		w.getCtx(ctx, "/b")
		cancel()
		synctest.Wait()
		w.j.want(t, "established", "restored", "/b: context, not sent")
	})
}

func TestMove_LeavesAConnectionThatIsNotLiveAtOnce(t *testing.T) {
	for name, test := range map[string]struct {
		opened bool
		want   []string
	}{
		"before it is opened": {false, nil},
		"while restoring":     {true, []string{"established", "credential: lost, sent", "lost"}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				w := newWorld(t, func(c *zkpeer.Conn) { c.Accept(); c.Drain() }, zkpeer.Healthy)
				w.obs.restore = func() []Request { return []Request{w.authRequest("credential")} }
				w.get("/a")
				if test.opened {
					time.AfterFunc(shakeTime/2, w.m.Move)
					w.open().reading.Wait()
				} else {
					sock, err := w.peer.Dial(t.Context(), "", "")
					if err != nil {
						t.Fatal(err)
					}
					h, err := w.meet(sock, OfferSession)
					if err != nil {
						t.Fatal(err)
					}
					u := w.over(w.m.NewConn(h))
					w.m.Move()
					if err := u.shake(); err == nil {
						t.Error("the connection was opened")
					}
				}
				w.j.want(t, test.want...)
				w.open()
				synctest.Wait()
				w.j.want(t, "established", "credential: ok", "restored", "/a: ok")
			})
		})
	}
}

// Observer.Restored itself leaves the connection, just before it would go live. So it must not go live: what is submitted from
// then on waits for the next connection, and its context is watched.
func TestMove_WhileGoingLiveContextsAreWatched(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t)
		w.obs.then = func() {
			w.obs.then = nil
			w.m.Move()
		}
		ctx, cancel := context.WithCancel(t.Context())
		w.getCtx(ctx, "/early")
		u := w.dial()
		if err := u.shake(); err != nil {
			t.Fatal(err)
		}
		w.getCtx(ctx, "/late")
		w.get("/stays")
		u.read()
		u.reading.Wait()
		w.j.want(t, "established", "restored", "lost")
		cancel()
		w.m.Wait()
		lines := w.j.take()
		slices.Sort(lines)
		if want := []string{"/early: context, not sent", "/late: context, not sent"}; !slices.Equal(lines, want) {
			t.Errorf("left: %q, want %q", lines, want)
		}
		w.open()
		synctest.Wait()
		w.j.want(t, "established", "restored", "/stays: ok")
	})
}

// A connection that ends in Observer.Restored for another reason does not go live either.
func TestMux_AnAbortedConnectionDoesNotGoLive(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t)
		w.obs.then = func() { w.m.Abort(errStopping) }
		if err := w.dial().shake(); err != nil {
			t.Fatal(err)
		}
		if !w.watchesContexts() {
			t.Error("a dead connection is live")
		}
	})
}

// The client stops when the reader has found that a Move is done and is about to end the connection. It is too late to take
// the Move back: queued requests would be lost with the connection.
func TestMove_IsNotTakenBackWhenItIsDone(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t)
		u := w.dial()
		if err := u.shake(); err != nil {
			t.Fatal(err)
		}
		w.m.Move()
		w.get("/a")
		err := u.conn.receive() // as in Read, up to the reply that the Move waits for
		if err != errMoving {
			t.Fatalf("received %v", err)
		}
		w.m.Stop()
		u.conn.die(err)
		u.conn.teardown()
		w.j.want(t, "established", "restored", "lost")
		w.m.FailWaiting(errStopping)
		w.j.want(t, "/a: refused, not sent")
	})
}

// A connection that is not live is left at once. If the client stops meanwhile, the connection must not send what is queued,
// because it is not restored.
func TestMove_OfAConnectionThatIsNotLiveIsNotTakenBack(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var s seen
		w := newWorld(t, func(c *zkpeer.Conn) {
			c.Accept()
			c.Serve(func(r zkpeer.Request) bool {
				s.add(r)
				return true
			})
		})
		w.obs.restore = func() []Request { return []Request{w.authRequest("credential")} }
		w.get("/a")
		u := w.open()
		synctest.Wait()
		u.conn.mu.Lock() // keeps Move from ending the connection
		var moving sync.WaitGroup
		moving.Go(w.m.Move)
		for !u.conn.moving.Load() {
			runtime.Gosched()
		}
		w.m.Stop()
		u.conn.mu.Unlock()
		moving.Wait()
		synctest.Wait()
		u.closeWait()
		w.j.want(t, "established", "credential: lost, sent", "lost")
		if all := s.all(); len(all) != 1 || all[0].Op != wire.OpSetAuth {
			t.Errorf("on the wire: %+v, want the credential alone", all)
		}
	})
}

// The client stops while the last reply that a Move waits for is being read. What is queued is either sent, or kept for the
// next connection and then refused, because the client stops.
func TestMove_IsDoneOrTakenBack(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		for range 300 {
			var w *world
			w = newWorld(t, func(c *zkpeer.Conn) {
				c.Accept()
				c.Serve(func(r zkpeer.Request) bool {
					if r.Op != wire.OpPing {
						return false
					}
					c.Answer(r)
					w.m.Stop()
					return true
				})
			})
			u := w.open()
			w.m.Move()
			w.get("/a")
			synctest.Wait()
			w.m.FailWaiting(errStopping)
			u.closeWait()
			lines := w.j.take()
			if !slices.Contains(lines, "/a: ok") && !slices.Contains(lines, "/a: refused, not sent") {
				t.Fatalf("journal: %q", lines)
			}
		}
	})
}

func TestOffer_DecidesWhatTheHandshakeAsksFor(t *testing.T) {
	readOnly := session
	readOnly.ReadOnly = true
	cases := map[string]struct {
		offer  Offer
		answer wire.ConnectResponse
		want   wire.ConnectRequest // of the handshake with that offer
		fails  bool                // the handshake fails
		ends   bool                // the session ends
	}{
		"the session":               {OfferSession, session, wire.ConnectRequest{SessionID: 7, LastZxidSeen: 1 << 32}, false, false},
		"nothing, and it stays":     {OfferNothing, wire.ConnectResponse{}, wire.ConnectRequest{}, true, true},
		"a temporary one beside it": {OfferTemporary, readOnly, wire.ConnectRequest{LastZxidSeen: 1 << 32}, false, false},
		"a temporary one, of a server that is not read-only": {
			OfferTemporary, session, wire.ConnectRequest{LastZxidSeen: 1 << 32}, true, false},
		"a temporary one, of a server that grants none": {
			OfferTemporary, wire.ConnectResponse{}, wire.ConnectRequest{LastZxidSeen: 1 << 32}, true, false},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				asked := make(chan wire.ConnectRequest, 2)
				asks := func(answer wire.ConnectResponse, then zkpeer.Script) zkpeer.Script {
					return func(c *zkpeer.Conn) {
						c.ReadConnect()
						asked <- c.Connect
						c.AcceptWith(answer)
						then(c)
					}
				}
				w := newWorld(t, asks(session, func(c *zkpeer.Conn) { c.Serve(nil) }),
					asks(test.answer, func(c *zkpeer.Conn) { c.Serve(nil) }), asks(session, func(c *zkpeer.Conn) { c.Serve(nil) }))
				u := w.open()
				w.get("/a")
				synctest.Wait()
				u.closeWait()
				if first := <-asked; first.SessionID != 0 || first.LastZxidSeen != 0 {
					t.Errorf("asked first %+v", first)
				}
				sock, err := w.peer.Dial(t.Context(), "", "")
				if err != nil {
					t.Fatal(err)
				}
				u = w.on(sock, test.offer)
				if err := u.shake(); (err != nil) != test.fails {
					t.Errorf("shake hands: %v, want it to fail: %v", err, test.fails)
				}
				got := <-asked
				if got.SessionID != test.want.SessionID || got.LastZxidSeen != test.want.LastZxidSeen {
					t.Errorf("asked for %#x from zxid %#x, want %#x and %#x",
						got.SessionID, got.LastZxidSeen, test.want.SessionID, test.want.LastZxidSeen)
				}
				if u.conn != nil {
					_ = u.conn.Close()
				}
				w.open()
				want := int64(7)
				if test.ends {
					want = 0
				}
				if got := <-asked; got.SessionID != want {
					t.Errorf("then asked for %#x, want %#x", got.SessionID, want)
				}
			})
		})
	}
}

// heldTracer holds up the writer at one request, between the queue and the wire.
type heldTracer struct {
	at      Request
	release chan struct{}
}

func (k *heldTracer) Written(r Request, _ string, _ int) {
	if r == k.at {
		<-k.release
	}
}
func (k *heldTracer) Answered(Request, int32, int) {}

// The last reply comes while the writer is about to send what it took before the Move: the connection waits for that, too.
func TestMove_WaitsForWhatTheWriterHasTaken(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		answer := make(chan struct{})
		w := newWorld(t, func(c *zkpeer.Conn) {
			c.Accept()
			c.Serve(func(r zkpeer.Request) bool {
				if r.Path == "/a" {
					<-answer
				}
				return false
			})
		}, zkpeer.Healthy)
		b := w.getRequest("/b")
		tracer := &heldTracer{at: b, release: make(chan struct{})}
		w.m.cfg.Tracer = tracer
		u := w.open()
		w.get("/a")
		synctest.Wait()
		w.m.Submit(b)
		synctest.Wait()
		w.m.Move()
		w.get("/c")
		close(answer)
		synctest.Wait()
		w.j.want(t, "established", "restored", "/a: ok")
		close(tracer.release)
		u.reading.Wait()
		w.j.want(t, "/b: ok", "lost")
		w.open()
		synctest.Wait()
		w.j.want(t, "established", "restored", "/c: ok")
	})
}

// If what waits is to fail during a Move, it fails behind what is in flight.
func TestMove_FailWaitingKeepsTheOrder(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, func(c *zkpeer.Conn) { c.Accept(); c.Drain() })
		u := w.open()
		w.get("/a")
		synctest.Wait()
		w.m.Move()
		w.get("/b")
		w.m.Refuse(errStopping)
		w.m.FailWaiting(errStopping)
		w.m.Abort(errStopping)
		u.reading.Wait()
		w.j.want(t, "established", "restored", "/a: lost, sent", "/b: lost, not sent", "lost")
	})
}

// The same if the last reply of all is that which makes it fail.
func TestMove_FailWaitingAtTheLastReply(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		answer := make(chan struct{})
		w := newWorld(t, func(c *zkpeer.Conn) {
			c.Accept()
			c.Serve(func(r zkpeer.Request) bool { <-answer; return false })
		})
		u := w.open()
		a := w.getRequest("/a")
		a.then = func() {
			w.m.Refuse(errStopping)
			w.m.FailWaiting(errStopping)
			w.m.Abort(errStopping)
		}
		w.m.Submit(a)
		synctest.Wait()
		w.m.Move()
		w.get("/b")
		close(answer)
		u.reading.Wait()
		w.j.want(t, "established", "restored", "/a: ok", "/b: lost, not sent", "lost")
	})
}
