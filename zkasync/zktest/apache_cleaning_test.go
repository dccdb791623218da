package zktest_test

import (
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// What Apache's unit tests ask of znodes that the server deletes by itself. The servers look for them often. When they do it is not
// compared, but the order in which they delete znodes is. Zxids are not: a real server that is busy asks for a deletion again before it
// has carried it out.
func TestApache_CleaningHasTheSameOrder(t *testing.T) {
	t.Parallel()
	zkserver.Needs(t, "3.6", "recursive watches, which show the order")
	for name, play := range map[string]func(*golden){"containers": (*golden).containers, "TTL": (*golden).expired} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sameAnswers(t, func(g *golden) { g.zxidless = true; play(g) }, []zkserver.Option{zkserver.WithJVMFlag("-Dznode.container.checkIntervalMs=50")},
				[]zktest.Option{zktest.WithCleaning(50 * time.Millisecond)})
		})
	}
}

// gone waits until the server has deleted a znode.
func (p *player) gone(path string) {
	p.g.t.Helper()
	for limit := time.Now().Add(wait); time.Now().Before(limit); p.g.sleep(10 * time.Millisecond) {
		p.xid++
		p.sendAs(p.xid, wire.OpExists, cat(str(path), boolean(false)))
		if h, _, err := p.reply(); err != nil || h.Err == wire.CodeNoNode {
			p.say("gone "+pyString(path), "gone")
			return
		}
	}
	p.g.t.Fatal(path, " is not deleted")
}

// containers plays CreateContainerTest: testSimpleDeletion, testSimpleDeletionAsync, testMultiWithContainer, testCascadingDeletion,
// testFalseEmpty, testZeroMaxNeverUsedInterval.
func (g *golden) containers() {
	z := g.first()
	w := g.session("W", connectAs{quiet: true})
	w.addWatch("/c", 1)
	container := creating{op: wire.OpCreateContainer, flags: 4}
	// Nobody may delete in /c, except the server. Its children come and go all the same.
	z.create("/c", creating{acl: []zk.ACL{ace(zk.PermRead|zk.PermCreate, "world", "anyone")}})
	z.create("/c/unused", container)
	z.create("/c/used", container)
	z.create("/c/used/a", creating{})
	z.create("/c/simple", container)
	z.create("/c/simple/a", creating{})
	z.remove("/c/simple", -1)
	z.remove("/c/simple/a", -1)
	z.gone("/c/simple")
	w.events("a container whose only child is deleted")
	z.multi("a container and a child that is deleted", wire.OpMulti, partOf(wire.OpCreateContainer, "/c/multi", "", 4),
		partCreate("/c/multi/a", "", 0), partDelete("/c/multi/a"))
	z.gone("/c/multi")
	w.events("the same in one transaction")
	z.create("/c/outer", container)
	z.create("/c/outer/inner", container)
	z.create("/c/outer/inner/one", creating{})
	z.remove("/c/outer/inner/one", -1)
	z.gone("/c/outer")
	w.events("one in the other")
	z.create("/c/simple", container) // it counts its children anew
	z.create("/c/simple/e", creating{flags: 1})
	z.kids("/c", false, wire.OpGetChildren2)
	z.exists("/c/unused", false)
	z.exists("/c/used", false)
	z.leave() // deletes the last child of /c/simple
	g.visit("Y", func(y *player) { y.gone("/c/simple") })
	w.events("a container whose only child was ephemeral")
	w.kids("/c", false, wire.OpGetChildren2)
	w.leave()
}

// expired plays CreateTTLTest: testCreate, testCreateAsync, testCreateSequential, testModifying, testMulti.
func (g *golden) expired() {
	z := g.first()
	w := g.session("W", connectAs{quiet: true})
	w.addWatch("/t", 1)
	z.create("/t", creating{})
	lease := func(path string, flags int32, ttl time.Duration) {
		z.create(path, creating{op: wire.OpCreateTTL, flags: flags, ttl: ttl.Milliseconds()})
	}
	lease("/t/long", 5, time.Hour)
	lease("/t/plain", 5, 100*time.Millisecond)
	z.gone("/t/plain")
	w.events("a TTL has passed")
	lease("/t/s-", 6, 100*time.Millisecond)
	z.gone("/t/s-0000000002")
	w.events("so has that of a sequential znode")

	const ttl, between = 6 * time.Second, 1500 * time.Millisecond // far apart, so that a busy server does not delete both at once
	lease("/t/renewed", 5, ttl)
	g.sleep(between)
	lease("/t/second", 5, ttl)
	g.sleep(between)
	z.set("/t/renewed", []byte("1"), 0)
	z.multi("one with a child", wire.OpMulti, partTTL("/t/parent", 5, 1), partCreate("/t/parent/child", "", 0))
	z.gone("/t/second")
	z.exists("/t/parent", false)
	z.gone("/t/renewed")
	w.events("a znode whose data was set lives longer than one that was created later")
	z.remove("/t/parent/child", -1)
	z.gone("/t/parent")
	w.events("a znode with a child lives until that is deleted")

	z.create("/m", creating{})
	z.multi("two with a TTL and one without", wire.OpMulti, partTTL("/m/a", 5, 100), partTTL("/m/b-", 6, 200), partCreate("/m/c", "", 0))
	z.gone("/m/a")
	z.gone("/m/b-0000000001")
	z.kids("/m", false, wire.OpGetChildren2)
	z.exists("/t/long", false)
}
