package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// Every command ends by --timeout when the server stops answering, at once or after some answers.
func TestTimeout_BoundsEveryCommand(t *testing.T) {
	t.Parallel()
	const timeout = "700ms"
	from := t.TempDir()
	for _, name := range []string{"a", "b", "c"} {
		if err := os.WriteFile(filepath.Join(from, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	type attempt struct {
		what string
		run  *running
	}
	var all []attempt // they run at the same time, since each takes its whole timeout
	for command, requests := range map[string]int{
		"ls /": 1, "ls -l /": 3, "ls -R /": 6, "config": 1, "config -f": 1, "tree /": 4, "stat /a": 1, "get /a": 1, "set /a x": 1, "create /new": 1, "create /p/q --parents": 4,
		"rm /a/b": 1, "rm -r /a": 4, "watch /a": 2, "watch -r /a": 1,
		"import " + from + " /into": 4, "import " + from + " /a --overwrite": 4,
		"export /a DIR": 4, "export /a DIR/tar --tar": 4,
	} {
		for answered := range requests {
			srv, addr := listening(t, "/a", "/a/b", "/a/c", "/a/c/d")
			srv.Fault(zktest.Fault{Skip: answered, Do: zktest.Hold()})
			args := strings.Fields(strings.ReplaceAll(command, "DIR", t.TempDir()))
			args = append(args, "--server", addr, "--timeout", timeout)
			all = append(all, attempt{fmt.Sprintf("%s, %d answered", command, answered), start(t, args...)})
		}
	}
	for _, a := range all {
		r := a.run.end(t)
		if !strings.Contains(r.err, timeout) && !strings.Contains(r.err, "no request answered for") {
			t.Errorf("%s: exit code %d\n%s%s", a.what, r.code, r.out, r.err)
		}
	}
}

// listening starts a server in memory with these znodes, and returns it with its address.
func listening(t *testing.T, paths ...string) (*zktest.Server, string) {
	t.Helper()
	srv := zktest.Run(t)
	addr, err := srv.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := connect(t, addr)
	for _, path := range paths {
		if _, err := c.Create(t.Context(), path, []byte("data")).Get(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	return srv, addr
}
