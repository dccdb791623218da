package docs

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// programs are the programs in docs/programs. For each, testdata has one that does the same with kazoo.
var programs = []string{"service", "loader", "leader"}

// spare is how many lines a program may have more than the one with kazoo.
const spare = 10

func TestPrograms_AreAsShortAsWithKazoo(t *testing.T) {
	t.Parallel()
	for _, name := range programs {
		ours := lines(read(t, filepath.Join("docs/programs", name, "main.go")), "//")
		theirs := lines(read(t, filepath.Join("docs/programs/testdata", name+".py")), "#")
		if ours > theirs+spare {
			t.Errorf("%s has %d lines, with kazoo it has %d", name, ours, theirs)
		}
	}
}

// lines counts the lines that are not blank, not comments and not documentation strings.
func lines(source, comment string) (n int) {
	for _, line := range strings.Split(source, "\n") {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, comment) && !strings.HasPrefix(line, `"""`) {
			n++
		}
	}
	return n
}

// process is one of the programs, running.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	out  chan string // lines of its output; closed at the end
	errs bytes.Buffer
}

// start starts a program, ours or the one with kazoo.
func start(t *testing.T, argv []string, input string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(argv[0], argv[1:]...), out: make(chan string, 1000)}
	p.cmd.Stdin, p.cmd.Stderr = strings.NewReader(input), &p.errs
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.out)
		for s := bufio.NewScanner(out); s.Scan(); {
			p.out <- s.Text()
		}
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		for range p.out {
		}
		_ = p.cmd.Wait()
	})
	return p
}

// see waits for a line of output that begins with prefix, and returns the rest of it.
func (p *process) see(prefix string) string {
	p.t.Helper()
	var seen []string
	for end := time.After(time.Minute); ; {
		select {
		case line, ok := <-p.out:
			if rest, found := strings.CutPrefix(line, prefix); found {
				return rest
			}
			if seen = append(seen, line); !ok {
				_ = p.cmd.Wait()
				p.t.Fatalf("%v ends without %q; it says %q\n%s", p.cmd.Args, prefix, seen, p.errs.String())
			}
		case <-end:
			p.t.Fatalf("%v does not say %q; it says %q", p.cmd.Args, prefix, seen)
		}
	}
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// both returns the commands that run a program: ours and the one with kazoo.
func both(t *testing.T, name string) map[string][]string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), name+".exe")
	build := exec.Command("go", "build", "-o", binary, "./docs/programs/"+name)
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(python, "-c", "import kazoo.client").Run() == nil {
			return map[string][]string{"ours": {binary}, "kazoo": {python, filepath.Join(root, "docs/programs/testdata", name+".py")}}
		}
	}
	t.Fatal("kazoo is not installed; install it with: apt-get install python3-kazoo (or: pip install kazoo)")
	return nil
}

// ground creates a znode for the test alone, and returns a connection string with it as the chroot, and a client.
func ground(t *testing.T) (servers string, c *zkasync.Client) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	servers = zkserver.Shared(t).Addr() + zkserver.Root(t)
	c, err := zkasync.Connect(ctx, servers)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if _, err := c.EnsurePath(ctx, "/").Get(ctx); err != nil {
		t.Fatal(err)
	}
	return servers, c
}

func with(argv []string, args ...string) []string {
	return append(argv[:len(argv):len(argv)], args...)
}

// Our program and the one with kazoo see each other, with their data, and both see the configuration.
func TestPrograms_Service(t *testing.T) {
	t.Parallel()
	argv := both(t, "service")
	servers, c := ground(t)
	ours := start(t, with(argv["ours"], servers, "a", "10.0.0.1:80"), "")
	ours.see("peers: a=10.0.0.1:80")
	kazoo := start(t, with(argv["kazoo"], servers, "b", "10.0.0.2:80"), "")
	ours.see("peers: a=10.0.0.1:80 b=10.0.0.2:80")
	kazoo.see("peers: a=10.0.0.1:80 b=10.0.0.2:80")
	ctx := t.Context()
	if _, err := c.Create(ctx, "/config/web", []byte("limit=1"), zkasync.MakeParents()).Get(ctx); err != nil {
		t.Fatal(err)
	}
	ours.see("config: limit=1")
	kazoo.see("config: limit=1")
	if _, err := c.Set(ctx, "/config/web", []byte("limit=2"), zkasync.AnyVersion).Get(ctx); err != nil {
		t.Fatal(err)
	}
	ours.see("config: limit=2")
	kazoo.see("config: limit=2")
	ours.signal(os.Interrupt)
	kazoo.see("peers: b=10.0.0.2:80")
	if err := ours.cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, ours.errs.String())
	}
}

func TestPrograms_Loader(t *testing.T) {
	t.Parallel()
	const n = 2500
	for name, argv := range both(t, "loader") {
		t.Run(name, func(t *testing.T) {
			servers, c := ground(t)
			for _, round := range []string{"created", "set"} {
				var input strings.Builder
				for i := range n {
					fmt.Fprintf(&input, "/deep/%d/%04d %s %d\n", i%10, i, round, i)
				}
				start(t, with(argv, servers), input.String()).see(fmt.Sprintf("loaded: %d", n))
				for i := range n {
					node, err := c.Get(t.Context(), fmt.Sprintf("/deep/%d/%04d", i%10, i)).Get(t.Context())
					if want := fmt.Sprintf("%s %d", round, i); err != nil || string(node.Data) != want {
						t.Fatalf("%d: %q, %v, want %q", i, node.Data, err, want)
					}
				}
			}
		})
	}
}

// When the leader is killed, the other process leads, with a greater fence, and goes on with the work.
func TestPrograms_Leader(t *testing.T) {
	t.Parallel()
	for name, argv := range both(t, "leader") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			servers, c := ground(t)
			first := start(t, with(argv, servers, "first"), "")
			fence := first.see("leading, fence ")
			second := start(t, with(argv, servers, "second"), "")
			works(t, c, "first")
			first.signal(os.Kill)
			after := second.see("leading, fence ")
			if len(after) < len(fence) || len(after) == len(fence) && after <= fence {
				t.Errorf("the fence is %s, and it was %s before", after, fence)
			}
			works(t, c, "second")
		})
	}
}

// works waits until the leader with this name has done some work.
func works(t *testing.T, c *zkasync.Client, name string) {
	t.Helper()
	live := c.WatchData(t.Context(), "/jobs/last")
	defer live.Close()
	for end := time.After(time.Minute); ; {
		select {
		case r := <-live.C():
			if strings.HasPrefix(string(r.Value.Data), name+" ") {
				return
			}
		case <-end:
			t.Fatalf("%s does nothing", name)
		}
	}
}
