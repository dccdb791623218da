package zkasync

import (
	"time"

	"github.com/zkasync/zkasync-go/internal/watch"
)

// watchKinds are the names of one-shot watches for hooks.
var watchKinds = map[watch.Kind]string{watch.Data: "data", watch.Exist: "exists", watch.Child: "children"}

// observeWatch reports to hooks a one-shot watch that is being registered, and its end.
func observeWatch(hs *hookCalls, w *eventWatch, path string, on watch.Kind) {
	if hs == nil || len(hs.watches) == 0 {
		return
	}
	kind := watchKinds[on]
	hs.watched(WatchEvent{Path: path, Kind: kind, Step: WatchSet})
	w.promise.Observe(func(e Event, err error) {
		if err != nil {
			hs.watched(WatchEvent{Path: path, Kind: kind, Step: WatchLost, Err: err})
			return
		}
		hs.watched(WatchEvent{Path: path, Kind: kind, Step: WatchFired, Event: e})
	})
}

// modeKinds are the names of lasting watches for hooks.
var modeKinds = map[AddWatchMode]string{Persistent: "persistent", PersistentRecursive: "persistent recursive"}

// placed tells hooks that the server watches.
func (s *Subscription) placed() {
	if s.c.hooks != nil && !s.told.Swap(true) {
		s.watchStep(WatchSet, Event{}, nil)
	}
}

// eventStep reports an event to hooks.
func (s *Subscription) eventStep(e Event) {
	switch {
	case s.c.hooks == nil:
	case e.Resync:
		s.watchStep(WatchResync, e, e.Err)
	default:
		s.watchStep(WatchFired, e, nil)
	}
}

// watchStep reports to hooks what has become of a subscription.
func (s *Subscription) watchStep(step WatchStep, e Event, err error) {
	if hs := s.c.hooks; hs != nil && len(hs.watches) > 0 {
		hs.watched(WatchEvent{Path: s.path, Kind: modeKinds[s.mode], Step: step, Event: e, Err: err})
	}
}

func (hs *hookCalls) watched(w WatchEvent) {
	w.At = time.Now()
	tellHooks(hs, hs.watches, "OnWatch", func(h WatchHook) { h.OnWatch(w) })
}
