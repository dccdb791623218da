package zktest_test

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// What Apache's ReadOnlyModeTest asserts of servers, and SessionTest.testSessionMove of several, on a real ensemble and on one of this
// package.
func TestApache_ReadOnlyMode(t *testing.T) {
	t.Parallel()
	zkserver.Needs(t, "3.7", "whoAmI, which is one of the requests")
	theirs := realTrio(t, zkserver.WithReadOnly(),
		zkserver.WithConfig("localSessionsEnabled", "true"), zkserver.WithConfig("localSessionsUpgradingEnabled", "true"))
	theirs.play()
	ours := trioInMemory(t, zktest.WithVersion(theirs.version), zktest.WithReadOnlyMode())
	ours.checkUnknown = theirs.checkUnknown
	ours.play()
	sameLines(t, "real", theirs.out.String(), "zktest", ours.out.String())
}

// trio is an ensemble of three to which a script is played.
type trio struct {
	golden
	version string
	one     int    // a follower
	others  [2]int // another follower, and the leader

	at    int // to which server sessions connect
	stop  func(n int)
	start func(n int)
	mode  func(n int) string
}

func realTrio(t *testing.T, opts ...zkserver.Option) *trio {
	ctx := testContext(t)
	ens := zkserver.RunEnsemble(t, opts...)
	servers := ens.Servers()
	leader, err := ens.Leader(ctx)
	must(t, err)
	followers, err := ens.Followers(ctx)
	must(t, err)
	number := func(s *zkserver.Server) int { return slices.Index(servers, s) }
	r := &trio{
		version: leader.Version(), one: number(followers[0]), others: [2]int{number(followers[1]), number(leader)},
		stop:  func(n int) { must(t, servers[n].Kill()) },
		start: func(n int) { must(t, servers[n].Boot()) },
		mode: func(n int) string {
			srvr, _ := servers[n].FourLetter(t.Context(), "srvr")
			_, mode, _ := strings.Cut(srvr, "Mode: ")
			mode, _, _ = strings.Cut(mode, "\n")
			return mode
		},
	}
	r.golden = golden{t: t, timeless: true, pace: func() {}, checkUnknown: leader.Since("3.8.5", "3.9.3"),
		dial: func() (net.Conn, error) { return net.DialTimeout("tcp", servers[r.at].Addr(), wait) }}
	return r
}

func trioInMemory(t *testing.T, opts ...zktest.Option) *trio {
	clock := zktest.NewClock(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC))
	ens := zktest.RunEnsemble(t, 3, append([]zktest.Option{zktest.WithClock(clock), zktest.WithTick(zkserver.DefaultTick),
		zktest.WithSessionTimeouts(zkserver.MinSessionTimeout, zkserver.MaxSessionTimeout)}, opts...)...)
	servers := ens.Servers() // the first one leads
	r := &trio{
		one: 1, others: [2]int{2, 0},
		stop:  func(n int) { servers[n].Stop() },
		start: func(n int) { servers[n].Start() },
		mode:  func(n int) string { return servers[n].Mode() },
	}
	r.golden = golden{t: t, timeless: true, pace: func() { clock.Advance(time.Millisecond) },
		dial: func() (net.Conn, error) {
			return servers[r.at].DialContext(context.Background(), "tcp", servers[r.at].Addr())
		}}
	return r
}

// session begins or resumes a session at a server, as a client that accepts read-only servers.
func (r *trio) session(at int, name string, as connectAs) *player {
	r.at, as.readOnly = at, &yes
	return r.golden.session(name, as)
}

func (r *trio) play() {
	r.zxidless = true // a session that becomes the ensemble's takes one on a real server
	global := r.session(r.one, "G", connectAs{})
	global.create("/mine", creating{flags: 1}) // before, a real server alone knows the session
	global.create("/data", creating{})
	global = r.sessionMoves(global)

	for _, n := range r.others {
		r.stop(n)
	}
	global.rest("without a quorum")
	check.Until(r.t, "a server to be read-only", func() bool { return r.mode(r.one) == "read-only" })
	local := r.readOnly(global)

	r.start(r.others[0]) // two of three are enough
	check.Until(r.t, "a quorum", func() bool { return r.mode(r.one) == "follower" || r.mode(r.one) == "leader" })
	local.rest("with a quorum")
	r.writable(global, local)
}

// SessionTest.testSessionMove, with more than one server: when a session has moved, a write over the old connection ends it. A follower
// still answers reads there; the leader knows better.
func (r *trio) sessionMoves(old *player) *player {
	r.section("a session moves to another server")
	for i, at := range []int{r.others[0], r.others[1], r.one} {
		taker := r.session(at, fmt.Sprint(i+1), connectAs{session: old.session, password: old.password})
		taker.do("sync", wire.OpSync, str("/"), (*reading).text)
		taker.set("/data", []byte("taker"), -1)
		old.exists("/mine", false)
		old.set("/data", []byte("old"), -1)
		old = taker
	}
	old.get("/data", false)
	return old
}

// testMultiTransaction, testReadOnlyClient, testConnectionEvents and testGlobalSessionInRO: a server without a quorum serves clients that
// accept it. It answers reads and refuses what would change anything. A session of the ensemble cannot go on there.
func (r *trio) readOnly(global *player) *player {
	r.section("a read-only server")
	r.at = r.one
	r.golden.session("an old client", connectAs{})
	r.golden.session("a client that must write", connectAs{readOnly: new(bool)})
	r.session(r.one, "G", connectAs{session: global.session, password: global.password})
	local := r.session(r.one, "L", connectAs{})
	r.zxidless, r.base = false, local.pingZxid()
	r.reads(local)
	r.writes(local)
	local.multi("reads", wire.OpMultiRead, partGet("/data"), partKids("/"))
	local.exists("/new", false)

	again := r.session(r.one, "L", connectAs{session: local.session, password: local.password})
	local.rest("its former connection")
	again.get("/data", false)
	wrong := slices.Clone(local.password)
	wrong[0]++
	r.session(r.one, "L", connectAs{session: local.session, password: wrong}).rest("with a wrong password")
	again.rest("the rightful connection")
	again = r.session(r.one, "L", connectAs{session: local.session, password: local.password})
	r.end(again)
	r.session(r.one, "L", connectAs{session: local.session, password: local.password}).rest("after its end")
	r.session(r.one, "L", connectAs{session: local.session ^ 0xabcdef, password: local.password}).rest("nobody's")
	return r.session(r.one, "M", connectAs{})
}

func (r *trio) reads(p *player) {
	p.get("/data", true)
	p.exists("/mine", true)
	p.exists("/new", true)
	p.kids("/", true, wire.OpGetChildren2)
	p.kids("/data", true, wire.OpGetChildren)
	p.getACL("/data")
	p.auth("digest", "u:p")
	p.whoAmI()
	p.do("getEphemerals", wire.OpGetEphemerals, str("/"), (*reading).sorted)
	p.do("getAllChildrenNumber", wire.OpGetAllChildrenNumber, str("/data"), (*reading).number)
	p.addWatch("/data", wire.AddWatchPersistentRecursive)
	p.removeWatches("/data", wire.WatcherAny)
	lists := wire.WatchSet{Data: []string{"/data", "/gone"}, Child: []string{"/"}}
	p.do("setWatches", wire.OpSetWatches, wire.AppendSetWatches(nil, 0, &lists), nil)
}

func (r *trio) writes(p *player) {
	p.create("/new", creating{})
	p.create("/data", creating{flags: 1, op: wire.OpCreate2})
	p.create("/new", creating{flags: 4, op: wire.OpCreateContainer})
	p.create("/new", creating{flags: 5, op: wire.OpCreateTTL, ttl: 1000})
	p.create("bad", creating{acl: []zk.ACL{}})
	p.set("/data", []byte("no"), -1)
	p.set("/none", []byte("no"), 7)
	p.remove("/data", -1)
	p.setACL("/data", -1, open)
	p.multi("writes", wire.OpMulti, partSet("/data", "no"), partCreate("/new", "", 0))
	p.multi("nothing", wire.OpMulti)
	p.do("sync", wire.OpSync, str("/"), (*reading).text)
	p.do("deleteContainer", wire.OpDeleteContainer, str("/data"), nil)
	p.do("reconfig", wire.OpReconfig, cat(null, str("1"), null, long(-1)), nil)
	if !r.checkUnknown {
		p.do("check", wire.OpCheck, cat(str("/data"), num(-1)), nil)
	}
}

// testReadOnlyClient and testSessionEstablishment: when there is a quorum again, clients of the server that was read-only must begin
// sessions. Those of the ensemble go on.
func (r *trio) writable(global, local *player) {
	r.section("a quorum again")
	r.zxidless = true // in a later epoch
	r.session(r.one, "M", connectAs{session: local.session, password: local.password}).rest("of the read-only server")
	p := r.session(r.one, "N", connectAs{})
	p.set("/data", []byte("in the quorum now"), -1)
	p.create("/new", creating{})
	p.exists("/mine", false)
	p = r.session(r.one, "G", connectAs{session: global.session, password: global.password})
	p.exists("/mine", false)
	p.set("/mine", nil, -1)
	p.events("no watches are left")
}
