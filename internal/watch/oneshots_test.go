package watch

import (
	"errors"
	"runtime"
	"slices"
	"testing"
	"weak"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
)

// once is a one-shot watch whose event resolves a future.
type once struct {
	OneShot
	promise future.Promise[zk.Event]
}

func newOnce(path string, kind Kind) *once {
	w := &once{}
	w.OneShot = OneShot{Path: path, Kind: kind, Waiter: w, Key: w.promise.Future()}
	return w
}

func (w *once) Put(e zk.Event, _ int64) { w.promise.Resolve(e) }
func (w *once) End(why error)           { w.promise.Reject(why) }

// A user may keep the future of an ended watch for as long as they like. It must not keep other watches of the same path alive.
func TestOneShots_EndedWatchKeepsNoOther(t *testing.T) {
	t.Parallel()
	const count = 10
	event := zk.Event{Type: zk.EventNodeDataChanged, Path: "/a"}
	type watches struct {
		events []*future.Future[zk.Event]
		table  *oneShots
	}
	for name, end := range map[string]func(ws *watches){
		"given up one by one": func(ws *watches) {
			for _, e := range ws.events {
				ws.table.fail(e, errors.ErrUnsupported)
			}
		},
		"fired":  func(ws *watches) { ws.table.fire(event, 7) },
		"failed": func(ws *watches) { ws.table.failAll(errors.ErrUnsupported) },
	} {
		t.Run(name, func(t *testing.T) {
			ws := &watches{table: &oneShots{ended: func(_ string, why error) error { return why }}}
			var seen []weak.Pointer[future.Future[zk.Event]]
			for range count {
				w := newOnce("/a", Data)
				ws.table.add(&w.OneShot)
				e := w.promise.Future()
				ws.events = append(ws.events, e)
				seen = append(seen, weak.Make(e))
			}
			end(ws)
			kept := ws.events[0]
			ws = nil
			isKept := func(p weak.Pointer[future.Future[zk.Event]]) bool { return p.Value() != nil }
			for range 10 { // a stack that has grown may keep one alive for one more collection
				if runtime.GC(); !slices.ContainsFunc(seen[1:], isKept) {
					break
				}
			}
			for i, p := range seen[1:] {
				if isKept(p) {
					t.Errorf("watch %d is kept by watch 0", i+1)
				}
			}
			if !kept.Ready() {
				t.Error("watch 0 has not ended")
			}
			runtime.KeepAlive(kept)
		})
	}
}
