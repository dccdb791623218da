package zktest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// What Apache's SessionTest and UnsupportedAddWatcherTest assert of a server, on a real server and on one of this package. The real one
// has WatchManagerOptimized, which knows only one-shot watches, so some tests of those are played to it as well. Not all are: if a client
// watches the data and the children of a znode, that manager may tell it twice that the znode is deleted.
func TestApache_Sessions(t *testing.T) {
	t.Parallel()
	zkserver.Needs(t, "3.6", "a choice of watch managers, and persistent watches to refuse")
	const tick = 3 * time.Second
	sameAnswers(t, func(g *golden) {
		for _, section := range []func(*golden){
			(*golden).sessionResumed, (*golden).sessionTaken, (*golden).sessionTimeouts, (*golden).tooManyConnections,
			(*golden).unsupportedAddWatch, (*golden).watchedExistence, (*golden).watchedData, (*golden).missedWhileAway,
		} {
			section(g)
		}
	}, []zkserver.Option{
		zkserver.WithTickTime(tick), zkserver.WithConfig("minSessionTimeout", "-1"), zkserver.WithConfig("maxSessionTimeout", "-1"),
		zkserver.WithConfig("maxClientCnxns", fmt.Sprint(connectionsAtMost)),
		zkserver.WithJVMFlag("-Dzookeeper.watchManagerName=org.apache.zookeeper.server.watch.WatchManagerOptimized"),
	}, []zktest.Option{
		zktest.WithTick(tick), zktest.WithSessionTimeouts(2*tick, 20*tick), zktest.WithMaxConnections(connectionsAtMost),
	})
}

const connectionsAtMost = 3

// testSession: a session survives its connection, with its ephemeral znodes, until it is closed. Then nobody can resume it. A session that
// no server has granted cannot be resumed either (SessionTrackerCheckTest).
func (g *golden) sessionResumed() {
	g.section("a session is resumed")
	p := g.session("A", connectAs{timeout: 12_000})
	g.base = p.pingZxid()
	p.create("/session", creating{flags: 1})
	_ = p.sock.Close()
	p = g.session("A", connectAs{timeout: 9_000, session: p.session, password: p.password})
	p.get("/session", false)
	g.end(p)
	q := g.session("B", connectAs{})
	q.exists("/session", false)
	g.session("A", connectAs{session: p.session, password: p.password}).rest("after its end")
	g.session("A", connectAs{session: q.session ^ 0xabcdef, password: q.password}).rest("with an id of nobody's")
	q.create("/session", creating{flags: 1})
	g.end(q)
}

// testSessionMove: a session has one connection. If a client resumes it while it has one, that one is closed, and what is sent over it is
// not carried out.
func (g *golden) sessionTaken() {
	g.section("a session is taken from its connection")
	old := g.session("0", connectAs{})
	g.base = old.pingZxid()
	old.create("/moved", creating{flags: 1})
	for i := range 2 {
		taker := g.session(fmt.Sprint(i+1), connectAs{session: old.session, password: old.password})
		taker.do("sync", wire.OpSync, str("/"), (*reading).text)
		taker.set("/", []byte("1"), -1)
		old.set("/", []byte("2"), -1)
		taker.get("/", false)
		old = taker
	}
	old.get("/moved", false)
	g.end(old)
}

// testSessionTimeoutAccess: without other limits, a server grants from 2 to 20 ticks. testMinMaxSessionTimeout is about the limits that the
// script of the other golden test has.
func (g *golden) sessionTimeouts() {
	g.section("timeouts")
	for _, asked := range []int32{12_000, 3_000, 90_000, -5, 6_000, 6_001, 59_999} {
		g.end(g.session(fmt.Sprint(asked), connectAs{timeout: asked}))
	}
}

// testMaximumCnxnPerIP: one connection too many is closed. When one of the others has ended, there is room again.
func (g *golden) tooManyConnections() {
	g.section("too many connections")
	var all []*player
	for i := range connectionsAtMost {
		all = append(all, g.session(fmt.Sprint(i), connectAs{}))
	}
	for range 2 {
		g.line("one more is refused: %v", g.refuses())
	}
	g.end(all[0])
	all[0] = g.session("another", connectAs{})
	g.end(all...)
}

// refuses reports whether a connection is refused, or closed before its handshake.
func (g *golden) refuses() bool {
	sock, err := g.dial()
	if err != nil {
		return true
	}
	return !newRaw(g.t, sock).handshake(wire.ConnectRequest{Timeout: 10_000, Password: make([]byte, 16)}, true)
}

// UnsupportedAddWatcherTest.testBehavior: a server whose watch manager does not know persistent watches answers with a marshalling error,
// and sets none. A server of this package is made to answer so.
func (g *golden) unsupportedAddWatch() {
	w, c := g.two("persistent watches are not supported")
	if g.srv != nil {
		g.srv.Fault(zktest.Fault{Op: zktest.OpAddWatch, Do: zktest.Code(wire.CodeMarshalling)})
	}
	for mode := range int32(2) {
		w.addWatch("/unsupported", mode)
	}
	w.removeWatches("/unsupported", wire.WatcherAny)
	c.create("/unsupported", creating{})
	w.events("not watched")
	g.end(w, c)
}
