package zktest_test

import (
	"slices"
	"testing"

	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// What Apache ZooKeeper's own tests of watches assert of a server, on a real server and on one of this package. Each section names
// the Java tests for which it stands; their classes are in org.apache.zookeeper.test and org.apache.zookeeper.server.watch.
func TestApache_Watches(t *testing.T) {
	t.Parallel()
	zkserver.Needs(t, "3.6", "persistent watches")
	sameAnswers(t, func(g *golden) {
		for _, section := range slices.Concat(watchSections, watchManagerSections) {
			section(g)
		}
		for _, r := range watchesWithACLs {
			r.play(g)
		}
		g.restoredAfterARestart()
	}, nil, nil)
}

var watchSections = []func(*golden){
	(*golden).watchedExistence, (*golden).watchedData, (*golden).watchedChildren, (*golden).watchedTwice,
	(*golden).persistentWatch, (*golden).persistentWatchRemoved, (*golden).persistentWatchOfOthers, (*golden).persistentWatchOfRoot,
	(*golden).recursiveWatch, (*golden).recursiveWatchRemoved, (*golden).recursiveWatchOfOthers, (*golden).recursiveWatchOfRoot,
	(*golden).recursiveWatchHasNoChildEvents, (*golden).oneNodeInAllModes, (*golden).missedWhileAway,
}

// two begins a section with two sessions: one that watches, and one that changes things.
func (g *golden) two(title string) (watching, changing *player) {
	g.section(title)
	watching, changing = g.session("W", connectAs{quiet: true}), g.session("C", connectAs{quiet: true})
	g.base = changing.pingZxid()
	return watching, changing
}

// end closes the sessions of a section, and thereby removes their watches.
func (g *golden) end(all ...*player) {
	for _, p := range all {
		p.do("closeSession", wire.OpClose, nil, nil)
		p.rest("afterwards")
	}
}

// WatcherFuncTest.testExistsSync: a watch of existence reports that a znode is created, changed and deleted, once each time it is
// set. It stays silent while the znode is missing.
func (g *golden) watchedExistence() {
	w, c := g.two("watches of existence")
	for _, path := range []string{"/exists", "/exists/bar"} {
		w.exists(path, true)
	}
	c.create("/exists", creating{})
	c.create("/exists/bar", creating{})
	w.events("created")
	for _, path := range []string{"/exists", "/exists/bar", "/car", "/exists/car"} {
		w.exists(path, true)
	}
	for _, path := range []string{"/car", "/exists/car", "/exists", "/exists/bar"} {
		c.set(path, []byte("new"), -1)
	}
	w.events("two set, two missing")
	w.exists("/exists", true)
	w.exists("/exists/bar", true)
	c.remove("/exists/bar", -1)
	c.remove("/exists", -1)
	w.events("deleted")
	c.create("/exists", creating{})
	w.events("created again, but no longer watched")
	c.exists("/", false)
	g.end(w, c)
}

// WatcherFuncTest.testGetDataSync: a watch of data reports a change or the deletion. A get that fails leaves none.
func (g *golden) watchedData() {
	w, c := g.two("watches of data")
	w.get("/data", true)
	w.get("/data/bar", true)
	c.create("/data", creating{})
	w.get("/data", true)
	c.create("/data/bar", creating{})
	w.get("/data/bar", true)
	w.events("nothing yet: a child is no change of the data")
	c.set("/data", []byte("new"), -1)
	c.set("/data/bar", []byte("new"), -1)
	w.events("set")
	w.get("/data", true)
	w.get("/data/bar", true)
	c.remove("/data/bar", -1)
	c.remove("/data", -1)
	w.events("deleted")
	g.end(w, c)
}

// WatcherFuncTest.testGetChildrenSync: a watch of children reports a new child, and the deletion of a child or the znode, but not
// that the data have changed. A watch of existence on the same path does not double it.
func (g *golden) watchedChildren() {
	w, c := g.two("watches of children")
	w.kids("/kids", true, wire.OpGetChildren)
	w.kids("/kids/bar", true, wire.OpGetChildren)
	c.create("/kids", creating{})
	w.kids("/kids", true, wire.OpGetChildren)
	c.create("/kids/bar", creating{})
	w.events("a child")
	w.kids("/kids/bar", true, wire.OpGetChildren)
	c.set("/kids", []byte("new"), -1)
	c.set("/kids/bar", []byte("new"), -1)
	w.events("set")
	w.exists("/kids", true)
	w.kids("/kids", true, wire.OpGetChildren)
	c.remove("/kids/bar", -1)
	c.remove("/kids", -1)
	w.events("deleted")
	g.end(w, c)
}

// WatcherFuncTest.testExistsSyncWObj, testGetDataSyncWObj and testGetChildrenSyncWObj: however many watcher objects a client has, that
// is, however often it sets a watch, the server sends one event. WatchManagerTest.testWatcherMetrics: each of two clients gets one.
func (g *golden) watchedTwice() {
	w, c := g.two("watches set more than once")
	v := g.session("V", connectAs{quiet: true})
	for range 2 {
		w.exists("/twice", true)
		v.exists("/twice", true)
	}
	c.create("/twice", creating{})
	w.events("created")
	v.events("created")
	for range 3 {
		w.get("/twice", true)
		w.exists("/twice", true)
	}
	c.set("/twice", []byte("new"), -1)
	w.events("set")
	v.events("set, but no longer watched")
	for range 2 {
		w.kids("/twice", true, wire.OpGetChildren)
		w.kids("/twice", true, wire.OpGetChildren2)
	}
	c.create("/twice/a", creating{})
	w.events("a child")
	for range 2 {
		w.kids("/twice/a", true, wire.OpGetChildren)
		w.get("/twice/a", true)
		v.get("/twice/a", true)
	}
	c.remove("/twice/a", -1)
	w.events("deleted")
	v.events("deleted")
	g.end(w, v, c)
}

// PersistentWatcherTest.testBasic, testBasicAsync, testDefaultWatcher and testAsyncDefaultWatcher: a persistent watch, set before there
// is a znode, reports everything that happens to it and to its children, also to the client that causes it.
func (g *golden) persistentWatch() {
	w, c := g.two("a persistent watch")
	w.addWatch("/lasting/b", wire.AddWatchPersistent)
	g.changes(w, "/lasting", "persistent")
	g.end(w, c)
}

// changes is what PersistentWatcherTest.internalTestBasic does to a znode and its children.
func (g *golden) changes(p *player, root, what string) {
	p.create(root, creating{})
	p.create(root+"/b", creating{})
	p.create(root+"/b/c", creating{})
	p.set(root+"/b", nil, -1)
	p.set(root+"/b/c", nil, -1)
	p.remove(root+"/b/c", -1)
	p.remove(root+"/b", -1)
	p.create(root+"/b", creating{})
	p.events(what)
}

// PersistentWatcherTest.testRemoval: removeWatches ends a persistent watch, and the server sends no event for it.
func (g *golden) persistentWatchRemoved() {
	w, c := g.two("a persistent watch is removed")
	w.addWatch("/removed/b", wire.AddWatchPersistent)
	for _, path := range []string{"/removed", "/removed/b", "/removed/b/c"} {
		w.create(path, creating{})
	}
	w.removeWatches("/removed/b", wire.WatcherAny)
	w.remove("/removed/b/c", -1)
	w.remove("/removed/b", -1)
	w.events("after the removal")
	w.removeWatches("/removed/b", wire.WatcherAny)
	g.end(w, c)
}

// PersistentWatcherTest.testMultiClient: a persistent watch reports each change of another client, in order.
func (g *golden) persistentWatchOfOthers() {
	w, c := g.two("a persistent watch, changes by another client")
	w.create("/others", creating{})
	w.create("/others/b", creating{})
	w.addWatch("/others/b", wire.AddWatchPersistent)
	w.set("/others/b", []byte("one"), -1)
	for _, data := range []string{"two", "three", "four"} {
		c.set("/others/b", []byte(data), -1)
	}
	w.events("three more")
	g.end(w, c)
}

// PersistentWatcherTest.testRootWatcher.
func (g *golden) persistentWatchOfRoot() {
	w, c := g.two("a persistent watch of the root")
	w.addWatch("/", wire.AddWatchPersistent)
	w.create("/root-a", creating{})
	w.set("/root-a", nil, -1)
	w.create("/root-b", creating{})
	w.create("/root-b/c", creating{})
	w.events("rest")
	g.end(w, c)
}

// PersistentRecursiveWatcherTest.testBasic and testBasicAsync: a recursive watch reports what happens to a znode and all below it, but no
// changes of children.
func (g *golden) recursiveWatch() {
	w, c := g.two("a recursive watch")
	w.addWatch("/deep/b", wire.AddWatchPersistentRecursive)
	g.changesBelow(w, "/deep")
	g.end(w, c)
}

// changesBelow is what PersistentRecursiveWatcherTest.internalTestBasic does.
func (g *golden) changesBelow(p *player, root string) {
	for _, path := range []string{"", "/b", "/b/c", "/b/c/d", "/b/c/d/e"} {
		p.create(root+path, creating{})
	}
	p.set(root+"/b/c/d/e", nil, -1)
	p.remove(root+"/b/c/d/e", -1)
	p.create(root+"/b/c/d/e", creating{})
	p.exists(root+"/b/c/d", false)
}

// PersistentRecursiveWatcherTest.testRemoval.
func (g *golden) recursiveWatchRemoved() {
	w, c := g.two("a recursive watch is removed")
	w.addWatch("/pruned/b", wire.AddWatchPersistentRecursive)
	for _, path := range []string{"/pruned", "/pruned/b", "/pruned/b/c"} {
		w.create(path, creating{})
	}
	w.removeWatches("/pruned/b/c", wire.WatcherAny)
	w.create("/pruned/b/x", creating{})
	w.removeWatches("/pruned/b", wire.WatcherAny)
	w.create("/pruned/b/c/d", creating{})
	w.set("/pruned/b", nil, -1)
	w.events("after the removal")
	g.end(w, c)
}

// PersistentRecursiveWatcherTest.testMultiClient.
func (g *golden) recursiveWatchOfOthers() {
	w, c := g.two("a recursive watch, changes by another client")
	for _, path := range []string{"/below", "/below/b", "/below/b/c"} {
		w.create(path, creating{})
	}
	w.addWatch("/below/b", wire.AddWatchPersistentRecursive)
	w.set("/below/b/c", []byte("one"), -1)
	for _, data := range []string{"two", "three", "four"} {
		c.set("/below/b/c", []byte(data), -1)
	}
	w.events("three more")
	g.end(w, c)
}

// PersistentRecursiveWatcherTest.testRootWatcher.
func (g *golden) recursiveWatchOfRoot() {
	w, c := g.two("a recursive watch of the root")
	w.addWatch("/", wire.AddWatchPersistentRecursive)
	for _, path := range []string{"/all-a", "/all-a/b", "/all-b", "/all-b/c"} {
		w.create(path, creating{})
	}
	c.create("/all-c", creating{flags: 1})
	g.end(c)
	w.events("an ephemeral znode comes and goes")
	g.end(w)
}

// PersistentRecursiveWatcherTest.testNoChildEvents: a one-shot watch of children fires as ever below a recursive watch, which reports
// the child itself instead.
func (g *golden) recursiveWatchHasNoChildEvents() {
	w, c := g.two("a recursive watch beside one of children")
	w.create("/beside", creating{})
	w.addWatch("/", wire.AddWatchPersistentRecursive)
	w.kids("/beside", true, wire.OpGetChildren)
	w.create("/beside/b", creating{})
	w.create("/beside/b/c", creating{})
	w.events("no more")
	g.end(w, c)
}

// PersistentRecursiveWatcherTest.testSamePathWithDifferentWatchModes: since 3.9 all watches of a client on one path work side by side;
// before, the last one counts in each of the server's two tables. A client is told once of a change.
func (g *golden) oneNodeInAllModes() {
	w, c := g.two("one path watched in all modes")
	w.addWatch("/modes", wire.AddWatchPersistent)
	w.addWatch("/modes", wire.AddWatchPersistentRecursive)
	w.exists("/modes", true)
	c.create("/modes", creating{})
	w.events("created")
	w.get("/modes", true)
	c.set("/modes", nil, -1)
	w.events("set")
	w.kids("/modes", true, wire.OpGetChildren)
	c.create("/modes/b", creating{})
	w.events("a child")
	w.kids("/modes", true, wire.OpGetChildren)
	c.remove("/modes/b", -1)
	w.events("the child deleted")
	w.kids("/modes", true, wire.OpGetChildren)
	w.get("/modes", true)
	w.exists("/modes", true)
	c.remove("/modes", -1)
	w.events("deleted")
	c.exists("/", false)
	g.end(w, c)
}

// away drops the connection of a session, does something, and resumes the session on another connection. There it restores watches
// as of the time when the connection was dropped.
func (g *golden) away(p *player, lists wire.WatchSet, meanwhile func()) *player {
	seen := p.pingZxid()
	_ = p.sock.Close()
	meanwhile()
	return g.resume(p, seen, lists)
}

func (g *golden) resume(p *player, seen int64, lists wire.WatchSet) *player {
	again := g.session(p.name, connectAs{session: p.session, password: p.password, seen: seen})
	again.doAs(wire.XidSetWatches, "setWatches2", wire.OpSetWatches2, wire.AppendSetWatches2(nil, seen, &lists), nil)
	again.events("rest")
	return again
}

// WatchEventWhenAutoResetTest, all tests: what has happened while a client was away is reported when it restores its watches, by an event
// of the kind that fits the watch.
func (g *golden) missedWhileAway() {
	w, c := g.two("changes while the client is away")
	c.create("/away", creating{})
	w.exists("/away", true)
	w = g.away(w, wire.WatchSet{Data: []string{"/away"}}, func() { c.set("/away", []byte("new"), 0) })
	w.exists("/away/new", true)
	w = g.away(w, wire.WatchSet{Exist: []string{"/away/new"}}, func() { c.create("/away/new", creating{}) })
	w.get("/away/new", true)
	w = g.away(w, wire.WatchSet{Data: []string{"/away/new"}}, func() { c.remove("/away/new", -1) })
	c.create("/away/new", creating{})
	w.kids("/away/new", true, wire.OpGetChildren)
	w = g.away(w, wire.WatchSet{Child: []string{"/away/new"}}, func() { c.remove("/away/new", -1) })
	w.kids("/away", true, wire.OpGetChildren)
	w = g.away(w, wire.WatchSet{Child: []string{"/away"}}, func() { c.create("/away/child", creating{}) })
	w.get("/away", true)
	w.kids("/away", true, wire.OpGetChildren)
	w = g.away(w, wire.WatchSet{Data: []string{"/away"}, Child: []string{"/away"}}, func() {})
	c.set("/away", []byte("newer"), -1)
	c.remove("/away/child", -1)
	w.events("nothing was missed, so the watches are set")
	g.end(w, c)
}

// PersistentWatcherTest.testDisconnect and PersistentRecursiveWatcherTest.testDisconnect: persistent watches that are restored after a
// restart of the server work as before.
func (g *golden) restoredAfterARestart() {
	w, c := g.two("the server restarts")
	w.addWatch("/restart/b", wire.AddWatchPersistent)
	c.addWatch("/again/b", wire.AddWatchPersistentRecursive)
	seen := w.pingZxid()
	g.restart()
	w.rest("the server is gone")
	c.rest("the server is gone")
	w = g.resume(w, seen, wire.WatchSet{Persistent: []string{"/restart/b"}})
	c = g.resume(c, seen, wire.WatchSet{PersistentRecursive: []string{"/again/b"}})
	g.changes(w, "/restart", "persistent")
	g.changesBelow(c, "/again")
	g.end(w, c)
}
