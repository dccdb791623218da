package tour

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"go.uber.org/goleak"

	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(check.Main(m)) }

// place returns a znode that belongs to the test alone, a client that sees it from above, and a servers string with it as
// the chroot.
func place(t *testing.T) (above *zkasync.Client, root, servers string) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	addr := zkserver.Shared(t).Addr()
	above, err := zkasync.Connect(ctx, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := above.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	root = zkserver.Root(t)
	if _, err := above.EnsurePath(ctx, root).Get(ctx); err != nil {
		t.Fatal(err)
	}
	return above, root, addr + root
}

// nothingLeft fails the test if the tour has left znodes behind.
func nothingLeft(t *testing.T, above *zkasync.Client, root string) {
	t.Helper()
	children, err := above.Children(t.Context(), root).Get(t.Context())
	if err != nil || len(children.Names) > 0 {
		t.Errorf("left behind: %v, %v", children.Names, err)
	}
}

func TestRun_GoesToTheEndAndLeavesNothing(t *testing.T) {
	t.Parallel()
	above, root, servers := place(t)
	var out bytes.Buffer
	if err := Run(t.Context(), Options{Servers: servers, Timeout: 30 * time.Second, Out: &out, Width: 80}); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	nothingLeft(t, above, root)
	text := out.String()
	for _, want := range []string{
		"Connected() is false", "Connected() is true, the session is 0x",
		"the callback gets: apple, pear, plum", "the callback handles: zkasync: children /vegetables: node does not exist",
		"ran: 1 Get, 2 Exists, 3 Get failed, 4 Set, 5 Children",
		`"two apples", version 0`, "deleted 3 znodes", "1000 znodes created", "times as fast",
		"select: the answer", "select: the watch, EventNodeDataChanged of /thermometer", "select: the deadline",
		"version conflict", "outcome unknown: connection lost", "is /order there? yes", "not sent: ", "the state is Suspended",
		"sent after the reconnect: version 1; the state is Connected, the session is the same", "closed; the state is Closed",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the tour does not say %q", want)
		}
	}
	if strings.Contains(text, "zkdemo-tour-") {
		t.Error("the name of the tour's own znode is visible")
	}
	if strings.ContainsAny(text, "\x1b\t") {
		t.Error("control characters although the output is not a terminal")
	}
}

// stopper ends a context when the text at is written.
type stopper struct {
	stop context.CancelFunc
	at   string
}

func (s stopper) Write(p []byte) (int, error) {
	if strings.Contains(string(p), s.at) {
		s.stop()
	}
	return len(p), nil
}

func TestRun_EndsWithItsContextInEverySectionAndLeavesNothing(t *testing.T) {
	t.Parallel()
	above, root, servers := place(t)
	for _, at := range []string{"nobody listens", "The same with", "2. ", "1000 of them", "znodes created", "select {", "First: rejected", "Second:", "Third:", "plugs"} {
		ctx, stop := context.WithCancel(t.Context())
		err := Run(ctx, Options{Servers: servers, Timeout: 30 * time.Second, Out: stopper{stop, at}, Width: 200})
		if ctx.Err() == nil {
			t.Errorf("%q was never written", at)
		}
		stop()
		if !errors.Is(err, context.Canceled) {
			t.Errorf("interrupted at %q: %v", at, err)
		}
		nothingLeft(t, above, root)
	}
}

func TestRun_SaysWhenNoServerAnswers(t *testing.T) {
	t.Parallel()
	address, err := nobodysAddress(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = Run(t.Context(), Options{Servers: address, Timeout: 200 * time.Millisecond, Out: io.Discard, Width: 80})
	if err == nil || !strings.Contains(err.Error(), "200ms") {
		t.Errorf("%v", err)
	}
}

func TestGate_HoldsCutsAndMends(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	dial := func(g *gate) (net.Conn, error) { return g.dial(t.Context(), "tcp", listener.Addr().String()) }
	g := newGate()
	conn, err := dial(g)
	if err != nil {
		t.Fatal(err)
	}
	server, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()

	held := g.hold()
	read := make(chan error, 1)
	go readOnce(conn, read)
	if _, err := server.Write([]byte("reply")); err != nil {
		t.Fatal(err)
	}
	<-held
	select {
	case err := <-read:
		t.Errorf("what is held was read: %v", err)
	default:
	}
	g.cut()
	if err := <-read; !errors.Is(err, net.ErrClosed) {
		t.Errorf("after the cut: %v", err)
	}
	if _, err := dial(g); !errors.Is(err, errDown) {
		t.Errorf("dialling while it is cut: %v", err)
	}
	g.mend()
	again, err := dial(g)
	if err != nil {
		t.Fatalf("after mending: %v", err)
	}
	g.cut()
	if _, err := again.Read(make([]byte, 1)); err == nil {
		t.Error("a second cut did not close the new connection")
	}
}

func readOnce(conn net.Conn, result chan<- error) {
	_, err := conn.Read(make([]byte, 16))
	result <- err
}

func TestWrap_KeepsTheWidthAndTheWords(t *testing.T) {
	t.Parallel()
	text := "wörds of  several\nlengths and averyveryverylongword too"
	lines := wrap(text, 12)
	for _, line := range lines {
		if n := utf8.RuneCountInString(line); n > 12 && strings.Contains(line, " ") {
			t.Errorf("%q has %d columns", line, n)
		}
	}
	if got, want := strings.Join(lines, " "), strings.Join(strings.Fields(text), " "); got != want {
		t.Errorf("wrapped to %q, want %q", got, want)
	}
}

func TestGoDuration_IsGo(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{10 * time.Second: "10*time.Second", 300 * time.Millisecond: "300*time.Millisecond"} {
		if got := goDuration(d); got != want {
			t.Errorf("goDuration(%v) = %s", d, got)
		}
	}
}
