package mux

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
)

func (w *world) addWatch(path string) *asked {
	r := w.getRequest(path)
	r.op = wire.OpAddWatch
	w.m.Submit(r)
	return r
}

// inFlightWith is a script that records, a while after each addWatch has come, how many requests are in flight, including that
// one. The server knows the operation or not.
func inFlightWith(w **world, seen *[]int, known bool) zkpeer.Script {
	return func(c *zkpeer.Conn) {
		c.Accept()
		c.Serve(func(r zkpeer.Request) bool {
			if r.Op != wire.OpAddWatch {
				time.Sleep(time.Millisecond)
				return false
			}
			time.Sleep(100 * time.Millisecond) // until whatever may go out behind it is in flight
			m := (*w).m
			m.mu.Lock()
			*seen = append(*seen, m.cur.pendingLocked())
			m.mu.Unlock()
			if !known {
				c.Refuse(r, wire.CodeUnimplemented)
				c.Cut()
			}
			return !known
		})
	}
}

// The first addWatch is sent in its turn, and is alone in flight. Later ones are not, since the server has answered one.
func TestTrial_FirstAddWatchIsAlone(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var seen []int
		var w *world
		w = newWorld(t, inFlightWith(&w, &seen, true))
		w.get("/a")
		w.addWatch("/w")
		w.addWatch("/x")
		w.get("/b")
		w.open()
		time.Sleep(time.Second)
		w.j.want(t, "established", "restored", "/a: ok", "/w: ok", "/x: ok", "/b: ok")
		if want := []int{1, 2}; !slices.Equal(seen, want) {
			t.Errorf("%v in flight with it, want %v", seen, want)
		}
	})
}

// If a server ends the connection at an addWatch, no other request fails.
func TestTrial_UnknownAddWatchHarmsNobody(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var seen []int
		var w *world
		w = newWorld(t, inFlightWith(&w, &seen, false), inFlightWith(&w, &seen, true))
		w.get("/a")
		w.addWatch("/w")
		w.get("/b")
		u := w.open()
		u.reading.Wait()
		w.j.want(t, "established", "restored", "/a: ok", "/w: code -6", "lost")
		w.open()
		time.Sleep(time.Second)
		w.j.want(t, "established", "restored", "/b: ok")
	})
}

// slowTracer holds up the reader between the arrival of a reply and its handing over.
type slowTracer struct{}

func (slowTracer) Written(Request, string, int) {}
func (slowTracer) Answered(Request, int32, int) { time.Sleep(10 * time.Millisecond) }

// A trial goes out as soon as the last reply has come. It is still a trial when that reply is handed over later.
func TestTrial_BeginsBeforeTheLastReplyIsHandedOver(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var seen []int
		var w *world
		w = newWorld(t, inFlightWith(&w, &seen, false), inFlightWith(&w, &seen, true))
		w.m.cfg.Tracer = slowTracer{}
		w.get("/a")
		w.addWatch("/w")
		w.get("/b")
		u := w.open()
		u.reading.Wait()
		if want := []int{1}; !slices.Equal(seen, want) {
			t.Errorf("%v in flight with it, want %v", seen, want)
		}
		w.j.want(t, "established", "restored", "/a: ok", "/w: code -6", "lost")
		w.open()
		time.Sleep(time.Second)
		w.j.want(t, "established", "restored", "/b: ok")
	})
}

// If the context of the first addWatch ends before it is sent, the next one is tried instead.
func TestTrial_WithdrawnAddWatch(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var seen []int
		var w *world
		w = newWorld(t, inFlightWith(&w, &seen, true))
		ctx, cancel := context.WithCancel(t.Context())
		w.get("/a")
		r := w.getRequest("/w")
		r.op, r.ctx = wire.OpAddWatch, ctx
		w.m.Submit(r)
		w.addWatch("/x")
		w.get("/b")
		w.open()
		synctest.Wait()
		cancel()
		time.Sleep(time.Second)
		w.j.want(t, "established", "restored", "/w: context, not sent", "/a: ok", "/x: ok", "/b: ok")
		if want := []int{1}; !slices.Equal(seen, want) {
			t.Errorf("%v in flight with it, want %v", seen, want)
		}
	})
}

// Heartbeats go out while a trial waits for its reply, and do not end the trial.
func TestTrial_OutlastsHeartbeats(t *testing.T) {
	for op, name := range map[wire.OpCode]string{wire.OpAddWatch: "persistent watch", wire.OpMultiRead: "multi-read"} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				pings := 0
				w := newWorld(t, func(c *zkpeer.Conn) {
					c.Accept()
					var held zkpeer.Request
					c.Serve(func(r zkpeer.Request) bool {
						switch r.Op {
						case op:
							held = r
							return true
						case wire.OpPing:
							if pings++; pings == 3 {
								c.Refuse(held, wire.CodeUnimplemented)
								c.Cut()
								return true
							}
						}
						return false
					})
				}, zkpeer.Healthy)
				w.m.cfg.JoinReads = true
				if op == wire.OpAddWatch {
					w.addWatch("/w")
				}
				oks := w.gets("", 3)
				u := w.open()
				for range 3 {
					time.Sleep(time.Second)
					u.write(wire.XidPing, wire.OpPing, nil)
				}
				u.reading.Wait()
				want := []string{"established", "restored"}
				if op == wire.OpAddWatch {
					want = append(want, "/w: code -6")
				}
				w.j.want(t, append(want, "lost")...)
				w.open()
				synctest.Wait()
				w.j.want(t, append([]string{"established", "restored"}, oks...)...)
			})
		})
	}
}

// A trial that is given up while it waits for its turn holds nothing up: later reads are joined as before.
func TestTrial_GivenUpWhileItWaits(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var seen []string
		hold := make(chan struct{})
		w := joining(t, func(c *zkpeer.Conn) {
			c.Accept()
			c.Serve(func(r zkpeer.Request) bool {
				if r.Op == wire.OpMultiRead {
					seen = append(seen, "joined")
					return false
				}
				if seen = append(seen, r.Path); r.Path == "/held" {
					<-hold
				}
				return false
			})
		})
		w.gets("first", 2)
		w.open()
		synctest.Wait()
		w.get("/held")
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		a := w.getRequest("/w")
		a.op, a.ctx = wire.OpAddWatch, ctx
		w.m.Submit(a)
		synctest.Wait()
		w.gets("a", 2)
		synctest.Wait()
		cancel()
		synctest.Wait()
		hold <- struct{}{}
		synctest.Wait()
		w.get("/held")
		synctest.Wait()
		w.gets("b", 2)
		hold <- struct{}{}
		synctest.Wait()
		w.j.take()
		if want := []string{"joined", "/held", "joined", "/held", "joined"}; !slices.Equal(seen, want) {
			t.Errorf("frames %v, want %v", seen, want)
		}
	})
}

// A server that no longer knows the operation, because another one answers at its address now, is tried anew.
func TestTrial_ServerThatKnowsItNoLonger(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		old := func(c *zkpeer.Conn) {
			c.Accept()
			c.Serve(func(r zkpeer.Request) bool {
				if r.Op != wire.OpAddWatch {
					return false
				}
				c.Refuse(r, wire.CodeUnimplemented)
				c.Cut()
				return true
			})
		}
		w := newWorld(t, zkpeer.Healthy, old, old, zkpeer.Healthy)
		w.addWatch("/w")
		u := w.open()
		synctest.Wait()
		w.j.want(t, "established", "restored", "/w: ok")
		u.closeWait()
		w.j.want(t, "lost")
		w.addWatch("/x")
		w.open().reading.Wait()
		w.j.want(t, "established", "restored", "/x: code -6", "lost")
		w.addWatch("/y")
		w.get("/a")
		w.open().reading.Wait()
		w.j.want(t, "established", "restored", "/y: code -6", "lost")
		w.open()
		synctest.Wait()
		w.j.want(t, "established", "restored", "/a: ok")
	})
}
