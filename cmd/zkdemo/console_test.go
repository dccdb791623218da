package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zkasync/zkasync-go/zkasync"
)

// typing is a server and somebody who types into it.
type typing struct {
	t      *testing.T
	r      *running
	in     *io.PipeWriter
	addr   string
	lines  int // of the output, so far
	client *zkasync.Client
}

func typeInto(t *testing.T, args ...string) *typing {
	t.Helper()
	reader, in := io.Pipe()
	t.Cleanup(func() { in.Close() }) // so that the console's goroutine ends
	k := &typing{t: t, r: startWith(t, reader, append([]string{"server", "--listen", "127.0.0.1:0"}, args...)...), in: in}
	k.addr = k.next()
	k.client = connect(t, k.addr)
	return k
}

// next returns the next line of the output.
func (k *typing) next() string {
	k.t.Helper()
	k.r.out.awaitLines(k.t, k.lines+1)
	k.lines++
	return strings.Split(k.r.out.String(), "\n")[k.lines-1]
}

// types types a command and expects its answer of one line.
func (k *typing) types(command, want string) {
	k.t.Helper()
	fmt.Fprintln(k.in, command)
	if got := k.next(); !strings.Contains(got, want) {
		k.t.Fatalf("%s: %q, want %q", command, got, want)
	}
}

// session is the client's, as the console writes it.
func (k *typing) session() string { return fmt.Sprintf("0x%x", k.client.Session().ID) }

// Each command does to the server what it says.
func TestConsole_BreaksOnCommand(t *testing.T) {
	t.Parallel()
	k := typeInto(t)
	ctx, c := t.Context(), k.client
	k.types("sessions", k.session()+" timeout")
	k.types("lose create /a* 2", "the next 2 answers to create requests are lost at /a*")
	for _, path := range []string{"/a1", "/b", "/a2", "/a3"} {
		_, err := c.Create(ctx, path, nil).Get(ctx)
		if lost := path == "/a1" || path == "/a2"; lost != (err != nil) || lost && !errors.Is(err, zkasync.ErrOutcomeUnknown) {
			t.Errorf("create %s: %v", path, err)
		}
	}
	k.types("tree", "/")
	for _, want := range []string{"/a1", "/a2", "/a3", "/b"} {
		if got := k.next(); got != want {
			t.Errorf("%q in the tree, want %q", got, want)
		}
	}
	states := c.States(ctx)
	seen := func(want zkasync.State) {
		t.Helper()
		for s := range states {
			if s.State == want {
				return
			}
		}
		t.Fatalf("the state never was %v", want)
	}
	k.types("refuse", "refused")
	k.types("drop", "1 connection closed")
	seen(zkasync.StateSuspended)
	k.types("sessions", "without a connection")
	k.types("admit", "taken")
	seen(zkasync.StateConnected)

	k.types("freeze "+k.session(), "frozen")
	answer := c.Exists(ctx, "/a1")
	k.types("drop 0x77", "there is no session 0x77")
	if answer.Ready() {
		t.Error("a frozen server answers")
	}
	k.types("thaw", "thawed")
	if _, err := answer.Get(ctx); err != nil {
		t.Error(err)
	}
	k.types("slow 10ms", "10ms later")
	k.types("lose delete", "the next answer to delete request is lost")
	k.types("mend", "mended")
	if _, err := c.Delete(ctx, "/b", -1).Get(ctx); err != nil {
		t.Error(err)
	}
	old := k.session()
	k.types("expire "+old, "1 session expired")
	seen(zkasync.StateLost)
	seen(zkasync.StateConnected)
	if k.session() == old {
		t.Error("it is the same session")
	}
	k.types("requests", "session 0x")
}

// What is wrong is said, and changes nothing; the end of the input is not that of the server.
func TestConsole_AnswersWhatIsWrong(t *testing.T) {
	t.Parallel()
	k := typeInto(t)
	for command, want := range map[string]string{
		"frob":                               `no command "frob"`,
		"expire":                             "one session, or all",
		"expire x":                           `"x" is no session`,
		"expire 0x5":                         "no session 0x5",
		"drop everything":                    `"everything"`,
		"slow":                               "by how much",
		"slow -1s":                           `"-1s"`,
		"lose 0":                             `"0"`,
		"lose /[":                            "/[",
		"lose dance":                         `"dance"`,
		strings.Repeat("x", 3*4096):          "more than 4096 bytes",
		"help\r":                             "list the sessions",
		"\x00\xff" + strings.ToUpper("help"): "no command",
	} {
		k.types(command, want)
		if strings.HasPrefix(command, "help") {
			for range strings.Count(consoleHelp, "\n") - 1 {
				k.next()
			}
		}
	}
	fmt.Fprint(k.in, "\n   \nsessions") // without an end of line
	k.in.Close()
	if got := k.next(); !strings.Contains(got, k.session()) {
		t.Error(got)
	}
	if _, err := k.client.Exists(t.Context(), "/").Get(t.Context()); err != nil {
		t.Errorf("the server has ended with its input: %v", err)
	}
	k.r.interrupt(t).expect(t, exitOK)
}

// What was broken is mended before the data are saved.
func TestConsole_BrokenServerSaves(t *testing.T) {
	t.Parallel()
	save := filepath.Join(t.TempDir(), "after")
	k := typeInto(t, "--save", save)
	if _, err := k.client.Create(t.Context(), "/a", []byte("x")).Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	k.types("lose any 1000", "1000")
	k.types("refuse", "refused")
	k.types("freeze", "frozen")
	k.r.interrupt(t).expect(t, exitOK)
	if got, err := os.ReadFile(filepath.Join(save, "a")); err != nil || string(got) != "x" {
		t.Errorf("%q, %v", got, err)
	}
}
