package zkasync_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"flag"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

const (
	// shortSession is the session timeout of tests that wait for silence to be noticed.
	shortSession = 2 * time.Second
	// patientSession is the session timeout of other tests, long enough for a busy machine.
	patientSession = 30 * time.Second
)

// Why tests need real servers, for check.Process and check.Ensemble.
const (
	whyElections = "real servers elect and synchronize, and their processes are killed and frozen"
	whyTLS       = "the TLS of Java is on the other side"
)

// wait is how long a test waits for something that must happen.
const wait = check.Wait

func testContext(t testing.TB) context.Context { return check.Context(t) }

// poll waits until done reports true.
func poll(t testing.TB, what string, done func() bool) {
	t.Helper()
	check.Until(t, what, done)
}

// must returns a future's value.
func must[T any](t testing.TB, f *future.Future[T]) T {
	t.Helper()
	return check.Value(t, f)
}

// fails returns a future's error, which must match each of want.
func fails[T any](t testing.TB, f *future.Future[T], want ...error) error {
	t.Helper()
	return check.Fails(t, f, want...)
}

// coalesce turns coalesced reads off for all clients: answers, order and failures must be the same.
var coalesce = flag.Bool("coalesce", true, "whether clients send gets together, see WithCoalescedReads")

// connect returns a client that is connected to servers, and is closed at the end of the test.
func connect(t testing.TB, servers string, opts ...zkasync.Option) *zkasync.Client {
	t.Helper()
	return check.Connect(t, servers, append([]zkasync.Option{zkasync.WithSessionTimeout(patientSession), zkasync.WithCoalescedReads(*coalesce)}, opts...)...)
}

// rooted returns a client of the shared server, with a chroot that belongs to the test alone.
func rooted(t testing.TB, opts ...zkasync.Option) *zkasync.Client {
	t.Helper()
	c := connect(t, zkserver.Shared(t).Addr()+zkserver.Root(t), opts...)
	must(t, c.EnsurePath(t.Context(), "/"))
	return c
}

// proxied returns a client whose connections go through a proxy, and a twin of it, with the same chroot, that is
// connected directly.
func proxied(t testing.TB, opts ...zkasync.Option) (c, twin *zkasync.Client, p *zkproxy.Proxy) {
	t.Helper()
	root := zkserver.Root(t)
	twin = connect(t, zkserver.Shared(t).Addr()+root)
	must(t, twin.EnsurePath(t.Context(), "/"))
	p = zkproxy.Run(t, zkserver.Shared(t).Addr())
	c = connect(t, p.Addr()+root, opts...)
	return c, twin, p
}

// zkproxyForShared returns a proxy of the shared server.
func zkproxyForShared(t testing.TB) *zkproxy.Proxy {
	t.Helper()
	return zkproxy.Run(t, zkserver.Shared(t).Addr())
}

// nowhere is an address that refuses connections.
const nowhere = "127.0.0.1:1"

// suspend cuts the connection, prevents a new one until resume, and waits for the state Suspended.
func suspend(t testing.TB, c *zkasync.Client, p *zkproxy.Proxy) {
	t.Helper()
	p.SetTarget(nowhere)
	p.Cut()
	poll(t, "suspended", func() bool { return c.State() == zkasync.StateSuspended || c.State() == zkasync.StateLost }) // lost soon on a busy machine
}

// resume lets the client connect again.
func resume(t testing.TB, p *zkproxy.Proxy) { p.SetTarget(zkserver.Shared(t).Addr()) }

// outcome waits for a future and returns its error.
func outcome[T any](t testing.TB, f *future.Future[T]) error {
	t.Helper()
	return check.Outcome(t, f)
}

// wantErr checks that err is want, or that there is none if want is nil.
func wantErr(t testing.TB, err, want error) {
	t.Helper()
	check.Is(t, err, want)
}

// journal collects lines that callbacks write.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) add(line string) {
	j.mu.Lock()
	j.lines = append(j.lines, line)
	j.mu.Unlock()
}

func (j *journal) all() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.lines)
}

func (j *journal) clear() {
	j.mu.Lock()
	j.lines = nil
	j.mu.Unlock()
}

// wants waits until there are as many lines as in want, and compares.
func (j *journal) wants(t testing.TB, want ...string) {
	t.Helper()
	poll(t, "lines in the journal", func() bool { return len(j.all()) >= len(want) })
	if got := j.all(); !slices.Equal(got, want) {
		t.Errorf("sequence\n%q, want\n%q", got, want)
	}
}

// noted writes the completion of f to j.
func noted[T any](j *journal, name string, f *future.Future[T]) *future.Future[T] {
	f.OnDone(func(_ T, err error) {
		if err != nil {
			name += " failed"
		}
		j.add(name)
	})
	return f
}

// Opcodes and xids of the protocol that tests look for in frames.
const (
	opCreate, opDelete, opExists, opGetData      = 1, 2, 3, 4
	opSetData, opPing, opGetChildren2, opCreate2 = 5, 11, 12, 15
	opAuth, opSetWatches, opClose                = 100, 101, -11
)

// sent is a request seen by the proxy.
type sent struct {
	conn    int
	size    int // of the frame with its length
	xid, op int32
	path    string // of requests that begin with one
}

// wiretap records the requests that pass a proxy, without handshakes and pings.
type wiretap struct {
	mu   sync.Mutex
	seen []sent
}

// tap begins a record. It replaces the proxy's rewrite of frames to the server.
func tap(p *zkproxy.Proxy) *wiretap {
	w := new(wiretap)
	p.Rewrite(zkproxy.ToServer, func(f zkproxy.Frame) []byte {
		w.note(f)
		return f.Bytes
	})
	return w
}

func (w *wiretap) note(f zkproxy.Frame) {
	const header = 12
	if f.Index == 0 || len(f.Bytes) < header {
		return
	}
	s := sent{
		conn: f.Conn,
		size: len(f.Bytes),
		xid:  int32(binary.BigEndian.Uint32(f.Bytes[4:])),
		op:   int32(binary.BigEndian.Uint32(f.Bytes[8:])),
	}
	if s.op == opPing {
		return
	}
	if rest := f.Bytes[header:]; len(rest) >= 4 {
		if n := binary.BigEndian.Uint32(rest); n > 0 && int(n) <= len(rest)-4 && rest[4] == '/' {
			s.path = string(rest[4 : 4+n])
		}
	}
	w.mu.Lock()
	w.seen = append(w.seen, s)
	w.mu.Unlock()
}

// requests returns what was recorded so far.
func (w *wiretap) requests() []sent {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.seen)
}

// within fails the test if fn does not return in time. fn then goes on.
func within(t testing.TB, limit time.Duration, what string, fn func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		fn()
	}()
	select {
	case <-done:
	case <-time.After(limit):
		t.Fatalf("%s took more than %v", what, limit)
	}
}

// sharedRoot returns a connection string for the shared server, with an existing chroot that belongs to the test alone.
func sharedRoot(t testing.TB) string {
	t.Helper()
	servers := zkserver.Shared(t).Addr() + zkserver.Root(t)
	must(t, connect(t, servers).EnsurePath(t.Context(), "/"))
	return servers
}

// renameScheme returns a rewrite that gives credentials another scheme of the same length.
func renameScheme(from, to string) func(zkproxy.Frame) []byte {
	return func(f zkproxy.Frame) []byte {
		if len(f.Bytes) > 12 && int32(binary.BigEndian.Uint32(f.Bytes[8:])) == opAuth {
			return bytes.Replace(f.Bytes, []byte(from), []byte(to), 1)
		}
		return f.Bytes
	}
}
