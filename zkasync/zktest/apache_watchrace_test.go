package zktest_test

import (
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// What WatchManagerTest.testAddAndTriggerWatcher, testRemoveWatcherOnPath and testDeadWatchers assert while many threads set, trigger and
// remove watches: each watch that is set fires once or is removed once, and none outlives its connection.
func TestApache_WatchesOfManyConnections(t *testing.T) {
	t.Parallel()
	for _, version := range []string{zktest.DefaultVersion, "3.9.5"} {
		srv := zktest.Run(t, zktest.WithVersion(version))
		must(t, srv.Put("/path", nil))
		var watchers []*watcher
		var changers []*raw
		for range 5 {
			watchers = append(watchers, &watcher{raw: openRaw(t, srv)})
			changers = append(changers, openRaw(t, srv))
		}
		for round := range 200 { // everybody sends at the same time, so that the server's goroutines race
			for i := range watchers {
				watchers[i].send(wire.OpExists, cat(str("/path"), boolean(true)))
				changers[i].send(wire.OpSetData, cat(str("/path"), null, num(-1)))
				if (round+i)%3 == 0 {
					watchers[i].send(wire.OpRemoveWatches, cat(str("/path"), num(wire.WatcherAny)))
				}
			}
			for i := range watchers {
				watchers[i].catchUp()
				if h, _, err := changers[i].reply(); err != nil || h.Err != wire.CodeOK {
					t.Fatalf("%s: set: code %d, %v", version, h.Err, err)
				}
			}
		}
		fired := 0
		for _, w := range watchers {
			fired += w.fired
			w.send(wire.OpExists, cat(str("/path"), boolean(true)))
			w.catchUp()
		}
		must(t, srv.Put("/path", nil))
		for _, w := range watchers {
			w.send(wire.OpExists, cat(str("/none"), boolean(false)))
			if w.catchUp(); w.set {
				t.Errorf("%s: a watch has not fired", version)
			}
			w.send(wire.OpExists, cat(str("/path"), boolean(true)))
			w.catchUp()
			_ = w.sock.Close()
		}
		if fired == 0 {
			t.Errorf("%s: no watch has fired in the rounds", version)
		}
		check.Until(t, "no watches of closed connections", func() bool { return len(srv.Watches()) == 0 })
	}
}

// watcher is a connection that knows from what it has received whether it has a watch.
type watcher struct {
	*raw
	answered int32
	set      bool
	fired    int
}

// catchUp reads until all requests are answered.
func (w *watcher) catchUp() {
	w.t.Helper()
	for w.answered < w.xid {
		h, body, err := w.reply()
		if err != nil {
			w.t.Fatal(err)
		}
		switch {
		case h.Xid == wire.XidWatch:
			if e, err := wire.DecodeWatchEvent(body); err != nil || zk.EventType(e.Type) != zk.EventNodeDataChanged || !w.set {
				w.t.Errorf("event %v, %v; set: %v", e, err, w.set)
			}
			w.set = false
			w.fired++
			continue
		case len(body) == 0 && (h.Err == wire.CodeOK || h.Err == wire.CodeNoWatcher): // of removeWatches
			if removed := h.Err == wire.CodeOK; removed != w.set {
				w.t.Errorf("removed: %v, but set: %v", removed, w.set)
			}
			w.set = false
		case h.Err == wire.CodeOK:
			w.set = true
		}
		w.answered = h.Xid
	}
}
