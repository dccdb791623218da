package zktest_test

import (
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// A script of raw requests is played to a server of this package and to a real one of the same release. Both must give the same
// answers, line for line. As 3.8.0, the server must also give the answers that a real one gave when the script was written.
func TestGolden_AnswersAsARealServer(t *testing.T) {
	t.Parallel()
	zkserver.Needs(t, "3.6", "most of what the script asks for")
	recorded, err := os.ReadFile("testdata/golden_380.txt")
	if err != nil {
		t.Fatal(err)
	}
	sameLines(t, "recorded", string(recorded), "zktest", playOurs(t, zktest.DefaultVersion, false))

	real := zkserver.Run(t)
	undisturbed(t, real)
	theirs := &golden{
		t:    t,
		dial: func() (net.Conn, error) { return net.DialTimeout("tcp", real.Addr(), wait) },
		pace: func() { time.Sleep(2 * time.Millisecond) }, // so that times differ where the script compares them

		checkUnknown: real.Since("3.8.5", "3.9.3"), // ZOOKEEPER-2623
	}
	theirs.play()
	sameLines(t, "real", theirs.out.String(), "zktest", playOurs(t, real.Version(), theirs.checkUnknown))
}

// undisturbed waits until a real server has ended the sessions that were opened to find out whether it was ready. One of
// them that was given up on a busy machine would take a zxid when it expires.
func undisturbed(t *testing.T, real *zkserver.Server) {
	t.Helper()
	ctx := testContext(t)
	check.Until(t, "the end of all sessions", func() bool {
		dump, err := zkasync.FourLetterWord(ctx, real.Addr(), "dump")
		return err == nil && strings.Contains(dump, "Session Sets (0)/(0)")
	})
}

// playOurs plays the script to a server of this package, as a release, and returns the answers.
func playOurs(t *testing.T, version string, checkUnknown bool) string {
	t.Helper()
	ours := inMemory(t, zktest.WithVersion(version))
	ours.checkUnknown = checkUnknown
	ours.play()
	return ours.out.String()
}

func sameLines(t *testing.T, wantName, want, gotName, got string) {
	t.Helper()
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(w), len(g)) {
		var a, b string
		if i < len(w) {
			a = w[i]
		}
		if i < len(g) {
			b = g[i]
		}
		if a != b {
			t.Errorf("line %d\n%s: %s\n%s: %s", i+1, wantName, a, gotName, b)
		}
	}
}

// golden plays the script and records the answers. It counts zxids from the first session on, replaces sessions by numbers, and
// omits times.
type golden struct {
	t    testing.TB
	dial func() (net.Conn, error)
	pace func()
	srv  *zktest.Server // nil: a real one

	sleep        func(time.Duration) // lets time pass on the server
	restart      func()              // stops the server and starts it again, with its data
	timeless     bool                // omit how times compare
	zxidless     bool                // omit zxids
	checkUnknown bool                // omit a check outside a multi, which ends the connection since 3.8.5 and 3.9.3

	out   strings.Builder
	base  int64
	names map[int64]string
}

func (g *golden) line(format string, args ...any) { fmt.Fprintf(&g.out, format+"\n", args...) }
func (g *golden) section(title string)            { g.line("\n## %s", title) }

func (g *golden) zxid(z int64) string {
	if g.zxidless {
		return "z"
	}
	if g.base == 0 || z == 0 || z == -1 {
		return fmt.Sprint(z)
	}
	return fmt.Sprintf("z%+d", z-g.base)
}

func (g *golden) name(session int64) string {
	if session == 0 || session == -1 {
		return fmt.Sprint(session)
	}
	if g.names == nil {
		g.names = make(map[int64]string)
	}
	if g.names[session] == "" {
		g.names[session] = fmt.Sprintf("S%d", len(g.names)+1)
	}
	return g.names[session]
}

func (g *golden) stat(st zk.Stat) string {
	times := "mt=ct"
	if st.Mtime != st.Ctime {
		times = "mt>ct"
	}
	if g.timeless {
		times = ""
	}
	return fmt.Sprintf("{cz=%s mz=%s v=%d cv=%d av=%d eo=%s len=%d kids=%d pz=%s %s}", g.zxid(st.Czxid), g.zxid(st.Mzxid),
		st.Version, st.Cversion, st.Aversion, g.name(st.EphemeralOwner), st.DataLength, st.NumChildren, g.zxid(st.Pzxid), times)
}

// connectAs says how a player connects.
type connectAs struct {
	timeout  int32
	session  int64
	password []byte
	seen     int64
	readOnly *bool
	quiet    bool
}

// player is one connection of the script.
type player struct {
	*raw
	g    *golden
	name string

	gathering bool     // requests are kept, to be sent together
	unsent    []byte   // what is kept
	answers   []func() // read the answers to it
}

func (g *golden) session(name string, as connectAs) *player {
	sock, err := g.dial()
	if err != nil {
		g.t.Fatal(err)
	}
	p := &player{raw: newRaw(g.t, sock), g: g, name: name}
	req := wire.ConnectRequest{Timeout: as.timeout, SessionID: as.session, Password: as.password, LastZxidSeen: as.seen}
	if req.Timeout == 0 {
		req.Timeout = 60_000
	}
	if req.Password == nil {
		req.Password = make([]byte, 16)
	}
	if as.readOnly != nil {
		req.ReadOnly = *as.readOnly
	}
	// The answer has the byte only if the request has it; package wire does not say whether the answer has.
	if !p.handshake(req, as.readOnly != nil) {
		p.say("connect", "closed without an answer")
		return p
	}
	g.name(p.session)
	if as.quiet {
		return p
	}
	zero, ro := "", "no ro byte"
	if string(p.password) == string(make([]byte, 16)) {
		zero = " all zero"
	}
	if as.readOnly != nil {
		ro = fmt.Sprintf("ro=%s", map[bool]string{true: "True", false: "False"}[p.raw.answer.ReadOnly])
	}
	p.say("connect", fmt.Sprintf("protocol %d timeout %d session %s pw %d bytes%s %s", p.raw.answer.ProtocolVersion,
		p.raw.answer.Timeout, g.name(p.session), len(p.password), zero, ro))
	return p
}

func (p *player) say(what, res string) { p.g.line("%s %-46s -> %s", p.name, what, res) }

func (p *player) pace() { p.g.pace() }

// pingZxid sends a ping and returns the zxid of the answer.
func (p *player) pingZxid() int64 {
	p.sendAs(wire.XidPing, wire.OpPing, nil)
	h, _, err := p.reply()
	if err != nil || h.Xid != wire.XidPing {
		p.t.Fatal("no answer to a ping: ", err)
	}
	return h.Zxid
}

var eventNames = map[int32]string{1: "Created", 2: "Deleted", 3: "DataChanged", 4: "ChildrenChanged"}

func (g *golden) event(h wire.ReplyHeader, body []byte) string {
	e, err := wire.DecodeWatchEvent(body)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%s(%s) state=%d zxid=%s", eventNames[e.Type], e.Path, e.State, g.zxid(h.Zxid))
}

func (p *player) do(what string, op wire.OpCode, body []byte, show func(*reading) string) {
	p.xid++
	p.doAs(p.xid, what, op, body, show)
}

func (p *player) doAs(xid int32, what string, op wire.OpCode, body []byte, show func(*reading) string) {
	p.pace()
	if p.gathering {
		p.unsent = append(p.unsent, request(xid, op, body)...)
		p.answers = append(p.answers, func() { p.readAnswer(xid, what, show) })
		return
	}
	p.sendAs(xid, op, body)
	p.readAnswer(xid, what, show)
}

// pipelined sends all requests of ask at once, and then reads their answers.
func (p *player) pipelined(ask func()) {
	p.gathering = true
	ask()
	p.gathering = false
	p.write(p.unsent)
	for _, read := range p.answers {
		read()
	}
	p.unsent, p.answers = nil, nil
}

func (p *player) readAnswer(xid int32, what string, show func(*reading) string) {
	for {
		h, rest, err := p.reply()
		if err != nil {
			p.say(what, "CLOSED")
			return
		}
		if h.Xid == wire.XidWatch {
			p.say(what, "EVENT BEFORE REPLY "+p.g.event(h, rest))
			continue
		}
		other := ""
		if h.Xid != xid {
			other = fmt.Sprintf("=%d", h.Xid)
		}
		out := fmt.Sprintf("xid%s zxid=%s err=%d", other, p.g.zxid(h.Zxid), h.Err)
		switch {
		case len(rest) == 0:
			out += " no body"
		case show == nil: // no record was expected
			out += fmt.Sprintf(" %x", rest)
			out += fmt.Sprintf(" +%d bytes", len(rest))
		default:
			r := &reading{g: p.g, body: rest}
			out += " " + show(r)
			if len(r.body) > 0 {
				out += fmt.Sprintf(" +%d bytes", len(r.body))
			}
		}
		p.say(what, out)
		return
	}
}

// unanswered sends a request that must get no answer. The answer to a ping behind it comes instead.
func (p *player) unanswered(what string, op wire.OpCode, body []byte) {
	p.pace()
	p.send(op, body)
	p.sendAs(wire.XidPing, wire.OpPing, nil)
	h, _, err := p.reply()
	if err != nil || h.Xid != wire.XidPing {
		p.say(what, fmt.Sprintf("xid %d, error %v", h.Xid, err))
		return
	}
	p.say(what, "no answer in 5s")
}

// events records what has come. The server has sent the events of a change before others learn of the change, so the answer to a
// ping comes after them.
func (p *player) events(what string) {
	p.sendAs(wire.XidPing, wire.OpPing, nil)
	p.rest(what)
}

const (
	sessionExpired = -112
	unknownSession = -12
)

// rest records what comes until the answer to a ping, or the end of the connection.
func (p *player) rest(what string) {
	got := 0
	for {
		h, rest, err := p.reply()
		if err != nil {
			p.say(what, "CLOSED")
			break
		}
		if h.Xid == wire.XidPing {
			break
		}
		if h.Err == sessionExpired || h.Err == unknownSession {
			continue // a request after the end of its session gets this answer or none, depending on the timing
		}
		if h.Xid == wire.XidWatch {
			p.say(what, "event "+p.g.event(h, rest))
		} else {
			p.say(what, fmt.Sprintf("frame xid=%d zxid=%s err=%d", h.Xid, p.g.zxid(h.Zxid), h.Err))
		}
		got++
	}
	if got == 0 {
		p.say(what, "no event")
	}
}

// pipelined records the order of the answers to requests that were sent at the same time.
func (g *golden) pipelined() {
	p := g.session("J", connectAs{quiet: true})
	for n := range 3 {
		p.send(wire.OpCreate, cat(str(fmt.Sprintf("/pp%d", n)), str(""), acls(open), num(0)))
	}
	p.sendAs(wire.XidPing, wire.OpPing, nil)
	p.send(wire.OpGetData, cat(str("/pp2"), boolean(false)))
	p.sendAs(wire.XidAuth, wire.OpSetAuth, wire.AppendAuth(nil, "digest", []byte("a:b")))
	var got []string
	authed := false
	for range 6 {
		h, _, err := p.reply()
		if err != nil {
			g.t.Fatal(err)
		}
		if h.Xid == wire.XidAuth {
			authed = true
		} else {
			got = append(got, fmt.Sprint(h.Xid))
		}
	}
	g.line("J pipelined 3 creates, ping, get, auth: order without auth [%s]; auth's answer (xid -4) comes anywhere: %s",
		strings.Join(got, ", "), map[bool]string{true: "True", false: "False"}[authed])
}

// reading is the record of an answer.
type reading struct {
	g    *golden
	body []byte
}

func take[T any](r *reading, decode func([]byte) (T, []byte, error)) T {
	v, rest, err := decode(r.body)
	if err != nil {
		r.g.t.Error(err)
		r.body = nil
		return v
	}
	r.body = rest
	return v
}

func (r *reading) int32() int32 { return take(r, wire.DecodeInt32) }
func (r *reading) raw() []byte  { return take(r, wire.DecodeData) }
func (r *reading) stat() string {
	var st zk.Stat
	rest, err := wire.DecodeStat(r.body, &st)
	if err != nil {
		r.g.t.Error(err)
	}
	r.body = rest
	return r.g.stat(st)
}
func (r *reading) str() string  { return take(r, wire.DecodeString) }
func (r *reading) text() string { return pyString(r.str()) }
func (r *reading) data() string {
	b := r.raw()
	if b == nil {
		return "None"
	}
	return "b" + pyString(string(b))
}
func (r *reading) number() string { return fmt.Sprint(r.int32()) }
func (r *reading) hex() string    { s := fmt.Sprintf("%x", r.body); return s }
func (r *reading) sorted() string {
	list := take(r, wire.DecodeStrings)
	slices.Sort(list)
	for i := range list {
		list[i] = pyString(list[i])
	}
	return "[" + strings.Join(list, ", ") + "]"
}
func (r *reading) clients() string {
	var list []string
	for n := r.int32(); n > 0; n-- {
		list = append(list, fmt.Sprintf("(%s, %s)", pyString(r.str()), pyString(strings.ReplaceAll(r.str(), "127.0.0.1", "ADDR"))))
	}
	slices.Sort(list)
	return "[" + strings.Join(list, ", ") + "]"
}

func pyString(s string) string {
	s = strings.NewReplacer("\x00", `\x00`, "\x01", `\x01`).Replace(s)
	return "'" + s + "'"
}

func pyACL(entries []zk.ACL) string {
	var list []string
	for _, e := range entries {
		list = append(list, fmt.Sprintf("(%d, %s, %s)", e.Perms, pyString(e.Scheme), pyString(e.ID)))
	}
	return "[" + strings.Join(list, ", ") + "]"
}
