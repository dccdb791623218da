package zktest_test

import (
	"context"
	"flag"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"
	"pgregory.net/rapid"

	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// Random sequences of requests from several sessions are played to a server of this package and to a real one. Every answer, Stat,
// zxid and event must be the same, in the same order. Times are omitted. For more sequences: -rapid.checks=10000.
func TestDifferential_RandomRequests(t *testing.T) {
	t.Parallel()
	zkserver.Needs(t, "3.6", "some of what zktest knows")
	// Neither server deletes containers by itself, because they would do so at different times.
	real := zkserver.Run(t, zkserver.WithTickTime(2*time.Second), zkserver.WithJVMFlag("-Dznode.container.checkIntervalMs=86400000"))
	undisturbed(t, real)
	srv := zktest.Run(t, zktest.WithVersion(real.Version()), zktest.WithCleaning(24*time.Hour))
	both := &differential{
		ours:   side{dial: func() (net.Conn, error) { return srv.DialContext(context.Background(), "tcp", srv.Addr()) }},
		theirs: side{dial: func() (net.Conn, error) { return net.DialTimeout("tcp", real.Addr(), wait) }},
	}
	both.check(t, 1000, 50)
}

// Here sessions also expire, by the clock of each server, because nothing is heard from their clients. This takes a while, so there
// are fewer sequences, and a session expires only at the end of each.
func TestDifferential_ExpiringSessions(t *testing.T) {
	zkserver.Needs(t, "3.6", "some of what zktest knows")
	const tick = 50 * time.Millisecond
	real := zkserver.Run(t, zkserver.WithTickTime(tick), zkserver.WithConfig("maxSessionTimeout", "60000"),
		zkserver.WithJVMFlag("-Dznode.container.checkIntervalMs=86400000"))
	undisturbed(t, real)
	srv := zktest.Run(t, zktest.WithVersion(real.Version()), zktest.WithCleaning(24*time.Hour), zktest.WithTick(tick),
		zktest.WithSessionTimeouts(2*tick, time.Minute))
	both := &differential{
		ours:    side{dial: func() (net.Conn, error) { return srv.DialContext(context.Background(), "tcp", srv.Addr()) }},
		theirs:  side{dial: func() (net.Conn, error) { return net.DialTimeout("tcp", real.Addr(), wait) }},
		expires: true,
	}
	both.check(t, 5, 2)
}

// differential plays sequences to two servers.
type differential struct {
	ours, theirs side
	sequences    int
	expires      bool // sessions expire too
	malformed    bool // some requests are malformed
}

// check plays some sequences, or fewer with -short, unless -rapid.checks says how many.
func (d *differential) check(t *testing.T, sequences, short int) {
	must(t, flag.Set("rapid.nofailfile", "true")) // the failure message is enough
	if checks := flag.Lookup("rapid.checks"); checks.Value.String() == checks.DefValue {
		if testing.Short() {
			sequences = short
		}
		must(t, checks.Value.Set(strconv.Itoa(sequences)))
		defer func() { must(t, checks.Value.Set(checks.DefValue)) }()
	}
	rapid.Check(t, func(rt *rapid.T) { d.sequence(t, rt) })
}

// side is one of the two servers, with its connections in one sequence.
type side struct {
	dial    func() (net.Conn, error)
	g       *golden
	players []*player
}

// step is one action, which is carried out on both sides.
type step func(s *side)

const sessionsAtOnce = 3

func (d *differential) sequence(t *testing.T, rt *rapid.T) {
	d.sequences++
	root := fmt.Sprintf("/seq%d", d.sequences)
	for _, s := range []*side{&d.ours, &d.theirs} {
		s.begin(t, root)
		defer s.end()
	}
	steps := rapid.IntRange(1, 25).Draw(rt, "steps")
	for range steps {
		do := d.draw(rt, root)
		d.play(rt, do)
	}
	if d.expires {
		d.play(rt, func(s *side) { s.expire(1) })
	}
	if d.malformed {
		d.play(rt, func(s *side) { s.players[0].tree(root) })
	}
	d.play(rt, func(s *side) { s.players[0].do("closeSession", wire.OpClose, nil, nil) })
}

func (d *differential) play(rt *rapid.T, do step) {
	for _, s := range []*side{&d.ours, &d.theirs} {
		do(s)
		for _, p := range s.players {
			p.events("events")
		}
	}
	ours, theirs := d.ours.g.out.String(), d.theirs.g.out.String()
	if ours == theirs {
		return
	}
	o, t := strings.Split(ours, "\n"), strings.Split(theirs, "\n")
	for i := range o {
		if i >= len(t) || o[i] != t[i] {
			end := min(len(t), i+4)
			rt.Fatalf("after\n%s\nreal server:\n%s\nzktest:\n%s", strings.Join(o[:i], "\n"),
				strings.Join(t[min(i, end):end], "\n"), strings.Join(o[i:min(len(o), i+4)], "\n"))
		}
	}
	rt.Fatalf("the real server goes on:\n%s", strings.Join(t[len(o)-1:], "\n"))
}

func (s *side) begin(t *testing.T, root string) {
	s.g = &golden{t: t, dial: s.dial, pace: func() {}, timeless: true}
	s.players = nil
	for i := range sessionsAtOnce {
		s.players = append(s.players, s.g.session(string(rune('A'+i)), connectAs{quiet: true}))
	}
	s.players[0].create(root, creating{})
	s.g.out.Reset()
	s.g.base = s.players[0].pingZxid()
}

func (s *side) end() {
	for _, p := range s.players {
		p.send(wire.OpClose, nil)
		for {
			if _, err := p.read(); err != nil {
				break
			}
		}
		_ = p.sock.Close()
	}
}

// draw chooses the next step.
func (d *differential) draw(rt *rapid.T, root string) step {
	n := rapid.IntRange(0, sessionsAtOnce-1).Draw(rt, "session")
	path := rapid.SampledFrom([]string{"", "/a", "/b", "/a/c", "/a/d", "/a/c/e", "/b/f"}).Draw(rt, "path")
	full := root + path
	version := rapid.SampledFrom([]int32{-1, -1, -1, 0, 1, 2}).Draw(rt, "version")
	flag := rapid.Bool().Draw(rt, "flag")
	by := func(f func(p *player)) step { return func(s *side) { f(s.players[n]) } }
	kind := rapid.SampledFrom(d.kinds()).Draw(rt, "kind")
	switch kind {
	case "create":
		o := creating{
			op:    rapid.SampledFrom([]wire.OpCode{wire.OpCreate, wire.OpCreate, wire.OpCreate2}).Draw(rt, "op"),
			flags: rapid.SampledFrom([]int32{0, 0, 0, 1, 2, 3}).Draw(rt, "flags"),
			acl:   drawACL(rt),
		}
		return by(func(p *player) { p.create(full, o) })
	case "delete":
		return by(func(p *player) { p.remove(full, version) })
	case "set":
		data := rapid.SampledFrom([][]byte{nil, {}, []byte("one"), []byte("three")}).Draw(rt, "data")
		return by(func(p *player) { p.set(full, data, version) })
	case "get":
		return by(func(p *player) { p.get(full, flag) })
	case "exists":
		return by(func(p *player) { p.exists(full, flag) })
	case "children":
		op := rapid.SampledFrom([]wire.OpCode{wire.OpGetChildren, wire.OpGetChildren2}).Draw(rt, "op")
		return by(func(p *player) { p.kids(full, flag, op) })
	case "setACL":
		list := drawACL(rt)
		return by(func(p *player) { p.setACL(full, version, list...) })
	case "getACL":
		return by(func(p *player) { p.getACL(full) })
	case "auth":
		return by(func(p *player) { p.auth("digest", "user:password") })
	case "multi":
		parts := rapid.SliceOfN(drawPart(root), 1, 4).Draw(rt, "parts")
		return by(func(p *player) { p.multi(fmt.Sprint(len(parts)), wire.OpMulti, parts...) })
	case "pipelined":
		asks := rapid.SliceOfN(drawAsk(root), 2, 12).Draw(rt, "asks")
		return by(func(p *player) {
			p.pipelined(func() {
				for _, ask := range asks {
					ask(p)
				}
			})
		})
	case "multiRead":
		return by(func(p *player) { p.multi("", wire.OpMultiRead, partGet(full), partKids(root), partGet(root+"/a")) })
	case "addWatch":
		mode := rapid.Int32Range(0, 1).Draw(rt, "mode")
		return by(func(p *player) { p.addWatch(full, mode) })
	case "removeWatches":
		types := rapid.Int32Range(1, 3).Draw(rt, "type")
		return by(func(p *player) { p.removeWatches(full, types) })
	case "checkWatches":
		types := rapid.Int32Range(1, 3).Draw(rt, "type")
		return by(func(p *player) { p.do("checkWatches "+full, wire.OpCheckWatches, cat(str(full), num(types)), nil) })
	case "count":
		return by(func(p *player) {
			p.do("count "+full, wire.OpGetAllChildrenNumber, str(full), (*reading).number)
			p.do("ephemerals "+full, wire.OpGetEphemerals, str(full), (*reading).sorted)
		})
	case "reconnect":
		ago := rapid.Int64Range(0, 5).Draw(rt, "ago")
		lists := drawWatches(rt, root)
		return func(s *side) { s.reconnect(n, ago, lists) }
	case "malformed":
		m := drawMalformed(rt, root)
		return func(s *side) { s.malformed(n, m) }
	case "expire":
		return func(s *side) { s.expire(n) }
	default: // "end": a session ends, and another one begins
		return func(s *side) {
			old := s.players[n]
			old.do("closeSession", wire.OpClose, nil, nil)
			s.players[n] = s.g.session(old.name, connectAs{quiet: true})
		}
	}
}

// kinds are the kinds of steps. Those that change much are listed more than once, so that they are drawn more often.
var kinds = []string{
	"create", "create", "create", "create", "delete", "delete", "set", "set", "get", "get", "exists", "exists", "children", "children",
	"setACL", "getACL", "auth", "multi", "multi", "multi", "multiRead", "pipelined", "pipelined", "addWatch", "addWatch", "removeWatches", "checkWatches", "count",
	"reconnect", "end",
}

func (d *differential) kinds() []string {
	if d.expires {
		return append([]string{"expire", "expire"}, kinds...)
	}
	if d.malformed {
		return append(slices.Repeat([]string{"malformed"}, len(kinds)), kinds...)
	}
	return kinds
}

func drawACL(rt *rapid.T) []zk.ACL {
	return rapid.SampledFrom([][]zk.ACL{
		{open}, {open}, {open}, {open}, {open},
		{ace(zk.PermRead, "world", "anyone")},
		{ace(zk.PermAll, "auth", "")},
		{ace(zk.PermAll, "auth", ""), ace(zk.PermRead|zk.PermCreate, "world", "anyone")},
		{ace(zk.PermAll, "ip", "127.0.0.1")},
		{ace(zk.PermAll, "ip", "10.0.0.0/8"), ace(zk.PermAdmin, "world", "anyone")},
		{},
	}).Draw(rt, "acl")
}

// drawAsk draws a request that is sent with others before the first answer is there: most are reads.
func drawAsk(root string) *rapid.Generator[func(p *player)] {
	return rapid.Custom(func(rt *rapid.T) func(p *player) {
		path := root + rapid.SampledFrom([]string{"", "/a", "/b", "/a/c", "/b/f"}).Draw(rt, "path")
		watch := rapid.Bool().Draw(rt, "watch")
		switch rapid.IntRange(0, 9).Draw(rt, "ask") {
		case 0:
			return func(p *player) { p.exists(path, watch) }
		case 1:
			return func(p *player) { p.kids(path, watch, wire.OpGetChildren2) }
		case 2:
			return func(p *player) { p.multi("", wire.OpMultiRead, partGet(path), partKids(root), partGet(root+"/a")) }
		case 3:
			return func(p *player) { p.set(path, []byte("between"), -1) }
		case 4:
			return func(p *player) { p.create(path, creating{}) }
		case 5:
			return func(p *player) { p.remove(path, -1) }
		default:
			return func(p *player) { p.get(path, watch) }
		}
	})
}

func drawPart(root string) *rapid.Generator[part] {
	return rapid.Custom(func(rt *rapid.T) part {
		path := root + rapid.SampledFrom([]string{"/a", "/b", "/a/c", "/b/f", "/b/g"}).Draw(rt, "path")
		switch rapid.IntRange(0, 7).Draw(rt, "part") {
		case 0, 1:
			return partCreate(path, "m", rapid.Int32Range(0, 3).Draw(rt, "flags"))
		case 6:
			op := rapid.SampledFrom([]wire.OpCode{wire.OpCreate, wire.OpCreate2, wire.OpCreateContainer}).Draw(rt, "op")
			return partOf(op, path, "o", rapid.Int32Range(-1, 7).Draw(rt, "flags"))
		case 7:
			ttl := rapid.Int64Range(-1, 1).Draw(rt, "ttl") * 3_600_000
			p := partOf(wire.OpCreateTTL, path, "t", rapid.Int32Range(0, 6).Draw(rt, "flags"))
			return part{p.op, append(p.body, long(ttl)...)}
		case 2:
			return partCreate2(path)
		case 3:
			return partDelete(path)
		case 4:
			return partSet(path, "n")
		default:
			return partCheck(path, rapid.Int32Range(-1, 1).Draw(rt, "version"))
		}
	})
}

func drawWatches(rt *rapid.T, root string) *wire.WatchSet {
	list := func(name string) []string {
		var paths []string
		for _, path := range []string{"/a", "/b", "/a/c"} {
			if rapid.Bool().Draw(rt, name) {
				paths = append(paths, root+path)
			}
		}
		return paths
	}
	return &wire.WatchSet{
		Data: list("data"), Exist: list("exist"), Child: list("child"),
		Persistent: list("persistent"), PersistentRecursive: list("recursive"),
	}
}

// reconnect resumes a session on another connection, and restores watches as of a zxid some changes ago.
func (s *side) reconnect(n int, ago int64, lists *wire.WatchSet) {
	old := s.players[n]
	again := s.g.session(old.name, connectAs{session: old.session, password: old.password, quiet: true})
	old.rest("old connection")
	_ = old.sock.Close()
	s.players[n] = again
	again.doAs(-8, "setWatches2", wire.OpSetWatches2, wire.AppendSetWatches2(nil, again.pingZxid()-ago, lists), nil)
}

// expire resumes a session with the least timeout, waits until the server ends it, tries to resume it again, and begins another
// one.
func (s *side) expire(n int) {
	old := s.players[n]
	as := connectAs{session: old.session, password: old.password, timeout: 1, quiet: true}
	silent := s.g.session(old.name, as)
	old.rest("old connection")
	_ = old.sock.Close()
	silent.rest("silence")
	_ = silent.sock.Close()
	as.quiet = false
	late := s.g.session(old.name, as)
	_ = late.sock.Close()
	s.players[n] = s.g.session(old.name, connectAs{quiet: true})
}
