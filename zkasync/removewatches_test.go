package zkasync_test

import (
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

func TestRemoveWatches_EndsThoseOfTheType(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	must(t, c.Create(t.Context(), "/a", nil))
	for _, typ := range []zkasync.WatcherType{zkasync.WatcherChildren, zkasync.WatcherData, zkasync.WatcherAny} {
		t.Run(typ.String(), func(t *testing.T) {
			data := must(t, c.GetW(t.Context(), "/a")).Event
			exists := must(t, c.ExistsW(t.Context(), "/a")).Event
			children := must(t, c.ChildrenW(t.Context(), "/a")).Event
			must(t, c.RemoveWatches(t.Context(), "/a", typ))
			for _, w := range []struct {
				event *future.Future[zkasync.Event]
				other zkasync.WatcherType
			}{{data, zkasync.WatcherChildren}, {exists, zkasync.WatcherChildren}, {children, zkasync.WatcherData}} {
				if typ == w.other {
					if w.event.Ready() {
						t.Error("a watch of another type was removed")
					}
					continue
				}
				fails(t, w.event, zkasync.ErrWatchRemoved)
			}
			fails(t, c.RemoveWatches(t.Context(), "/a", typ), zkasync.ErrNoWatcher)
			if typ != zkasync.WatcherAny {
				must(t, c.RemoveWatches(t.Context(), "/a", zkasync.WatcherAny))
			}
		})
	}
}

func TestRemoveWatches_ServerForgetsThem(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	must(t, c.Create(t.Context(), "/a", nil))
	event := must(t, c.GetW(t.Context(), "/a")).Event
	c.Unwatch(event) // the server keeps the watch
	must(t, c.RemoveWatches(t.Context(), "/a", zkasync.WatcherData))
	fails(t, c.RemoveWatches(t.Context(), "/a", zkasync.WatcherData), zkasync.ErrNoWatcher)
}

func TestRemoveWatches_InOrder(t *testing.T) {
	t.Parallel()
	needsAddWatch(t)
	c := rooted(t)
	must(t, c.Create(t.Context(), "/a", nil))
	var j journal
	release := make(chan struct{})
	c.Exists(t.Context(), "/").OnDone(func(*zk.Stat, error) { <-release })
	noted(&j, "first event", must(t, c.GetW(t.Context(), "/a")).Event)
	noted(&j, "set", c.Set(t.Context(), "/a", nil, 0))
	noted(&j, "second event", must(t, c.GetW(t.Context(), "/a")).Event)
	noted(&j, "third event", must(t, c.ChildrenW(t.Context(), "/a")).Event)
	s := must(t, c.AddWatch(t.Context(), "/a", zkasync.Persistent))
	noted(&j, "get", c.Get(t.Context(), "/a"))
	noted(&j, "removed", c.RemoveWatches(t.Context(), "/a", zkasync.WatcherAny))
	noted(&j, "last", c.Sync(t.Context(), "/"))
	close(release)
	j.wants(t, "first event", "set", "get", "second event failed", "third event failed", "removed", "last")
	wantErr(t, s.Err(), zkasync.ErrWatchRemoved)
	must(t, c.Set(t.Context(), "/a", nil, 1))
	noMoreEventsBut(t, c, s)
}

// noMoreEventsBut makes sure that the channel of a subscription that has ended is closed and empty.
func noMoreEventsBut(t testing.TB, c *zkasync.Client, s *zkasync.Subscription) {
	t.Helper()
	must(t, c.Sync(t.Context(), "/"))
	if e, open := <-s.C(); open {
		t.Errorf("event %q of a subscription that has ended", eventLine(e))
	}
}

// Servers before 3.9 remove a part of the persistent watch when the watches of one type are removed. Subscriptions must go on.
func TestRemoveWatches_OfOneTypeKeepsSubscriptions(t *testing.T) {
	t.Parallel()
	needsAddWatch(t)
	for _, typ := range []zkasync.WatcherType{zkasync.WatcherChildren, zkasync.WatcherData} {
		t.Run(typ.String(), func(t *testing.T) {
			t.Parallel()
			c := rooted(t)
			must(t, c.Create(t.Context(), "/a", nil))
			s := must(t, c.AddWatch(t.Context(), "/a", zkasync.Persistent))
			data := must(t, c.GetW(t.Context(), "/a")).Event
			children := must(t, c.ChildrenW(t.Context(), "/a")).Event
			must(t, c.RemoveWatches(t.Context(), "/a", typ))
			resync := nextEvents(t, s, 1)[0]
			if !resync.Resync || resync.Path != "/a" {
				t.Errorf("event %q, want a resync", eventLine(resync))
			}
			wantErr(t, resync.Err, zkasync.ErrWatchRemoved)
			must(t, c.Set(t.Context(), "/a", nil, 0))
			must(t, c.Create(t.Context(), "/a/x", nil))
			wantEvents(t, s, "changed /a", "children /a")
			noMoreEvents(t, c, s)
			if typ == zkasync.WatcherChildren {
				must(t, data)
				fails(t, children, zkasync.ErrWatchRemoved)
			} else {
				must(t, children)
				fails(t, data, zkasync.ErrWatchRemoved)
			}
		})
	}
}

func TestRemoveWatches_WaitsWhileSuspended(t *testing.T) {
	t.Parallel()
	needsAddWatch(t)
	c, _, p := proxied(t)
	must(t, c.Create(t.Context(), "/a", nil))
	event := must(t, c.GetW(t.Context(), "/a")).Event
	s := must(t, c.AddWatch(t.Context(), "/a", zkasync.Persistent))
	suspend(t, c, p)
	removed := c.RemoveWatches(t.Context(), "/a", zkasync.WatcherAny)
	if removed.Ready() || event.Ready() || s.Err() != nil {
		t.Error("something was removed without a connection")
	}
	resume(t, p)
	must(t, removed)
	fails(t, event, zkasync.ErrWatchRemoved)
	wantErr(t, s.Err(), zkasync.ErrWatchRemoved)
}

func TestRemoveWatches_RefusesBadArguments(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	fails(t, c.RemoveWatches(t.Context(), "", zkasync.WatcherAny), zk.ErrInvalidPath, zkasync.ErrNotSent)
	fails(t, c.RemoveWatches(t.Context(), "/a", 0), zkasync.ErrNotSent)
	fails(t, c.RemoveWatches(t.Context(), "/a", 4), zkasync.ErrNotSent)
}
