package zktest_test

import (
	"fmt"

	"github.com/zkasync/zkasync-go/internal/wire"
)

// StatTest: testBasic, testChild, testChildren, testDataSizeChange. GetChildren2Test: testChild, testChildren.
func (g *golden) stats(z *player) {
	z.create("/stat", creating{})
	z.get("/stat", false)
	for i := range 10 {
		z.create(fmt.Sprint("/stat/kid", i), creating{flags: 1})
		z.get("/stat", false)
		z.kids("/stat", false, wire.OpGetChildren2)
	}
	z.get("/stat/kid0", false)
	z.kids("/stat/kid0", false, wire.OpGetChildren2)
	z.kids("/stat", false, wire.OpGetChildren)
	z.set("/stat", []byte("twice as long"), -1)
	z.get("/stat", false)
}

// CreateTest and CreateContainerTest: testCreate, testCreateWithStat, testCreateWithNullStat. The Stat of a creation must be that of the
// next exists.
func (g *golden) statsOfCreates(z *player) {
	z.create("/made", creating{})
	for _, o := range []struct {
		path string
		creating
	}{
		{"/made/plain", creating{}}, {"/made/plain/below", creating{}},
		{"/made/stat", creating{op: wire.OpCreate2}}, {"/made/stat/below", creating{op: wire.OpCreate2}},
		{"/made/container", creating{op: wire.OpCreateContainer, flags: 4}},
		{"/made/container/below", creating{op: wire.OpCreateContainer, flags: 4}},
	} {
		z.exists(o.path, false)
		z.create(o.path, o.creating)
		z.exists(o.path, false)
	}
	z.kids("/made", false, wire.OpGetChildren2)
}

// NullDataTest: testNullData. The Java test takes snapshots meanwhile, which no client sees.
func (g *golden) nullData(z *player) {
	z.create("/null", creating{nullData: true})
	z.exists("/null", false)
	z.get("/null", false)
	z.multi("null data", wire.OpMulti, part{wire.OpCreate, cat(str("/null/a"), null, acls(open), num(0))},
		part{wire.OpSetData, cat(str("/null"), null, num(0))})
	z.get("/null/a", false)
	z.multi("null data", wire.OpMultiRead, partGet("/null"), partGet("/null/a"))
}

// DataTreeTest: testGetAllChildrenNumber, testRootWatchTriggered. The other methods look into the tree of the server.
func (g *golden) descendants(z *player) {
	z.kids("/", true, wire.OpGetChildren)
	for _, path := range []string{"/all", "/all/nodes", "/all/nodes/1", "/all/nodes/2", "/all/nodes/3", "/allies"} {
		z.create(path, creating{})
	}
	for _, path := range []string{"/all", "/all/nodes", "/all/nodes/1", "/al", "/all/", "/", "", "/zookeeper"} {
		z.do("getAllChildrenNumber "+pyString(path), wire.OpGetAllChildrenNumber, str(path), (*reading).number)
	}
	z.remove("/all/nodes/3", -1)
	z.do("getAllChildrenNumber '/all'", wire.OpGetAllChildrenNumber, str("/all"), (*reading).number)
}

// EphemeralTypeTest: testTtls. CreateTTLTest: testBadTTLs, testMaxTTLs, testBadUsage, and what testCreate, testCreateSequential and
// testMulti assert of creations.
func (g *golden) boundsOfTTL(z *player) {
	const most = 1<<40 - 1
	z.create("/ttl", creating{})
	for _, ttl := range []int64{-100, -1, 0, 1, 100, most, most + 1, 1<<63 - 1} {
		for _, flags := range []int32{5, 6} {
			g.line("TTL %d:", ttl)
			z.create(fmt.Sprintf("/ttl/%d-", ttl), creating{op: wire.OpCreateTTL, flags: flags, ttl: ttl})
		}
	}
	for flags := range int32(8) { // each mode with a TTL of 100, and all that are not for a TTL without one
		z.create(fmt.Sprint("/ttl/with", flags), creating{op: wire.OpCreateTTL, flags: flags, ttl: 100})
		for _, op := range []wire.OpCode{wire.OpCreate, wire.OpCreate2, wire.OpCreateContainer} {
			z.create(fmt.Sprintf("/ttl/without%d-%d-", flags, op), creating{op: op, flags: flags})
		}
	}
	z.kids("/ttl", false, wire.OpGetChildren2)
	z.multi("all kinds of TTL", wire.OpMulti, partTTL("/ttl/a", 5, 100), partTTL("/ttl/b", 6, most), partCreate("/ttl/c", "", 0))
	for _, ttl := range []int64{0, -1, most + 1} {
		z.multi(fmt.Sprint("TTL ", ttl), wire.OpMulti, partCreate("/ttl/d", "", 0), partTTL("/ttl/e", 5, ttl), partCreate("/ttl/f", "", 0))
		z.exists("/ttl/d", false)
	}
	z.create("/ttl/a/below", creating{})
	z.exists("/ttl/a", false)
	z.do("getEphemerals", wire.OpGetEphemerals, str("/ttl"), (*reading).sorted)
}

func partTTL(path string, flags int32, ttl int64) part {
	p := partOf(wire.OpCreateTTL, path, "", flags)
	return part{p.op, append(p.body, long(ttl)...)}
}
