package zkasync_test

import (
	"fmt"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// watchAll sets each kind of watch on path and returns the events by kind.
func watchAll(t *testing.T, c *zkasync.Client, path string) map[string]*future.Future[zkasync.Event] {
	t.Helper()
	return map[string]*future.Future[zkasync.Event]{
		"get":      must(t, c.GetW(t.Context(), path)).Event,
		"exists":   must(t, c.ExistsW(t.Context(), path)).Event,
		"children": must(t, c.ChildrenW(t.Context(), path)).Event,
	}
}

func TestWatch_EachKindFiresForItsChanges(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(t *testing.T, c *zkasync.Client)
		typ    zk.EventType
		fired  []string
		not    []string
	}{
		{"data", func(t *testing.T, c *zkasync.Client) { must(t, c.Set(t.Context(), "/a", nil, 0)) },
			zk.EventNodeDataChanged, []string{"get", "exists"}, []string{"children"}},
		{"child", func(t *testing.T, c *zkasync.Client) { must(t, c.Create(t.Context(), "/a/b", nil)) },
			zk.EventNodeChildrenChanged, []string{"children"}, []string{"get", "exists"}},
		{"deletion", func(t *testing.T, c *zkasync.Client) { must(t, c.Delete(t.Context(), "/a", 0)) },
			zk.EventNodeDeleted, []string{"get", "exists", "children"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := rooted(t)
			must(t, c.Create(t.Context(), "/a", nil))
			events := watchAll(t, c, "/a")
			test.change(t, c)
			for _, kind := range test.fired {
				if e := must(t, events[kind]); e.Type != test.typ || e.Path != "/a" {
					t.Errorf("watch of %s: %+v, want %v of /a", kind, e, test.typ)
				}
			}
			must(t, c.Get(t.Context(), "/"))
			for _, kind := range test.not {
				if events[kind].Ready() {
					t.Errorf("watch of %s fired", kind)
				}
			}
		})
	}
}

func TestWatch_OfNothingFiresAtTheCreation(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	w := must(t, c.ExistsW(t.Context(), "/a"))
	if w.Value != nil {
		t.Errorf("stat %+v of nothing", w.Value)
	}
	must(t, c.Create(t.Context(), "/a", nil))
	if e := must(t, w.Event); e.Type != zk.EventNodeCreated || e.Path != "/a" {
		t.Errorf("event %+v", e)
	}
	fails(t, c.GetW(t.Context(), "/b"), zk.ErrNoNode)
	fails(t, c.ChildrenW(t.Context(), "/b"), zk.ErrNoNode)
}

func TestWatch_ReturnsTheValueToo(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	must(t, c.Create(t.Context(), "/a", []byte("data")))
	must(t, c.Create(t.Context(), "/a/b", nil))
	n := must(t, c.GetW(t.Context(), "/a")).Value
	if plain := must(t, c.Get(t.Context(), "/a")); string(n.Data) != "data" || n.Stat != plain.Stat {
		t.Errorf("get with a watch %+v, without %+v", n, plain)
	}
	if st := must(t, c.ExistsW(t.Context(), "/a")).Value; st == nil || *st != n.Stat {
		t.Errorf("exists with a watch %+v, want %+v", st, n.Stat)
	}
	if ch := must(t, c.ChildrenW(t.Context(), "/a")).Value; len(ch.Names) != 1 || ch.Names[0] != "b" || ch.Stat != n.Stat {
		t.Errorf("children with a watch %+v", ch)
	}
}

// Each registration gets exactly one event, in the order of registration.
func TestWatch_ManyOnOneZnodeFireOnceEach(t *testing.T) {
	t.Parallel()
	const count = 20
	c := rooted(t)
	must(t, c.Create(t.Context(), "/a", nil))
	var j journal
	var want []string
	for i := range count {
		name := fmt.Sprint(i)
		noted(&j, name, must(t, c.GetW(t.Context(), "/a")).Event)
		want = append(want, name)
	}
	for range 3 {
		must(t, c.Set(t.Context(), "/a", nil, zkasync.AnyVersion))
	}
	j.wants(t, want...)
}

// The server sends an event before the reply of the write that caused it.
func TestWatch_EventInItsPlaceAmongCompletions(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	for round := range 50 {
		path := fmt.Sprintf("/%d", round)
		must(t, c.Create(t.Context(), path, nil))
		var j journal
		noted(&j, "data event", must(t, c.GetW(t.Context(), path)).Event)
		noted(&j, "child event", must(t, c.ChildrenW(t.Context(), path)).Event)
		noted(&j, "get 1", c.Get(t.Context(), path))
		noted(&j, "get 2", c.Get(t.Context(), path))
		noted(&j, "set", c.Set(t.Context(), path, nil, 0))
		noted(&j, "get 3", c.Get(t.Context(), path))
		noted(&j, "create", c.Create(t.Context(), path+"/b", nil))
		noted(&j, "get 4", c.Get(t.Context(), path))
		j.wants(t, "get 1", "get 2", "data event", "set", "get 3", "child event", "create", "get 4")
		if t.Failed() {
			return
		}
	}
}

// A client gets the event before it can read the new data, whoever has written it.
func TestWatch_EventComesBeforeTheNewData(t *testing.T) {
	t.Parallel()
	const rounds = 100
	c, other, _ := proxied(t)
	must(t, c.Create(t.Context(), "/a", nil))
	for version := int32(1); version <= rounds; version++ {
		var fired, tooEarly bool // used by callbacks only, which run one at a time
		must(t, c.GetW(t.Context(), "/a")).Event.OnDone(func(zkasync.Event, error) { fired = true })
		write := other.Set(t.Context(), "/a", nil, version-1)
		look := func(n zkasync.Node, _ error) { tooEarly = tooEarly || n.Stat.Version == version && !fired }
		for !write.Ready() {
			c.Get(t.Context(), "/a").OnDone(look)
			c.Get(t.Context(), "/a").OnDone(look)
			must(t, c.Get(t.Context(), "/a"))
		}
		must(t, write)
		last := make(chan bool)
		c.Sync(t.Context(), "/a")
		c.Get(t.Context(), "/a").OnDone(func(n zkasync.Node, err error) {
			look(n, err)
			last <- tooEarly
		})
		if <-last {
			t.Fatalf("version %d was read before the event", version)
		}
	}
}
