package mux

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zkasync/zkasync-go/internal/mux/internal/queue"
	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
)

func TestGuard_AWaitingRequestLeavesWhenItsContextEnds(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var s seen
		w := newWorld(t, s.serving)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		w.get("/a")
		b := w.getCtx(ctx, "/b")
		w.getCtx(t.Context(), "/c")
		time.Sleep(time.Minute - time.Millisecond)
		synctest.Wait()
		w.j.want(t)
		time.Sleep(time.Millisecond)
		synctest.Wait()
		w.j.want(t, "/b: context, not sent")
		if b.cause != context.DeadlineExceeded {
			t.Errorf("cause %v, want the context's error", b.cause)
		}
		w.open()
		synctest.Wait()
		w.j.want(t, "established", "restored", "/a: ok", "/c: ok")
		if got := s.paths(); !slices.Equal(got, []string{"/a", "/c"}) {
			t.Errorf("on the wire: %q", got)
		}
	})
}

func TestGuard_WithdrawnRequestsGiveTheirMemoryBack(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t)
		ctx, cancel := context.WithCancel(t.Context())
		var want []string
		for i := range 1000 {
			if i%100 == 0 {
				path := fmt.Sprintf("/stays/%d", i)
				w.get(path)
				want = append(want, path+": ok")
			}
			w.getCtx(ctx, fmt.Sprintf("/goes/%d", i))
		}
		cancel()
		w.m.Wait()
		if lines := w.j.take(); len(lines) != 1000 {
			t.Errorf("%d requests left, want 1000", len(lines))
		}
		w.m.mu.Lock()
		n, gone := w.m.queue.Len(), w.m.queue.Gone
		w.m.mu.Unlock()
		if n > 10+queue.CompactGone || n-gone != 10 {
			t.Errorf("%d elements are queued, %d of them withdrawn; want 10 and few", n, gone)
		}
		w.open()
		synctest.Wait()
		w.j.want(t, append([]string{"established", "restored"}, want...)...)
		if w.m.queue.Gone != 0 {
			t.Errorf("%d withdrawn elements counted in an empty queue", w.m.queue.Gone)
		}
	})
}

func TestGuard_OnAFlowingConnectionTheWriterLooks(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var s seen
		w := newWorld(t, s.serving)
		w.open()
		ctx, cancel := context.WithCancel(t.Context())
		w.getCtx(ctx, "/a")
		synctest.Wait()
		if w.watchesContexts() {
			t.Error("contexts are watched on a flowing connection")
		}
		cancel()
		w.getCtx(ctx, "/b")
		w.getCtx(t.Context(), "/c")
		synctest.Wait()
		w.j.want(t, "established", "restored", "/a: ok", "/b: context, not sent", "/c: ok")
		if got := s.paths(); !slices.Equal(got, []string{"/a", "/c"}) {
			t.Errorf("on the wire: %q", got)
		}
	})
}

func (w *world) watchesContexts() bool {
	w.m.mu.Lock()
	defer w.m.mu.Unlock()
	return w.m.queue.Guarding
}

func TestGuard_AfterALossContextsAreWatchedAgain(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, func(c *zkpeer.Conn) { c.Accept() })
		w.open().reading.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		w.getCtx(ctx, "/a")
		cancel()
		w.m.Wait()
		w.j.want(t, "established", "restored", "lost", "/a: context, not sent")
	})
}

func TestGuard_OnceWrittenTheAnswerCounts(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		release := make(chan struct{})
		w := newWorld(t, func(c *zkpeer.Conn) {
			c.Accept()
			r, _ := c.Next()
			<-release
			c.Answer(r)
			c.Serve(nil)
		})
		ctx, cancel := context.WithCancel(t.Context())
		w.getCtx(ctx, "/a")
		w.open()
		synctest.Wait()
		cancel()
		synctest.Wait()
		w.j.want(t, "established", "restored")
		close(release)
		synctest.Wait()
		w.j.want(t, "/a: ok")
	})
}

func TestGuard_BehindAStuckWriterContextsAreWatched(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		release := make(chan struct{})
		w := newWorld(t, func(c *zkpeer.Conn) {
			c.Accept()
			<-release
			c.Serve(nil)
		})
		w.open()
		w.get("/stuck")
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		w.getCtx(ctx, "/early") // before anybody knows that the writer is stuck
		w.get("/stays")
		time.Sleep(3 * maxSilenceTick)
		w.getCtx(ctx, "/late")
		synctest.Wait()
		w.j.want(t, "established", "restored")
		cancel()
		w.m.Wait()
		lines := w.j.take()
		slices.Sort(lines)
		if want := []string{"/early: context, not sent", "/late: context, not sent"}; !slices.Equal(lines, want) {
			t.Errorf("left: %q, want %q", lines, want)
		}
		close(release)
		synctest.Wait()
		w.j.want(t, "/stuck: ok", "/stays: ok")
		if w.watchesContexts() {
			t.Error("contexts are still watched when the writer goes on")
		}
	})
}

// The writer and the ends of contexts compete for the same requests. That each request ends once is checked by newWorld.
func TestGuard_ContextsThatEndWhileTheQueueGoesOut(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		for range 20 {
			var s seen
			w := newWorld(t, s.serving)
			var cancels []context.CancelFunc
			const n = 200
			for i := range n {
				ctx, cancel := context.WithCancel(t.Context())
				cancels = append(cancels, cancel)
				w.getCtx(ctx, fmt.Sprintf("/%d", i))
			}
			go func() {
				for _, cancel := range cancels {
					cancel()
				}
			}()
			w.open()
			w.m.Wait()
			synctest.Wait()
			sent := s.paths()
			for _, line := range w.j.take() {
				path, end, _ := strings.Cut(line, ": ")
				if written := slices.Contains(sent, path); path[0] == '/' && written != (end == "ok") {
					t.Errorf("%s, written: %v", line, written)
				}
			}
		}
	})
}
