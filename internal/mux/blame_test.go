package mux

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// patient is a request that outlives every loss until it has seen three and was alone in flight at the last.
type patient struct {
	*asked
	lost []Blame
}

func (p *patient) Outlives(f Failure) bool {
	p.lost = append(p.lost, f.Blame)
	return !(f.Blame.Alone && len(p.lost) >= 3)
}

func (w *world) patient(path string, size int) *patient {
	p := &patient{asked: w.getRequest(path)}
	p.record = append(p.record, make([]byte, size)...)
	w.m.Submit(p)
	return p
}

// poisoned is the script of a server that answers in order and hangs up when it reads a path. What it has read just before is
// left unanswered then, as by a real server whose replies are still on their way.
func poisoned(path string, batches chan<- []string) zkpeer.Script {
	return func(c *zkpeer.Conn) {
		c.Accept()
		for {
			var paths []string
			r, ok := c.Next()
			for held := []zkpeer.Request{}; ok; r, ok = c.Next() {
				if r.Op == wire.OpPing {
					c.Reply(r, nil)
					continue
				}
				held, paths = append(held, r), append(paths, r.Path)
				if r.Path == path {
					batches <- paths
					return
				}
				if c.More() {
					continue
				}
				for _, h := range held {
					c.Answer(h)
				}
				held, paths = nil, nil
			}
			if !ok {
				return
			}
		}
	}
}

// A request that ends every connection is found, whatever was in flight with it, and no other request is blamed.
func TestBlame_FindsTheOneThatEndsConnections(t *testing.T) {
	for _, size := range []int{0, 2 * heavy} {
		for _, before := range []int{0, 1, 20} {
			t.Run(fmt.Sprintf("%d bytes behind %d", size, before), func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					batches := make(chan []string, 100)
					w := newWorld(t, poisoned("/poison", batches))
					var innocent []*patient
					for i := range before {
						innocent = append(innocent, w.patient(fmt.Sprintf("/before%d", i), 0))
					}
					poison := w.patient("/poison", size)
					for i := range 20 {
						innocent = append(innocent, w.patient(fmt.Sprintf("/behind%d", i), 0))
					}
					losses := 0
					for poison.ends.Load() == 0 && losses < 10 {
						w.open().reading.Wait()
						losses++
					}
					w.open()
					synctest.Wait()
					if last := poison.lost[len(poison.lost)-1]; !last.First || !last.Alone || last.Size < size {
						t.Errorf("the last blame: %+v", last)
					}
					if losses > 5 {
						t.Errorf("%d losses", losses)
					}
					for _, p := range innocent {
						if p.ends.Load() != 1 || p.cause != nil {
							t.Errorf("%s: ended %d times, %v", p.name, p.ends.Load(), p.cause)
						}
					}
				})
			})
		}
	}
}

// Care ends: the more requests are answered, the more are in flight, and a connection that lasts ends care altogether.
func TestBlame_CareEnds(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		batches := make(chan []string, 100)
		w := newWorld(t, poisoned("/poison", batches))
		poison := w.patient("/poison", 0)
		for poison.ends.Load() == 0 {
			w.open().reading.Wait()
		}
		w.open()
		for i := range 5000 {
			w.get(fmt.Sprintf("/%d", i))
		}
		synctest.Wait()
		w.m.mu.Lock()
		window := w.m.care.window
		w.m.mu.Unlock()
		if window < 256 {
			t.Errorf("window of %d after 5000 answers", window)
		}
		for range 2 * sessionTime / time.Second {
			time.Sleep(time.Second)
			w.get("/last")
		}
		synctest.Wait()
		if w.m.careful.Load() || w.m.care != (care{}) {
			t.Errorf("still careful: %+v", w.m.care)
		}
	})
}

// The first request in flight at a loss need not be the cause, so it is told whether it was alone.
func TestBlame_SaysWhoWasFirst(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, func(c *zkpeer.Conn) {
			c.Accept()
			r, _ := c.Next()
			c.Next()
			c.Next()
			c.Answer(r)
		})
		u := w.open()
		a, b, c := w.getRequest("/a"), w.getRequest("/b"), w.getRequest("/c")
		for _, r := range []*asked{a, b, c} {
			w.m.Submit(r)
		}
		u.reading.Wait()
		got := []Blame{a.blame, b.blame, c.blame}
		want := []Blame{{}, {First: true, Size: 8 + len(b.record)}, {}}
		if !slices.Equal(got, want) {
			t.Errorf("blamed %+v, want %+v", got, want)
		}
	})
}

// Care does not hold up heartbeats: otherwise a slow request would cost the session.
func TestBlame_CareLetsHeartbeatsPass(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		pings := make(chan struct{}, 100)
		w := newWorld(t, func(c *zkpeer.Conn) {
			c.Accept()
			if c.Number < strikesForCare {
				c.Next()
				return
			}
			c.Serve(func(r zkpeer.Request) bool {
				if r.Op == wire.OpPing {
					pings <- struct{}{}
				}
				return r.Path == "/slow"
			})
		})
		for range strikesForCare {
			u := w.open()
			w.get("/a")
			u.reading.Wait()
		}
		u := w.open()
		w.get("/slow")
		w.get("/behind")
		synctest.Wait()
		u.write(wire.XidPing, wire.OpPing, nil)
		<-pings
		u.closeWait()
		w.j.want(t, "established", "restored", "/a: lost, sent", "lost", "established", "restored", "/a: lost, sent", "lost",
			"established", "restored", "/slow: lost, sent", "/behind: lost, not sent", "lost")
	})
}
