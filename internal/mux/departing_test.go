package mux

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/zkasync/zkasync-go/internal/wire"
)

// departing is a request that records the call of Depart, and says there whether it is wanted.
type departing struct {
	*asked
	wanted bool
}

func (d *departing) Depart() bool {
	d.j.add("%s: departs", d.name)
	return d.wanted
}

func (w *world) departing(path string, op wire.OpCode, wanted bool) {
	r := w.getRequest(path)
	r.op = op
	w.m.Submit(&departing{r, wanted})
}

// Depart is called when the request is encoded: not when it is queued, and not after that of a later request.
func TestDeparting_IsAskedOnceAsItIsEncoded(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t)
		w.departing("/a", wire.OpGetData, true)
		w.get("/b")
		w.departing("/c", wire.OpGetData, false)
		w.departing("/d", wire.OpGetData, true)
		synctest.Wait()
		w.j.want(t)
		w.open()
		time.Sleep(time.Second)
		w.j.want(t, "established", "restored", "/a: departs", "/c: departs", "/c: needless, not sent", "/d: departs",
			"/a: ok", "/b: ok", "/d: ok")
	})
}

// If the first addWatch turns out to be needless, the next one is tried instead.
func TestDeparting_NeedlessTrialLeavesTheNextToBeTried(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t)
		w.departing("/w", wire.OpAddWatch, false)
		w.addWatch("/x")
		w.get("/b")
		w.open()
		time.Sleep(time.Second)
		w.j.want(t, "established", "restored", "/w: departs", "/w: needless, not sent", "/x: ok", "/b: ok")
	})
}
