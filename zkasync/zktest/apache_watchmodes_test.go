package zktest_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// The types of watchers that removeWatches and checkWatches know since 3.9, besides those of package wire.
const (
	watcherPersistent          int32 = 4
	watcherPersistentRecursive int32 = 5
)

// watchManagerSections stand for WatchManagerTest, as far as a client can ask for watches with checkWatches and removeWatches. A real
// server up to 3.8 knows fewer types of watchers, and takes another client's watch for that of the client that asks.
var watchManagerSections = []func(*golden){
	(*golden).watchesOfTwoClients, (*golden).watchInOneMode, (*golden).watchesAddedTwice,
	(*golden).oneModeRemoved, (*golden).allModesRemoved, (*golden).modesRemovedOneByOne, (*golden).watchesOfTheDead,
}

// asks asks for the watches of a path by each type, and then removes by each of the types in remove, asking again each time.
func (p *player) asks(path string, remove ...int32) {
	check := func() {
		for _, kind := range []int32{wire.WatcherChildren, wire.WatcherData, wire.WatcherAny, watcherPersistent, watcherPersistentRecursive} {
			p.do(fmt.Sprintf("checkWatches %s type %d", path, kind), wire.OpCheckWatches, cat(str(path), num(kind)), nil)
		}
	}
	check()
	for _, kind := range remove {
		p.removeWatches(path, kind)
		check()
	}
}

// inAllModes watches a path in all modes.
func (p *player) inAllModes(path string) {
	p.exists(path, true)
	p.addWatch(path, wire.AddWatchPersistent)
	p.addWatch(path, wire.AddWatchPersistentRecursive)
}

// testAddRemoveWatcher, also of WatchManagerOptimized: a watch is one client's on one path.
func (g *golden) watchesOfTwoClients() {
	w, c := g.two("watches belong to one client and one path")
	w.exists("/manager1", true)
	c.asks("/manager1", wire.WatcherData, wire.WatcherAny)
	w.asks("/manager2", wire.WatcherData, wire.WatcherAny)
	w.asks("/manager1", wire.WatcherData, wire.WatcherData)
	c.create("/manager1", creating{})
	w.events("the watch is removed")
	g.end(w, c)
}

// testContainsMode: what has one mode is not found or removed by another.
func (g *golden) watchInOneMode() {
	w, c := g.two("a watch in one mode")
	w.addWatch("/contains", wire.AddWatchPersistent)
	w.asks("/contains", wire.WatcherData, watcherPersistentRecursive)
	c.asks("/contains", wire.WatcherAny, watcherPersistent)
	w.inAllModes("/contains")
	w.asks("/contains")
	c.create("/contains", creating{})
	w.events("created")
	g.end(w, c)
}

// testAddModeRepeatedly: a mode that is added twice is removed at once.
func (g *golden) watchesAddedTwice() {
	w, c := g.two("modes added twice")
	w.inAllModes("/repeated")
	w.inAllModes("/repeated")
	w.asks("/repeated", wire.WatcherData, wire.WatcherData, watcherPersistent, watcherPersistent,
		watcherPersistentRecursive, watcherPersistentRecursive, wire.WatcherAny)
	c.create("/repeated", creating{})
	w.events("nothing is watched")
	g.end(w, c)
}

// testRemoveModeOne and testRemoveModeMismatch: a removal affects no other mode, path or client.
func (g *golden) oneModeRemoved() {
	w, c := g.two("one mode removed")
	w.inAllModes("/one1")
	c.inAllModes("/one2")
	c.removeWatches("/one1", wire.WatcherAny)
	w.removeWatches("/one2", wire.WatcherAny)
	w.removeWatches("/one1", wire.WatcherData)
	w.asks("/one1")
	c.asks("/one2")
	c.create("/one1", creating{})
	c.create("/one1/child", creating{})
	w.create("/one2", creating{})
	w.events("of 1")
	c.events("of 2")
	g.end(w, c)
}

// testRemoveModeAll and testRemoveModeAllDefault: the type "any" removes all modes.
func (g *golden) allModesRemoved() {
	w, c := g.two("all modes removed")
	for range 2 {
		w.inAllModes("/every")
		w.asks("/every", wire.WatcherAny, wire.WatcherAny)
	}
	c.create("/every", creating{})
	w.events("nothing is watched")
	g.end(w, c)
}

// testRemoveModeAllIndividually.
func (g *golden) modesRemovedOneByOne() {
	w, c := g.two("modes removed one by one")
	w.inAllModes("/each")
	w.asks("/each", wire.WatcherData, watcherPersistent, watcherPersistentRecursive, wire.WatcherAny)
	c.create("/each", creating{})
	w.events("what is left")
	g.end(w, c)
}

// testDeadWatchers: the watches of a connection end with it.
func (g *golden) watchesOfTheDead() {
	w, c := g.two("watches of the dead")
	w.inAllModes("/dead")
	w.kids("/", true, wire.OpGetChildren)
	g.word("wchs")
	g.end(w)
	g.word("wchs")
	g.word("wchp")
	c.create("/dead", creating{})
	g.end(c)
}

// word records the answer to a four-letter word.
func (g *golden) word(word string) {
	sock, err := g.dial()
	if err != nil {
		g.t.Fatal(err)
	}
	defer sock.Close()
	if _, err := sock.Write([]byte(word)); err != nil {
		g.t.Fatal(err)
	}
	_ = sock.SetReadDeadline(time.Now().Add(wait))
	answer, err := io.ReadAll(sock)
	if err != nil {
		g.t.Fatal(err)
	}
	g.line("%s: %q", word, answer)
}

// Since 3.9 a server keeps the modes of a path apart. WatchManagerTest asserts what is found here after each step.
func TestApache_WatchManager_SinceModesAreApart(t *testing.T) {
	t.Parallel()
	const none, all = "", "data any persistent recursive"
	for _, tt := range []struct {
		name   string
		watch  func(p *player)
		remove []int32
		found  []string // before the first removal, and after each
	}{
		{"testContainsMode", func(p *player) { p.addWatch("/n", wire.AddWatchPersistent) }, []int32{wire.WatcherData, watcherPersistentRecursive},
			[]string{"any persistent", "any persistent", "any persistent"}},
		{"testAddModeRepeatedly", func(p *player) { p.inAllModes("/n"); p.inAllModes("/n") },
			[]int32{wire.WatcherData, watcherPersistent, watcherPersistentRecursive},
			[]string{all, "any persistent recursive", "any recursive", none}},
		{"testRemoveModeOne", func(p *player) { p.inAllModes("/n") }, []int32{watcherPersistentRecursive, wire.WatcherData},
			[]string{all, "data any persistent", "any persistent"}},
		{"testRemoveModeAll", func(p *player) { p.inAllModes("/n") }, []int32{wire.WatcherAny}, []string{all, none}},
		{"testRemoveModeAllIndividually", func(p *player) { p.inAllModes("/n") },
			[]int32{watcherPersistent, wire.WatcherData, watcherPersistentRecursive}, []string{all, "data any recursive", "any recursive", none}},
	} {
		g := inMemory(t, zktest.WithVersion("3.9.5"))
		w, other := g.two(tt.name)
		tt.watch(w)
		other.inAllModes("/other")
		for i := 0; ; i++ {
			if found := w.found("/n"); found != tt.found[i] {
				t.Errorf("%s: after %d removals found %q, want %q", tt.name, i, found, tt.found[i])
			}
			if i == len(tt.remove) {
				break
			}
			w.removeWatches("/n", tt.remove[i])
		}
		other.removeWatches("/n", wire.WatcherAny) // testRemoveModeMismatch
		if found := other.found("/other") + w.found("/other"); found != all {
			t.Errorf("%s: found %q of another client", tt.name, found)
		}
	}
}

// found returns the types by which checkWatches finds watches of a path.
func (p *player) found(path string) string {
	var all []string
	for _, kind := range []struct {
		name  string
		value int32
	}{{"data", wire.WatcherData}, {"any", wire.WatcherAny}, {"persistent", watcherPersistent}, {"recursive", watcherPersistentRecursive}} {
		p.send(wire.OpCheckWatches, cat(str(path), num(kind.value)))
		switch h, _, err := p.reply(); {
		case err != nil:
			p.t.Fatal(err)
		case h.Err == wire.CodeOK:
			all = append(all, kind.name)
		}
	}
	return strings.Join(all, " ")
}
