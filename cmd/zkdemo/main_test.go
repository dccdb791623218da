package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// asProgram is an environment variable that turns the test binary into zkdemo, for tests that need a process.
const asProgram = "ZKDEMO_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Unsetenv(serversVariable) // the tests expect the defaults, whoever runs them
	os.Unsetenv(authVariable)
	goleak.VerifyTestMain(check.Main(m))
}

// result is what a run of the program has returned and printed.
type result struct {
	code     int
	out, err string
}

// zkdemo runs the program in this process, with nothing on its input.
func zkdemo(t *testing.T, args ...string) result {
	t.Helper()
	return zkdemoWith(t.Context(), "", args...)
}

func zkdemoWith(ctx context.Context, stdin string, args ...string) result {
	var out, errs bytes.Buffer
	code := run(ctx, args, strings.NewReader(stdin), &out, &errs)
	return result{code, out.String(), errs.String()}
}

// expect fails the test unless the run ended with this code.
func (r result) expect(t *testing.T, code int) result {
	t.Helper()
	if r.code != code {
		t.Fatalf("exit code %d, want %d\n%s%s", r.code, code, r.out, r.err)
	}
	return r
}

// says fails the test unless the text holds each of the wanted pieces.
func says(t *testing.T, text string, wanted ...string) {
	t.Helper()
	for _, want := range wanted {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// place returns a --server flag whose chroot belongs to the test alone, and a client with the same chroot.
func place(t *testing.T) (server string, c *zkasync.Client) {
	t.Helper()
	addr, root := zkserver.Shared(t).Addr(), zkserver.Root(t)
	if _, err := connect(t, addr).EnsurePath(t.Context(), root).Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	server = "--server=" + addr + root
	return server, connect(t, addr+root)
}

func connect(t *testing.T, servers string) *zkasync.Client {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	c, err := zkasync.Connect(ctx, servers)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return c
}

// parse reads JSON output.
func parse[T any](t *testing.T, text string) T {
	t.Helper()
	var v T
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return v
}

// lines is an output in which a test can wait for a text.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{} // closed by each write, and then replaced
}

func newLines() *lines { return &lines{more: make(chan struct{})} }

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.more)
	l.more = make(chan struct{})
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// await waits until the output holds want.
func (l *lines) await(t *testing.T, want string) {
	t.Helper()
	l.awaitWhere(t, fmt.Sprintf("%q", want), func(text string) bool { return strings.Contains(text, want) })
}

// awaitLines waits until the output has n lines.
func (l *lines) awaitLines(t *testing.T, n int) {
	t.Helper()
	l.awaitWhere(t, fmt.Sprintf("line %d", n), func(text string) bool { return strings.Count(text, "\n") >= n })
}

func (l *lines) awaitWhere(t *testing.T, what string, there func(text string) bool) {
	t.Helper()
	timeout := time.After(60 * time.Second)
	for {
		l.mu.Lock()
		found, more := there(l.text.String()), l.more
		l.mu.Unlock()
		if found {
			return
		}
		select {
		case <-more:
		case <-timeout:
			t.Fatalf("no %s in\n%s", what, l.String())
		}
	}
}

// running is a run of the program in the background.
type running struct {
	out, err *lines
	stop     context.CancelFunc
	code     chan int
}

// start runs the program on a goroutine, which end joins.
func start(t *testing.T, args ...string) *running {
	t.Helper()
	return startWith(t, strings.NewReader(""), args...)
}

func startWith(t *testing.T, stdin io.Reader, args ...string) *running {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	r := &running{out: newLines(), err: newLines(), stop: stop, code: make(chan int, 1)}
	go func() { r.code <- run(ctx, args, stdin, r.out, r.err) }()
	t.Cleanup(stop)
	return r
}

// end waits until the program ends by itself.
func (r *running) end(t *testing.T) result {
	t.Helper()
	select {
	case code := <-r.code:
		return result{code, r.out.String(), r.err.String()}
	case <-time.After(60 * time.Second):
		t.Fatalf("still running\n%s%s", r.out, r.err)
		return result{}
	}
}

// interrupt ends the program's context, as an interrupt does, and waits for its end.
func (r *running) interrupt(t *testing.T) result {
	t.Helper()
	r.stop()
	return r.end(t)
}
