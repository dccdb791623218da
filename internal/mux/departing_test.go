package mux

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/zkasync/zkasync-go/internal/wire"
)

// departing is a request that notes when it leaves, and stays unless it is wanted.
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

// A request is asked at the moment when it is encoded, neither when it is queued nor after another one behind it.
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

// An AddWatch that is needless as the first of its kind leaves the next one to be tried.
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
