package mux

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zkasync/zkasync-go/internal/mux/internal/joined"
	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// Joins implements Joinable.
func (a *asked) Joins() bool { return a.op == wire.OpGetData }

// joining returns a world that joins reads.
func joining(t *testing.T, scripts ...zkpeer.Script) *world {
	w := newWorld(t, scripts...)
	w.m.cfg.JoinReads = true
	return w
}

// gets submits n reads, and returns what the journal says if all succeed.
func (w *world) gets(prefix string, n int) (oks []string) {
	for i := range n {
		path := fmt.Sprintf("/%s%d", prefix, i)
		w.get(path)
		oks = append(oks, path+": ok")
	}
	return oks
}

// frames is the script of a healthy server that records each frame: the path of a single request, or the number of joined reads.
func frames(seen *[]string) zkpeer.Script {
	return func(c *zkpeer.Conn) {
		c.Accept()
		c.Serve(func(r zkpeer.Request) bool {
			switch r.Op {
			case wire.OpMultiRead:
				*seen = append(*seen, fmt.Sprint(len(zkpeer.Parts(r))))
			case wire.OpPing:
			default:
				*seen = append(*seen, r.Path)
			}
			return false
		})
	}
}

// oldServer does not know multi-reads.
func oldServer(c *zkpeer.Conn) {
	c.Accept()
	c.Serve(func(r zkpeer.Request) bool {
		if r.Op != wire.OpMultiRead {
			return false
		}
		c.Refuse(r, wire.CodeUnimplemented)
		c.Cut()
		return true
	})
}

// The first multi-read is alone in flight, until the server has shown that it knows them. Then waiting reads go out in as few
// frames as possible.
func TestJoined_ReadsThatWaitTravelTogether(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var seen []string
		w := joining(t, frames(&seen))
		oks := w.gets("", 150)
		w.open()
		synctest.Wait()
		w.j.want(t, slices.Concat([]string{"established", "restored"}, oks)...)
		if want := []string{"64", "64", "22"}; !slices.Equal(seen, want) {
			t.Errorf("frames %v, want %v", seen, want)
		}
		seen = nil
		w.get("/alone")
		synctest.Wait()
		w.j.want(t, "/alone: ok")
		if !slices.Equal(seen, []string{"/alone"}) {
			t.Errorf("frames %v", seen)
		}
	})
}

// Only reads are joined, and no request changes its place.
func TestJoined_KeepTheOrder(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var seen []string
		w := joining(t, frames(&seen))
		ctx, cancel := context.WithCancel(t.Context())
		var want []string
		for i := range 30 {
			want = append(want, w.gets(fmt.Sprintf("%d-", i), i%4)...)
			if i%5 == 1 {
				w.getCtx(ctx, fmt.Sprintf("/c%d", i))
			}
			path := fmt.Sprintf("/s%d", i)
			w.m.Submit(w.request(wire.OpSetData, path, wire.AppendSetData(nil, "", path, nil, -1)))
			want = append(want, path+": ok")
		}
		cancel()
		synctest.Wait()
		w.j.take() // the failures of the reads with a context
		w.open()
		synctest.Wait()
		w.j.want(t, append([]string{"established", "restored"}, want...)...)
	})
}

// A server that does not know multi-reads says so and hangs up. The reads go out one by one on the next connection, before what
// was submitted behind them, and none fails.
func TestJoined_ServerThatDoesNotKnowThem(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var seen []string
		w := joining(t, oldServer, frames(&seen))
		set := func(path string) {
			w.m.Submit(w.request(wire.OpSetData, path, wire.AppendSetData(nil, "", path, nil, -1)))
		}
		set("/before")
		oks := w.gets("", 100)
		set("/behind")
		ctx, cancel := context.WithCancel(t.Context())
		w.getCtx(ctx, "/gone")
		u := w.open()
		u.reading.Wait()
		w.j.want(t, "established", "restored", "/before: ok", "lost")
		cancel()
		synctest.Wait()
		w.j.want(t, "/gone: context, not sent")
		w.open()
		synctest.Wait()
		w.j.want(t, slices.Concat([]string{"established", "restored"}, oks, []string{"/behind: ok"})...)
		if len(seen) != 101 || seen[0] != "/0" {
			t.Errorf("%d frames: %v", len(seen), seen)
		}
	})
}

// At a loss each joined read fails by itself, in order, whether it was in flight or not sent.
func TestJoined_LossIsToldToEach(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cut := make(chan struct{})
		w := joining(t, func(c *zkpeer.Conn) {
			c.Accept()
			c.Serve(func(r zkpeer.Request) bool {
				if r.Op != wire.OpSync {
					return false
				}
				<-cut
				c.Next()
				c.Cut()
				return true
			})
		})
		w.open()
		oks := w.gets("", 3)
		synctest.Wait()
		w.j.want(t, slices.Concat([]string{"established", "restored"}, oks)...)
		sync := func() { w.m.Submit(w.request(wire.OpSync, "/sync", wire.AppendPathRecord(nil, "", "/sync"))) }
		sync()
		synctest.Wait()
		w.gets("", 70)
		close(cut)
		synctest.Wait()
		got := w.j.take()
		if len(got) != 72 || got[0] != "/sync: lost, sent" || got[71] != "lost" {
			t.Fatalf("journal %q", got)
		}
		for i, line := range got[1:71] {
			if line != fmt.Sprintf("/%d: lost, sent", i) && line != fmt.Sprintf("/%d: lost, not sent", i) {
				t.Errorf("line %d: %s", i, line)
			}
		}
	})
}

// If the server refuses a multi-read as a whole, for example because it is overloaded, each read gets its code.
func TestJoined_RefusalIsToldToEach(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := joining(t, func(c *zkpeer.Conn) {
			c.Accept()
			c.Serve(func(r zkpeer.Request) bool { return r.Op == wire.OpMultiRead && c.Refuse(r, wire.CodeThrottled) })
		})
		w.gets("", 3)
		w.open()
		synctest.Wait()
		w.j.want(t, "established", "restored", "/0: code -127", "/1: code -127", "/2: code -127")
	})
}

// The reply to joined reads may be larger than the limit on one reply. A read whose own answer is too large fails alone.
func TestJoined_LargeAnswers(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		const limit = 1 << 20
		w := joining(t, func(c *zkpeer.Conn) {
			c.Accept()
			c.Serve(func(r zkpeer.Request) bool {
				if r.Op != wire.OpMultiRead {
					return false
				}
				var b []byte
				for i, part := range zkpeer.Parts(r) {
					if i == 1 {
						b = wire.AppendMultiHeader(b, wire.OpError, false, wire.CodeNoNode)
						b = wire.AppendInt32(b, wire.CodeNoNode)
						continue
					}
					st := zkpeer.Stat(part.Path)
					size := limit - 200
					if i == 3 {
						size = limit
					}
					data := append([]byte(part.Path), bytes.Repeat([]byte{' '}, size)...)
					b = wire.AppendMultiHeader(b, wire.OpGetData, false, 0)
					b = wire.AppendStat(wire.AppendBuffer(b, data), &st)
				}
				return c.Reply(r, wire.AppendMultiHeader(b, wire.OpError, true, -1))
			})
		})
		w.gets("", 5)
		w.open()
		synctest.Wait()
		got := w.j.take()
		for i, line := range got {
			got[i] = line[:min(len(line), 30)]
		}
		want := []string{"established", "restored", "/0: the reply of /0", "/1: code -101", "/2: the reply of /2",
			"/3: reply too large, sent", "/4: the reply of /4"}
		for i, line := range got {
			if i < len(want) && len(line) > len(want[i]) {
				got[i] = line[:len(want[i])]
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("journal %q, want %q", got, want)
		}
		w.m.together.Average.Store(joined.AnswerSize)
		if n := w.m.together.Most(); n != 2 {
			t.Errorf("%d reads with large answers are joined, want 2", n)
		}
	})
}

// An answer far above a small limit does not fail its neighbours.
func TestJoined_OneLargeAnswerAmongMany(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := joining(t, func(c *zkpeer.Conn) {
			c.Accept()
			c.Serve(func(r zkpeer.Request) bool {
				if r.Op != wire.OpMultiRead {
					return false
				}
				var b []byte
				for _, part := range zkpeer.Parts(r) {
					st, data := zkpeer.Stat(part.Path), []byte(part.Path)
					if part.Path == "/1" {
						data = make([]byte, 3<<20)
					}
					b = wire.AppendMultiHeader(b, wire.OpGetData, false, 0)
					b = wire.AppendStat(wire.AppendBuffer(b, data), &st)
				}
				return c.Reply(r, wire.AppendMultiHeader(b, wire.OpError, true, -1))
			})
		})
		w.m.cfg.MaxReply = 4 << 10
		w.gets("", 3)
		w.open()
		synctest.Wait()
		w.get("/behind")
		synctest.Wait()
		w.j.want(t, "established", "restored", "/0: ok", "/1: reply too large, sent", "/2: ok", "/behind: ok")
	})
}

// While a trial waits for its turn or for its reply, queued requests whose contexts end fail at once.
func TestJoined_ContextsDuringATrial(t *testing.T) {
	for _, before := range []int{0, 1} {
		inBubble2(t, before, func(t *testing.T) {
			w := joining(t, func(c *zkpeer.Conn) { c.Accept(); c.Drain() })
			w.open()
			synctest.Wait()
			w.j.take()
			for range before {
				w.m.Submit(w.request(wire.OpSync, "/sync", wire.AppendPathRecord(nil, "", "/sync")))
				synctest.Wait()
			}
			ctx, cancel := context.WithCancel(t.Context())
			w.gets("", 100)
			w.getCtx(ctx, "/waits")
			synctest.Wait()
			cancel()
			synctest.Wait()
			w.j.want(t, "/waits: context, not sent")
		})
	}
}

// A malformed reply leaves no read waiting.
func TestJoined_MalformedAnswers(t *testing.T) {
	whole := zkpeer.Body(zkpeer.Request{Op: wire.OpMultiRead, Body: func() []byte {
		j := &joined.Reads{}
		for i := range 3 {
			j.Parts = append(j.Parts, &asked{op: wire.OpGetData, record: wire.AppendPathWatch(nil, "", fmt.Sprintf("/%d", i), false)})
		}
		return j.Append(nil)
	}()})
	for cut := range len(whole) {
		inBubble2(t, cut, func(t *testing.T) {
			w := joining(t, func(c *zkpeer.Conn) {
				c.Accept()
				c.Serve(func(r zkpeer.Request) bool { return r.Op == wire.OpMultiRead && c.Reply(r, whole[:cut]) })
			})
			w.gets("", 3)
			w.open()
			synctest.Wait()
			w.get("/behind")
			synctest.Wait()
			got := w.j.take()
			if len(got) != 6 || got[5] != "/behind: ok" {
				t.Errorf("cut at %d: %q", cut, got)
			}
			for i, line := range got[2:min(5, len(got))] {
				if line != fmt.Sprintf("/%d: ok", i) && line != fmt.Sprintf("/%d: undecodable", i) {
					t.Errorf("cut at %d: %s", cut, line)
				}
			}
		})
	}
}

func inBubble2(t *testing.T, n int, test func(t *testing.T)) {
	t.Helper()
	t.Run(fmt.Sprint(n), func(t *testing.T) { synctest.Test(t, test) })
}

// A server with a small limit on requests resets the connection when a joined request exceeds it. Reads that are repeated
// succeed in the end, in smaller requests.
func TestJoined_ServersWithASmallLimit(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		const limit = 1500
		w := joining(t, func(c *zkpeer.Conn) {
			c.Accept()
			c.Serve(func(r zkpeer.Request) bool {
				if len(r.Body) > limit {
					c.Cut()
				}
				return len(r.Body) > limit
			})
		})
		var all []*patient
		losses := 0
		for round := range 5 {
			for i := range 60 {
				all = append(all, w.patient(fmt.Sprintf("/%s%d-%d", bytes.Repeat([]byte{'x'}, 60), round, i), 0))
			}
			for all[len(all)-1].ends.Load() == 0 && losses < 20 {
				u := w.open()
				synctest.Wait()
				time.Sleep(time.Second)
				if all[len(all)-1].ends.Load() == 0 {
					u.reading.Wait()
					losses++
				} else {
					u.closeWait()
				}
			}
		}
		for _, p := range all {
			if p.ends.Load() != 1 || p.cause != nil {
				t.Errorf("%s: ended %d times, %v", p.name, p.ends.Load(), p.cause)
			}
		}
		if losses > 4 {
			t.Errorf("%d losses", losses)
		}
	})
}

// A trial waits until nothing is in flight. If the contexts of its reads end meanwhile, what is queued behind them still goes
// out.
func TestJoined_WithdrawnBeforeTheTrial(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := joining(t, func(c *zkpeer.Conn) {
			c.Accept()
			first, _ := c.Next()
			time.Sleep(time.Second)
			c.Answer(first)
			c.Serve(nil)
		})
		sync := func(path string) { w.m.Submit(w.request(wire.OpSync, path, wire.AppendPathRecord(nil, "", path))) }
		a, cancelA := context.WithCancel(t.Context())
		b, cancelB := context.WithCancel(t.Context())
		w.open()
		sync("/first")
		synctest.Wait()
		w.getCtx(a, "/a")
		w.getCtx(b, "/b")
		sync("/behind")
		synctest.Wait()
		cancelA()
		synctest.Wait()
		cancelB()
		time.Sleep(2 * time.Second)
		w.j.want(t, "established", "restored", "/a: context, not sent", "/b: context, not sent", "/first: ok", "/behind: ok")
	})
}

// Reads that go back into the queue fail at once when their contexts end, as all that waits there.
func TestJoined_ReadsThatGoBackAreWatched(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := joining(t, oldServer, zkpeer.Healthy)
		ctx, cancel := context.WithCancel(t.Context())
		w.get("/a")
		w.getCtx(ctx, "/gone")
		w.auth("behind")
		u := w.open()
		u.reading.Wait()
		w.j.want(t, "established", "restored", "lost")
		cancel()
		synctest.Wait()
		w.j.want(t, "/gone: context, not sent")
		w.open()
		synctest.Wait()
		w.j.want(t, "established", "restored", "/a: ok", "behind: ok")
	})
}

// The first joined reads are one request, however little fits into one.
func TestJoined_TrialIsOneRequest(t *testing.T) {
	long := "/" + strings.Repeat("x", 3<<10)
	for name, test := range map[string]struct {
		average int64
		paths   []string
	}{
		"large answers": {1 << 20, []string{"/a", "/b", "/c", "/d", "/e"}},
		"a long path":   {0, []string{"/a", "/b", long, "/c", long, "/d"}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				w := joining(t, oldServer, zkpeer.Healthy)
				w.m.together.Average.Store(test.average)
				want := []string{"established", "restored"}
				for _, path := range test.paths {
					w.get(path)
					want = append(want, path+": ok")
				}
				u := w.open()
				u.reading.Wait()
				w.j.want(t, "established", "restored", "lost")
				w.open()
				synctest.Wait()
				w.j.want(t, want...)
			})
		})
	}
}
