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

// inFlightWith is a script that notes how many requests are in flight a while after each AddWatch has come, that one included. It
// knows the operation or not.
func inFlightWith(w **world, seen *[]int, known bool) zkpeer.Script {
	return func(c *zkpeer.Conn) {
		c.Accept()
		c.Serve(func(r zkpeer.Request) bool {
			if r.Op != wire.OpAddWatch {
				time.Sleep(time.Millisecond)
				return false
			}
			time.Sleep(100 * time.Millisecond) // what may go out behind it has
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

// The first AddWatch is alone in flight, in its turn; the server is known from then on.
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

// A server that ends the connection at it takes nothing else along.
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

// One whose context ends before it is sent leaves the next to be tried.
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

// Heartbeats go out while a trial waits for its answer, and do not end it.
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
