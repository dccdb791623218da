package zktest_test

import (
	"fmt"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/wire"
)

func partDeleteAt(path string, version int32) part {
	return part{wire.OpDelete, cat(str(path), num(version))}
}

func partSetAt(path, data string, version int32) part {
	return part{wire.OpSetData, cat(str(path), str(data), num(version))}
}

// MultiOperationTest: testInvalidPath, testBlankPath, testInvalidCreateModeFlag. The Java client refuses some of these requests itself.
func (g *golden) multisRefused(z *player) {
	z.create("/mr", creating{})
	z.multi("create below a slash", wire.OpMulti, partCreate("/mr/0", "", 0), partCreate("/mr/1/", "", 0), partCreate("/mr/2", "", 0))
	z.multi("create without a slash", wire.OpMulti, partCreate("/mr/0", "", 0), partCreate("mr1/", "", 3), partCreate("/mr/2", "", 0))
	z.multi("create with flag 6789", wire.OpMulti, partCreate("/mr/0", "", 0), partCreate("/mr/1", "", 6789), partCreate("/mr/2", "", 0))
	z.exists("/mr/0", false)
	for _, path := range []string{"/mr/1/", "mr1", "", "//", "/mr/./1", "/mr/a\x00b", "/mr/a\x01b", "/"} {
		for _, p := range []struct {
			name string
			part
		}{
			{"create", partCreate(path, "", 0)}, {"create2", partCreate2(path)}, {"sequential", partCreate(path, "", 2)},
			{"check", partCheck(path, 100)}, {"delete", partDeleteAt(path, 100)}, {"set", partSetAt(path, "", 100)},
		} {
			z.multi(fmt.Sprintf("%s %s", p.name, pyString(path)), wire.OpMulti, partSet("/mr", "1"), p.part, partSet("/mr", "2"))
		}
		z.multi("reads "+pyString(path), wire.OpMultiRead, partGet(path), partKids(path))
	}
	for _, op := range []wire.OpCode{wire.OpDelete, wire.OpCheck} {
		z.multi(fmt.Sprintf("op%d None", op), wire.OpMulti, partSet("/mr", "1"), part{op, cat(null, num(-1))})
	}
	z.multi("set None", wire.OpMulti, partSet("/mr", "1"), part{wire.OpSetData, cat(null, str(""), num(-1))})
	z.multi("create None", wire.OpMulti, partSet("/mr", "1"), part{wire.OpCreate, cat(null, str(""), acls(open), num(0))})
	z.multi("delete, none of the others is reached", wire.OpMulti, partDeleteAt("/mr/0", -1), partDeleteAt("", 100), partDeleteAt("/mr/2", 5))
	z.multi("a setACL", wire.OpMulti, part{wire.OpSetACL, cat(str("/mr"), acls(open), num(-1))})
	z.get("/mr", false)
}

// MultiOperationTest: testCreate, testCreate2, testEmpty, testCreateDelete, testInvalidVersion, testNestedCreate, testSetData,
// testUpdateConflict, testDeleteUpdateConflict, testGetResults. CreateContainerTest: testMultiWithContainerSimple.
func (g *golden) multisDependent(z *player) {
	z.create("/md", creating{})
	z.multi("three creates", wire.OpMulti, partCreate("/md/0", "", 0), partCreate("/md/1", "", 0), partCreate("/md/2", "", 0))
	z.multi("three creates with Stats", wire.OpMulti, partCreate2("/md/3"), partCreate2("/md/4"), partCreate2("/md/5"))
	z.kids("/md", false, wire.OpGetChildren2)
	z.multi("empty", wire.OpMulti)
	z.multi("empty", wire.OpMultiRead)
	z.multi("created and deleted", wire.OpMulti, partCreate("/md/x", "", 0), partDeleteAt("/md/x", 0))
	z.exists("/md/x", false)
	z.multi("deleted at another version", wire.OpMulti, partCreate("/md/x", "", 0), partDeleteAt("/md/x", 1))
	z.exists("/md/x", false)
	z.multi("nested", wire.OpMulti, partCreate("/md/x", "", 0), partCreate("/md/x/a", "", 0), partCreate("/md/x/a/1", "", 0),
		partDeleteAt("/md/x/a/1", 0), partDeleteAt("/md/x/a", 0), partDeleteAt("/md/x", 0))
	z.exists("/md/x", false)
	z.multi("nested, and deleted from the top", wire.OpMulti, partCreate("/md/x", "", 0), partCreate("/md/x/a", "", 0), partDeleteAt("/md/x", 0))
	z.multi("created and set", wire.OpMulti, partCreate("/md/s0", "", 0), partSetAt("/md/s0", "/md/s0", 0),
		partCreate("/md/s1", "", 0), partSetAt("/md/s1", "/md/s1", 0))
	z.get("/md/s1", false)
	z.multi("set twice at version 0", wire.OpMulti, partCreate("/md/u", "", 0), partSetAt("/md/u", "X", 0), partSetAt("/md/u", "Y", 0))
	z.exists("/md/u", false)
	z.multi("set at versions 0 and 1", wire.OpMulti, partCreate("/md/u", "", 0), partSetAt("/md/u", "X", 0), partSetAt("/md/u", "Y", 1))
	z.get("/md/u", false)
	z.multi("set after it was deleted", wire.OpMulti, partCreate("/md/v", "", 0), partDeleteAt("/md/v", 0), partSetAt("/md/v", "Y", 0),
		partCreate("/md/w", "", 0))
	z.exists("/md/v", false)
	z.exists("/md/w", false)
	z.multi("a container and its child", wire.OpMulti, partOf(wire.OpCreateContainer, "/md/c", "", 4), partCreate("/md/c/a", "", 0))
	z.multi("a child of an ephemeral znode", wire.OpMulti, partCreate("/md/e", "", 1), partCreate("/md/e/a", "", 0))
	z.exists("/md/e", false)
	z.kids("/md", false, wire.OpGetChildren2)
}

// MultiOperationTest: testMultiRollback (ZOOKEEPER-2052). PrepRequestProcessorTest: testMultiRollbackNoLastChange.
func (g *golden) multisAborted(z *player) {
	z.create("/ma", creating{})
	e := g.session("E", connectAs{quiet: true})
	e.create("/ma/e", creating{flags: 1})
	z.multi("not empty", wire.OpMulti, partDelete("/ma"))
	z.multi("set, and not empty", wire.OpMulti, partSet("/ma", "1"), partDelete("/ma"))
	g.timeless = true
	z.pipelined(func() { // the second request must not see what the first one changed before it failed
		z.multi("many changes, and one that fails", wire.OpMulti, partSet("/ma", "1"), partCreate("/ma/s-", "", 2), partDelete("/ma/e"), partDelete("/none"))
		z.multi("the same at the same versions", wire.OpMulti, partSetAt("/ma", "1", 0), partCreate("/ma/s-", "", 2), partCheck("/ma/e", 0))
		z.get("/ma", false)
	})
	g.timeless = false
	z.multi("the sequential one", wire.OpMulti, partDelete("/ma/s-0000000001"))
	z.exists("/ma/e", true)
	e.leave()
	z.events("the ephemeral znode is deleted")
	z.get("/ma/e", false)
	z.multi("empty now", wire.OpMulti, partDelete("/ma"))
	z.get("/ma", false)
}

// MultiOperationTest: testTransactionBuilder.
func (g *golden) multisChecked(z *player) {
	z.multi("creates", wire.OpMulti, partCreate("/t1", "", 0), partCreate("/t1/child", "", 0), partCreate("/t2", "", 1))
	z.exists("/t2", false)
	all := func(t1, child, t2 int32) []part {
		return []part{partCheck("/t1", t1), partCheck("/t1/child", child), partCheck("/t2", t2)}
	}
	z.multi("checks", wire.OpMulti, all(0, 0, 0)...)
	z.multi("checks, the last one fails", wire.OpMulti, all(0, 0, 1)...)
	z.multi("check and set", wire.OpMulti, partCheck("/t1", 0), partSetAt("/t1", "", 0))
	z.multi("check and set at another version", wire.OpMulti, partCheck("/t1", 1), partSetAt("/t1", "", 2))
	z.multi("set, and check the version before", wire.OpMulti, partSetAt("/t1", "", 1), partCheck("/t1", 1))
	z.multi("checks of the new version", wire.OpMulti, all(1, 0, 0)...)
	z.multi("deletes", wire.OpMulti, partDelete("/t2"), partDelete("/t1/child"))
	z.exists("/t1", false)
	z.exists("/t1/child", false)
	z.exists("/t2", false)
}

// MultiOperationTest: testWatchesTriggered, testNoWatchesTriggeredForFailedMultiRequest.
func (g *golden) multisWatched(z *player) {
	w := g.session("W", connectAs{quiet: true})
	w.kids("/", true, wire.OpGetChildren)
	z.multi("created and not deleted", wire.OpMulti, partCreate("/mw", "", 0), partDelete("/nonexisting"))
	w.events("after a multi that failed")
	z.multi("created and deleted", wire.OpMulti, partCreate("/mw", "", 0), partDelete("/mw"))
	w.events("after one that did not")
	w.exists("/mw", true)
	z.multi("created and deleted", wire.OpMulti, partCreate("/mw", "", 0), partDelete("/mw"))
	w.events("the first change is reported")
	w.addWatch("/mw", 1)
	z.multi("created, set, with a child, all deleted", wire.OpMulti, partCreate("/mw", "", 0), partSet("/mw", "1"), partCheck("/mw", 1),
		partCreate("/mw/a", "", 1), partDelete("/mw/a"), partDelete("/mw"))
	w.events("all changes are reported in order")
	w.leave()
}

// MultiOperationTest: testMultiGetChildren, testMultiGetChildrenSameNode, testMultiGetData, testMultiRead.
func (g *golden) multisOfReads(z *player) {
	z.create("/r", creating{})
	var all []part
	for i := range 3 {
		path := fmt.Sprint("/r/", i)
		z.create(path, creating{})
		for j := range i {
			z.create(fmt.Sprint(path, "/bar", j), creating{flags: 1})
		}
		all = append(all, partKids(path))
	}
	z.multi("children of each", wire.OpMultiRead, all...)
	z.multi("children of one", wire.OpMultiRead, partKids("/r/2"), partKids("/r/2"))
	z.set("/r/1", []byte("data1"), -1)
	z.multi("data", wire.OpMultiRead, partGet("/r/1"), partGet("/r/2"), partGet("/r/1"))
	z.multi("data and children", wire.OpMultiRead, partKids("/r/1"), partGet("/r/1"), partKids("/r/1/bar0"), partGet("/r/1/bar0"))
}

// MultiOperationTest: testMultiGetChildrenAuthentication, testMultiGetChildrenMixedAuthenticationErrorFirst,
// testMultiGetChildrenMixedAuthenticationCorrectFirst, testMixedReadAndTransaction.
func (g *golden) multisOfReadsRefused(z *player) {
	z.create("/rr", creating{})
	z.create("/rr/auth", creating{})
	z.create("/rr/auth/bar", creating{acl: []zk.ACL{ace(1, "world", "anyone")}})
	z.create("/rr/noauth", creating{acl: []zk.ACL{ace(zk.PermWrite, "world", "anyone")}})
	z.multi("allowed", wire.OpMultiRead, partKids("/rr/auth"))
	z.multi("not allowed", wire.OpMultiRead, partKids("/rr/noauth"))
	z.multi("the first is not allowed", wire.OpMultiRead, partKids("/rr/noauth"), partKids("/rr/auth"), partGet("/rr/auth"))
	z.multi("the second is not allowed", wire.OpMultiRead, partKids("/rr/auth"), partGet("/rr/noauth"), partKids("/rr/none"), partGet("/rr/auth"))
	z.multi("a write before a read", wire.OpMulti, partSet("/rr", "data"), partGet("/rr"))
	z.multi("a read before a write", wire.OpMultiRead, partGet("/rr"), partSet("/rr", "data"))
	z.multi("reads as writes", wire.OpMulti, partGet("/rr"), partKids("/rr"))
	z.get("/rr", false)
}

// PrepRequestProcessorTest: testMultiOutstandingChange, testCloseSessionTxn. The requests arrive together, so that each is decided
// while those before it are not carried out yet.
func (g *golden) waitingChanges(z *player) {
	z.create("/wc", creating{})
	g.timeless = true // since they may arrive in the same millisecond
	z.pipelined(func() {
		z.create("/wc/foo", creating{})
		z.multi("set", wire.OpMulti, partSetAt("/wc/foo", "", 0))
		z.multi("delete", wire.OpMulti, partDeleteAt("/wc/foo", 1))
		z.multi("delete again", wire.OpMulti, partDeleteAt("/wc/foo", -1))
		z.create("/wc/foo", creating{flags: 1})
		z.create("/wc/foo/below", creating{})
		z.remove("/wc", -1)
		z.create("/wc/bar", creating{})
		z.multi("create", wire.OpMulti, partCreate("/wc/bar", "", 0))
		z.create("/wc/bar", creating{flags: 3})
		z.kids("/wc", false, wire.OpGetChildren2)
	})
	g.timeless = false
	e := g.session("E", connectAs{quiet: true})
	e.create("/wc/e1", creating{flags: 1})
	e.create("/wc/e2", creating{flags: 1})
	e.leave()
	z.kids("/wc", false, wire.OpGetChildren2)
}

// PrepRequestProcessorTest: testPRequest, testInvalidPath.
func (g *golden) malformedWrites(z *player) {
	for _, op := range []wire.OpCode{
		wire.OpCreate, wire.OpCreate2, wire.OpCreateContainer, wire.OpCreateTTL, wire.OpDelete, wire.OpDeleteContainer,
		wire.OpSetData, wire.OpSetACL,
		wire.OpMulti, wire.OpMultiRead, wire.OpReconfig, wire.OpExists, wire.OpGetData, wire.OpGetACL, wire.OpGetChildren, wire.OpGetChildren2, wire.OpSync,
		wire.OpGetEphemerals, wire.OpGetAllChildrenNumber, wire.OpSetWatches, wire.OpSetWatches2, wire.OpAddWatch, wire.OpRemoveWatches, wire.OpCheckWatches,
	} {
		z.do(fmt.Sprintf("op%d with three bytes", op), op, []byte{0, 0, 0}, nil)
	}
	z.set("", []byte{}, -1)
	z.setACL("", -1, open)
	z.remove("", -1)
	z.do("set None", wire.OpSetData, cat(null, str(""), num(-1)), nil)
	z.do("setACL None", wire.OpSetACL, cat(null, acls(open), num(-1)), nil)
	z.do("delete None", wire.OpDelete, cat(null, num(-1)), nil)
	for _, op := range []wire.OpCode{wire.OpExists, wire.OpGetData, wire.OpGetChildren, wire.OpGetChildren2} {
		z.do(fmt.Sprintf("op%d None", op), op, cat(null, boolean(false)), nil)
	}
	for _, op := range []wire.OpCode{wire.OpGetACL, wire.OpSync, wire.OpGetEphemerals, wire.OpGetAllChildrenNumber} {
		z.do(fmt.Sprintf("op%d None", op), op, null, nil)
	}
}

// CheckTest: testStandalone. Since 3.8.5 and 3.9.3 a check is known only inside a multi. Before, it is carried out, but one that
// succeeds is not answered (ZOOKEEPER-2623).
func (g *golden) checksAlone(z *player) {
	z.create("/ca", creating{})
	c := g.session("C", connectAs{quiet: true})
	if g.checkUnknown {
		c.do("check", wire.OpCheck, cat(str("/"), num(-1)), nil)
		c.rest("after it")
		return
	}
	c.unanswered("check", wire.OpCheck, cat(str("/"), num(-1)))
	c.do("check at another version", wire.OpCheck, cat(str("/ca"), num(1)), nil)
	c.do("check with three bytes", wire.OpCheck, []byte{0, 0, 0}, nil)
	c.do("check of a missing znode", wire.OpCheck, cat(str("/ca/none"), num(-1)), nil)
	c.leave()
}
