package zktest_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"net"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// Among the requests of random sequences are malformed ones: records that are too short or too long, lengths and numbers out of
// bounds, other bytes, operations that do not fit the record. Both servers must answer each of them alike, or end the connection,
// and have the same tree afterwards. Only createSession (-10) is left out, which a real server takes for a request of its own.
func TestDifferential_MalformedRequests(t *testing.T) {
	zkserver.Needs(t, "3.6", "some of what zktest knows")
	real := zkserver.Run(t, zkserver.WithTickTime(2*time.Second), zkserver.WithJVMFlag("-Dznode.container.checkIntervalMs=86400000"))
	undisturbed(t, real)
	srv := zktest.Run(t, zktest.WithVersion(real.Version()), zktest.WithCleaning(24*time.Hour),
		zktest.WithSessionTimeouts(zkserver.MinSessionTimeout, zkserver.MaxSessionTimeout))
	both := &differential{
		ours:      side{dial: func() (net.Conn, error) { return srv.DialContext(context.Background(), "tcp", srv.Addr()) }},
		theirs:    side{dial: func() (net.Conn, error) { return net.DialTimeout("tcp", real.Addr(), wait) }},
		malformed: true,
	}
	both.check(t, 300, 30)
}

// malformed is a request with a fault in it, or without one.
type malformed struct {
	what string
	xid  func(next int32) int32
	op   wire.OpCode
	body []byte
	bare int // if not negative, the frame ends after so many bytes of the header
}

func drawMalformed(rt *rapid.T, root string) malformed {
	path := root + rapid.SampledFrom([]string{"", "/a", "/a/c", "/b"}).Draw(rt, "path")
	valid := records(path)
	m := malformed{bare: -1, xid: func(next int32) int32 { return next }}
	of := rapid.SampledFrom(valid).Draw(rt, "record")
	m.op, m.body = of.op, append([]byte(nil), of.body...)
	m.what = fmt.Sprintf("op%d %s", m.op, path)
	for range rapid.IntRange(1, 2).Draw(rt, "faults") {
		m.fault(rt, valid)
	}
	if (m.op == wire.OpAddWatch || m.op == wire.OpSetWatches2) && bytes.Contains(m.body, null) {
		m.op = wire.OpSetWatches // a persistent watch of no path stays in a real server's tables for ever, and changes later answers
	}
	return m
}

// fault makes one more fault.
func (m *malformed) fault(rt *rapid.T, valid []part) {
	kind := rapid.SampledFrom([]string{"cut", "cut", "longer", "number", "number", "number", "byte", "byte", "op", "xid", "bare"}).Draw(rt, "fault")
	if len(m.body) < 4 && (kind == "cut" || kind == "number" || kind == "byte") {
		kind = "longer"
	}
	switch kind {
	case "cut":
		m.body = m.body[:rapid.IntRange(0, len(m.body)-1).Draw(rt, "length")]
	case "longer":
		m.body = append(m.body, rapid.SliceOfN(rapid.Byte(), 1, 9).Draw(rt, "more")...)
	case "number":
		at := rapid.IntRange(0, len(m.body)-4).Draw(rt, "at")
		n := rapid.SampledFrom([]int32{-1, -1, -2, 0, 1, 2, 5, 1000, 1 << 20, math.MaxInt32, math.MinInt32}).Draw(rt, "number")
		binary.BigEndian.PutUint32(m.body[at:], uint32(n))
	case "byte":
		at := rapid.IntRange(0, len(m.body)-1).Draw(rt, "at")
		m.body[at] = rapid.SampledFrom([]byte{0, 1, 2, '/', '.', 0x7f, 0x80, 0xc0, 0xed, 0xff}).Draw(rt, "byte")
	case "op":
		m.op = rapid.SampledFrom([]wire.OpCode{0, 10, 23, 99, 108, 999, -1, rapid.SampledFrom(valid).Draw(rt, "other").op}).Draw(rt, "op")
	case "xid":
		xid := rapid.SampledFrom([]int32{0, -1, -4, -8, -3, math.MaxInt32, math.MinInt32}).Draw(rt, "xid")
		m.xid = func(int32) int32 { return xid }
	case "bare":
		m.bare = rapid.IntRange(0, 7).Draw(rt, "bytes")
	}
	m.what += " " + kind
}

// frame returns the request as it is sent with an xid.
func (m *malformed) frame(xid int32) []byte {
	b := request(xid, m.op, m.body)
	if m.bare >= 0 {
		b = b[:4+m.bare]
		binary.BigEndian.PutUint32(b, uint32(m.bare))
	}
	return b
}

// records are the records of all requests about a path, without faults.
func records(path string) []part {
	set := wire.WatchSet{Data: []string{path}, Exist: []string{path}, Child: []string{path}}
	all := []part{
		partCreate(path, "data", 0), partCreate(path+"/s-", "data", 3), partCreate2(path + "/n"),
		partOf(wire.OpCreateContainer, path+"/con", "", 4),
		{wire.OpCreateTTL, cat(str(path+"/ttl"), str("x"), acls(open), num(5), long(60_000))},
		partDelete(path), partSet(path, "more"), partGet(path), partKids(path), partCheck(path, -1),
		{wire.OpExists, cat(str(path), boolean(true))},
		{wire.OpGetChildren2, cat(str(path), boolean(true))},
		{wire.OpGetACL, str(path)},
		{wire.OpSetACL, cat(str(path), acls(open, ace(31, "ip", "10.0.0.0/8")), num(-1))},
		{wire.OpSync, str(path)},
		{wire.OpMulti, multiBody([]part{partCreate(path+"/m", "", 0), partSet(path, "multi"), partCheck(path, -1), partDelete(path + "/m")})},
		{wire.OpMultiRead, multiBody([]part{partGet(path), partKids(path)})},
		{wire.OpCheckWatches, cat(str(path), num(3))},
		{wire.OpRemoveWatches, cat(str(path), num(3))},
		{wire.OpDeleteContainer, str(path + "/con")},
		{wire.OpReconfig, cat(str("server.1=a:1:2;3"), null, null, long(-1))},
		{wire.OpSetAuth, wire.AppendAuth(nil, "digest", []byte("some:one"))},
		{wire.OpSetWatches, wire.AppendSetWatches(nil, 1<<60, &set)},
		{wire.OpSetWatches2, wire.AppendSetWatches2(nil, 1<<60, &wire.WatchSet{Data: set.Data, Persistent: []string{path}, PersistentRecursive: set.Child})},
		{wire.OpAddWatch, cat(str(path), num(1))},
		{wire.OpSASL, str("token")},
		{wire.OpGetEphemerals, str(path)},
		{wire.OpGetAllChildrenNumber, str(path)},
		{wire.OpWhoAmI, nil},
		{wire.OpPing, nil},
		{wire.OpClose, nil},
	}
	return all
}

// malformed sends a malformed request, and records what comes until the answer to a request behind it. If the server ends the
// connection, the session goes on with another one, or another session begins.
func (s *side) malformed(n int, m malformed) {
	p := s.players[n]
	p.xid++
	p.write(m.frame(m.xid(p.xid)))
	if p.answersUntilMarker(fmt.Sprintf("%s %x", m.what, m.body), m.op == wire.OpClose && m.bare < 0) {
		return
	}
	_ = p.sock.Close()
	again := s.g.session(p.name, connectAs{session: p.session, password: p.password})
	if again.session == 0 {
		_ = again.sock.Close()
		again = s.g.session(p.name, connectAs{quiet: true})
	}
	again.xid = p.xid
	s.players[n] = again
}

// answersUntilMarker records what comes until the answer to a request behind. It reports whether the connection goes on. What is
// behind the end of the session, or behind a request of an unknown type, may be answered before the connection ends.
func (p *player) answersUntilMarker(what string, ending bool) bool {
	const marker = 0x7eeeeeee // the xid of the request behind
	p.sendAs(marker, wire.OpExists, cat(str("/"), boolean(false)))
	for {
		h, rest, err := p.reply()
		ending = ending || err == nil && h.Err == wire.CodeUnimplemented && h.Zxid == wire.NoZxid
		switch {
		case err != nil:
			p.say(what, "CLOSED")
			return false
		case h.Xid == marker:
			if !ending {
				return true
			}
		case h.Err == sessionExpired || h.Err == unknownSession:
		case h.Xid == wire.XidWatch:
			p.say(what, fmt.Sprintf("event, or answer with its xid, err=%d %d bytes", h.Err, len(rest)))
		default:
			p.say(what, fmt.Sprintf("frame xid=%d zxid=%s err=%d %d bytes", h.Xid, p.g.zxid(h.Zxid), h.Err, len(rest)))
		}
	}
}

// tree records a znode and what is below it.
func (p *player) tree(path string) {
	p.get(path, false)
	p.getACL(path)
	p.send(wire.OpGetChildren, cat(str(path), boolean(false)))
	_, rest, err := p.reply()
	if err != nil {
		p.t.Fatal(err)
	}
	if len(rest) == 0 {
		return
	}
	list, _, err := wire.DecodeStrings(rest)
	must(p.t, err)
	slices.Sort(list)
	for _, name := range list {
		p.tree(path + "/" + name)
	}
}
