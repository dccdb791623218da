package zktest_test

import (
	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/wire"
)

// These functions return parts of a multi.
func partCreate(path, data string, flags int32) part { return partOf(wire.OpCreate, path, data, flags) }
func partCreate2(path string) part                   { return partOf(wire.OpCreate2, path, "", 0) }
func partDelete(path string) part                    { return part{wire.OpDelete, cat(str(path), num(-1))} }
func partSet(path, data string) part {
	return part{wire.OpSetData, cat(str(path), str(data), num(-1))}
}
func partCheck(path string, version int32) part {
	return part{wire.OpCheck, cat(str(path), num(version))}
}
func partGet(path string) part { return part{wire.OpGetData, cat(str(path), boolean(false))} }
func partKids(path string) part {
	return part{wire.OpGetChildren, cat(str(path), boolean(false))}
}

func partOf(op wire.OpCode, path, data string, flags int32) part {
	return part{op, cat(str(path), str(data), acls(open), num(flags))}
}

// play sends the whole script.
func (g *golden) play() {
	z := g.session("A", connectAs{})
	g.base = z.pingZxid()
	g.line("ping answer: xid=-2, zxid taken as z+0, err=0, body 0 bytes")
	g.handshakes()
	g.creates(z)
	g.counters(z)
	g.dataAndDeletes(z)
	g.ephemerals(z)
	g.authentication(z)
	g.multis(z)
	g.oneShots(z)
	g.persistents(z)
	g.restored(z)
	g.special(z)
	g.sessions()
}

func (g *golden) handshakes() {
	g.section("handshake")
	for _, as := range []connectAs{
		{timeout: 1}, {timeout: 1_000_000}, {readOnly: new(bool)}, {readOnly: &yes}, {password: []byte{}},
	} {
		g.session("t", as).do("closeSession", wire.OpClose, nil, nil)
	}
	g.session("t", connectAs{seen: 1 << 62})
}

var yes = true

func (g *golden) creates(z *player) {
	g.section("create, zxid consumption, precedence of errors")
	z.get("/nope", false)
	for _, path := range []string{"/p", "/p", "/nope/x"} {
		z.create(path, creating{})
	}
	z.get("/nope", false)
	z.exists("/p", false)
	for _, path := range []string{"a", "/", "/p/", "//x", "/p/../q", "/p/..", "/p/a\x00b", "/p/a\x01b", ""} {
		z.create(path, creating{})
	}
	z.create("", creating{nullPath: true})
	z.create("/nope/x", creating{acl: []zk.ACL{}})
	z.create("/p/x", creating{nullACL: true})
	for _, e := range []zk.ACL{ace(31, "auth", ""), ace(31, "nosuch", "x"), ace(31, "digest", "nocolon"), ace(31, "ip", "10.0.0.0/8")} {
		z.create("/p/x", creating{acl: []zk.ACL{e}})
	}
	z.create("/p/y", creating{acl: []zk.ACL{ace(31, "ip", "not-an-ip")}})
	z.create("/p/f", creating{flags: 99})
	z.create("/p/f", creating{flags: -1})
	z.create("/ro", creating{acl: []zk.ACL{ace(1, "world", "anyone")}})
	z.create("/ro/x", creating{})
	z.create("/ro/x", creating{acl: []zk.ACL{}})
	z.remove("/ro/none", -1)
	z.set("/ro", []byte("y"), 7)
	z.set("/ro", []byte("y"), -1)
	z.setACL("/ro", 9, open)
	z.setACL("/none", -1)
	z.setACL("/none", -1, open)
	z.create("/ro2", creating{acl: []zk.ACL{ace(5, "world", "anyone")}})
	z.create("/ro2/x", creating{flags: 1})
	z.create("/ro2/x", creating{})
	z.create("/ro2/x/y", creating{})
	z.remove("/ro2/x", -1)
	z.create("/norw", creating{acl: []zk.ACL{ace(0, "world", "anyone")}})
	z.get("/norw", false)
	z.exists("/norw", true)
	z.kids("/norw", false, wire.OpGetChildren2)
	z.getACL("/norw")
	z.get("/norw/none", false)
}

func (g *golden) counters(z *player) {
	g.section("cversion, pzxid, sequence numbers")
	z.create("/s", creating{})
	z.exists("/s", false)
	z.create("/s/a", creating{})
	z.exists("/s", false)
	z.remove("/s/a", -1)
	z.exists("/s", false)
	z.create("/s/n-", creating{flags: 2})
	z.create("/s/", creating{flags: 2})
	z.create("/s/a", creating{op: wire.OpCreate2})
	z.exists("/s", false)
	z.set("/s/a", []byte("1"), -1)
	z.exists("/s", false)
	z.create("/s/a", creating{})
	z.create("/s/n-", creating{flags: 2})
	z.create("/s/a/n-", creating{flags: 2})
	z.multi("seq twice in one", wire.OpMulti, partCreate("/s/m-", "", 2), partCreate("/s/m-", "", 2))
	z.multi("seq rolled back", wire.OpMulti, partCreate("/s/r-", "", 2), partDelete("/none"))
	z.create("/s/r-", creating{flags: 2})
	z.exists("/s", false)
}

func (g *golden) dataAndDeletes(z *player) {
	g.section("null and empty data, versions")
	z.create("/d", creating{nullData: true})
	z.get("/d", false)
	z.set("/d", []byte{}, -1)
	z.get("/d", false)
	z.set("/d", nil, 1)
	z.get("/d", false)
	z.set("/d", []byte("q"), 0)
	z.set("/d", []byte("q"), -2)
	z.set("/d", []byte("q"), 2)
	g.section("delete")
	for _, path := range []string{"/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config", "/none", "/none/x"} {
		z.remove(path, -1)
	}
	z.remove("/s", 7)
	z.remove("/s", -1)
	z.remove("nope", -1)
	z.remove("/s/", -1)
}

func (g *golden) ephemerals(z *player) {
	g.section("ephemerals")
	z.create("/e", creating{flags: 1})
	z.create("/e/x", creating{})
	z.create("/e/x", creating{flags: 1})
	z.exists("/e", false)
	z.create("/es-", creating{flags: 3})
	z.do("getEphemerals ''", wire.OpGetEphemerals, str(""), (*reading).sorted)
	z.do("getEphemerals '/es'", wire.OpGetEphemerals, str("/es"), (*reading).sorted)
	z.do("getAllChildrenNumber /s", wire.OpGetAllChildrenNumber, str("/s"), (*reading).number)
	z.do("getAllChildrenNumber /none", wire.OpGetAllChildrenNumber, str("/none"), (*reading).number)
}

func (g *golden) authentication(z *player) {
	g.section("ACL, auth, whoAmI")
	z.auth("digest", "u:p")
	z.auth("digest", "nocolon")
	z.do("whoAmI", wire.OpWhoAmI, nil, (*reading).clients)
	world := ace(1, "world", "anyone")
	z.create("/acl", creating{acl: []zk.ACL{ace(31, "auth", ""), world}})
	z.getACL("/acl")
	z.setACL("/acl", 0, ace(31, "auth", "ignored"), ace(31, "auth", "ignored"), world)
	z.getACL("/acl")
	z.setACL("/acl", 0, open)
	y := g.session("B", connectAs{quiet: true})
	y.getACL("/acl")
	y.set("/acl", []byte("1"), -1)
	y.get("/acl", false)
	y.auth("nosuch", "x")
	y.rest("after failed auth")
	y = g.session("B", connectAs{quiet: true})
	y.auth("ip", "")
	y.auth("world", "")
	y.rest("after world")
}

func (g *golden) multis(z *player) {
	g.section("multi")
	z.multi("empty", wire.OpMulti)
	z.multi("all kinds", wire.OpMulti, partCreate("/m", "1", 0), partCreate2("/m/a"), partSet("/m", "2"), partCheck("/m", 1), partDelete("/m/a"))
	z.exists("/m", false)
	z.multi("2nd fails", wire.OpMulti, partCreate("/m/ok", "", 0), partCheck("/m", 9), partCreate("/m/ok2", "", 0))
	z.exists("/m/ok", false)
	z.multi("1st fails", wire.OpMulti, partDelete("/none"), partCreate("/m/ok", "", 0))
	z.multi("check missing", wire.OpMulti, partCheck("/none", -1))
	z.multi("create and use", wire.OpMulti, partCreate("/m/c", "", 0), partSet("/m/c", "z"), partDelete("/m/c"))
	z.multi("unknown op", wire.OpMulti, part{op: 99})
	z.multi("read in write multi", wire.OpMulti, partCreate("/m/x", "", 0), partGet("/m"))
	z.multi("bad flag", wire.OpMulti, partCreate("/m/x", "", 77))
	z.multi("reads", wire.OpMultiRead, partGet("/m"), partKids("/s"), partGet("/none"))
	z.multi("write in reads", wire.OpMultiRead, partCreate("/m/x", "", 0))
	if !g.checkUnknown {
		z.unanswered("check alone", wire.OpCheck, cat(str("/m"), num(-1)))
	}
}

func (g *golden) oneShots(z *player) {
	g.section("watches: order and once-only")
	w := g.session("W", connectAs{quiet: true})
	w.get("/m", true)
	w.exists("/m", true)
	w.kids("/m", true, wire.OpGetChildren2)
	z.set("/m", []byte("3"), -1)
	w.events("after set by A")
	z.set("/m", []byte("4"), -1)
	w.events("after 2nd set")
	z.create("/m/k", creating{})
	w.events("after child create")
	z.create("/m/k2", creating{})
	w.events("after 2nd child")
	w.get("/m/k", true)
	w.kids("/m/k", true, wire.OpGetChildren2)
	w.kids("/m", true, wire.OpGetChildren2)
	z.remove("/m/k", -1)
	w.events("deleted node with data+child watch, parent child watch")
	w.exists("/m/new", true)
	w.kids("/m", true, wire.OpGetChildren2)
	z.create("/m/new", creating{})
	w.events("create: exists watch and parent child watch")
	w.get("/m/new", true)
	w.set("/m/new", []byte("own"), -1)
	w.get("/none2", true)
	w.kids("/none2", true, wire.OpGetChildren2)
	z.create("/none2", creating{})
	w.events("failed get/children leave no watch")
	z.remove("/none2", -1)
	w.get("/m", true)
	w.kids("/m", true, wire.OpGetChildren2)
	z.multi("events of a multi", wire.OpMulti, partSet("/m", "5"), partCreate("/m/mm", "", 0), partDelete("/m/mm"), partSet("/m", "6"))
	w.events("after the multi")
	w.get("/m", true)
	z.setACL("/m", -1, open)
	w.events("setACL triggers nothing")
	z.set("/m", []byte("7"), -1)
	w.events("then set")
}

func (g *golden) persistents(z *player) {
	g.section("persistent watches (addWatch)")
	v := g.session("V", connectAs{quiet: true})
	v.addWatch("/m", 0)
	v.addWatch("/later", 1)
	v.addWatch("/x", 9)
	v.addWatch("bad", 0)
	z.set("/m", []byte("8"), -1)
	z.create("/m/p1", creating{})
	z.create("/m/p1/q", creating{})
	z.remove("/m/p1/q", -1)
	z.remove("/m/p1", -1)
	v.events("persistent on /m")
	z.create("/later", creating{})
	z.create("/later/a", creating{})
	z.create("/later/a/b", creating{})
	z.set("/later/a/b", []byte("1"), -1)
	z.remove("/later/a/b", -1)
	z.remove("/later/a", -1)
	z.remove("/later", -1)
	v.events("recursive on /later")
	v.addWatch("/both", 1)
	v.exists("/both", true)
	z.create("/both", creating{})
	v.events("recursive+exists on /both")
	v.kids("/both", true, wire.OpGetChildren2)
	z.create("/both/c", creating{})
	v.events("recursive+child watch")
	v.addWatch("/both", 0)
	z.create("/both/c2", creating{})
	v.events("after addWatch mode 0 over mode 1")
	for _, kind := range []int32{1, 2, 3, 3} {
		v.removeWatches("/m", kind)
	}
	v.removeWatches("/none", 3)
	v.get("/m", true)
	v.removeWatches("/m", 1)
	v.removeWatches("/m", 2)
	v.do("checkWatches /m any", wire.OpCheckWatches, cat(str("/m"), num(3)), nil)
	z.set("/m", []byte("9"), -1)
	v.events("after removal")
}

func (g *golden) restored(z *player) {
	g.section("setWatches")
	u := g.session("U", connectAs{quiet: true})
	u.get("/m", false)
	now := u.pingZxid()
	z.set("/m", []byte("10"), -1)
	z.create("/m/sw", creating{})
	z.remove("/both/c", -1)
	old := wire.WatchSet{
		Data:  []string{"/m", "/none", "/s"},
		Exist: []string{"/m", "/none"},
		Child: []string{"/m", "/none", "/both", "/s"},
	}
	u.do("setWatches at the old zxid", wire.OpSetWatches, wire.AppendSetWatches(nil, now, &old), nil)
	u.events("rest")
	z.set("/s", []byte("1"), -1)
	z.create("/none", creating{})
	u.events("which were kept")
	lasting := wire.WatchSet{Persistent: []string{"/m"}, PersistentRecursive: []string{"/s"}}
	u.doAs(-8, "setWatches2", wire.OpSetWatches2, wire.AppendSetWatches2(nil, now, &lasting), nil)
	z.set("/m", []byte("11"), -1)
	z.create("/s/zz", creating{})
	u.events("persistent ones kept")
}

func (g *golden) special(z *player) {
	g.section("sync, reconfig, unknown op, special")
	z.do("sync /none", wire.OpSync, str("/nonesuch"), (*reading).text)
	z.do("reconfig", wire.OpReconfig, cat(str("server.1=a:1:2;3"), null, null, long(-1)), nil)
	z.get("/zookeeper/config", false)
	z.set("/zookeeper/config", []byte("x"), -1)
	z.get("", false)
	z.exists("", false)
	z.kids("/", false, wire.OpGetChildren)
	z.kids("/zookeeper", false, wire.OpGetChildren)
	z.create("/zookeeper/mine", creating{})
	z.remove("/zookeeper/mine", -1)
	z.create("/cont", creating{flags: 4, op: wire.OpCreateContainer})
	z.exists("/cont", false)
	z.create("/cont2", creating{flags: 4})
	z.exists("/cont2", false)
	z.create("/ttl", creating{flags: 5, op: wire.OpCreateTTL, ttl: 60000})
	z.exists("/ttl", false)
	z.create("/ttl0", creating{flags: 5, op: wire.OpCreateTTL})
	z.create("/ttlm", creating{flags: 5, op: wire.OpCreateTTL, ttl: -1})
	z.create("/ttlp", creating{flags: 0, op: wire.OpCreateTTL, ttl: 1000})
	z.create("/ttls-", creating{flags: 6, op: wire.OpCreateTTL, ttl: 60000})
	z.do("deleteContainer /cont by a client", wire.OpDeleteContainer, str("/cont"), nil)
	k := g.session("K", connectAs{quiet: true})
	k.do("unknown op 999", 999, nil, nil)
	k.rest("after it")
	k = g.session("K", connectAs{quiet: true})
	k.do("short body (get)", wire.OpGetData, num(100), nil)
	k.get("/m", false)
	k = g.session("K", connectAs{quiet: true})
	k.write(num(0xfffff + 1))
	k.rest("frame of 1 MiB announced")
	k = g.session("K", connectAs{quiet: true})
	k.write(num(-5))
	k.rest("negative length")
}

func (g *golden) sessions() {
	g.section("sessions")
	c := g.session("C", connectAs{quiet: true})
	c.create("/ce", creating{flags: 1})
	d := g.session("D", connectAs{session: c.session, password: c.password})
	c.rest("old connection after the session moved")
	d.get("/ce", false)
	wrong := make([]byte, 16)
	for i := range wrong {
		wrong[i] = 1
	}
	g.session("E", connectAs{session: d.session, password: wrong}).rest("after a wrong password")
	d.rest("what the wrong password did to the rightful connection")
	f := g.session("F", connectAs{session: d.session, password: d.password})
	f.exists("/ce", false)
	w := g.session("G", connectAs{quiet: true})
	w.exists("/ce", true)
	w.kids("/", true, wire.OpGetChildren)
	f.do("closeSession", wire.OpClose, nil, nil)
	f.rest("after close")
	w.events("ephemeral of a closed session")
	g.session("H", connectAs{session: f.session, password: f.password}).rest("reconnect to a closed session")
	x := g.session("I", connectAs{quiet: true})
	x.create("/i1", creating{flags: 1})
	x.create("/i2", creating{flags: 1})
	w.exists("/i1", true)
	w.exists("/i2", true)
	x.pace()
	x.send(wire.OpClose, nil)
	x.send(wire.OpGetData, cat(str("/m"), boolean(false)))
	x.rest("pipelined after close")
	w.events("two ephemerals closed")
	g.pipelined()
}
