package main

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync"
)

func TestMessages_SayWhatToDo(t *testing.T) {
	t.Parallel()
	server, c := place(t)
	do := func(code int, args ...string) string {
		t.Helper()
		r := zkdemo(t, append(args, server)...).expect(t, code)
		return r.out + r.err
	}
	says(t, do(exitFailed, "create", "/m/n/o"), "its parent /m/n is missing", "--parents")
	do(exitOK, "create", "/m/n/o", "x", "--parents")
	says(t, do(exitOK, "set", "/m/n/o", "y"), "1 byte, version 1")
	says(t, do(exitFailed, "set", "/m/n/o", "z", "--version", "7"), "--version 7", "the present version is 1")
	says(t, do(exitFailed, "rm", "/m/n/o", "--version", "7"), "the present version is 1")
	if _, err := c.Create(t.Context(), "/m/h", []byte("x"), zkasync.WithACL(zk.DigestACL(zk.PermAll, "u", "p"))).Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	says(t, do(exitOK, "tree", "/m", "--data"), "may not be read", "o")
}

// Session ids are above 2⁵³, which jq rounds; and what jq prints may go to a terminal.
func TestJSON_IsSafeForOtherPrograms(t *testing.T) {
	t.Parallel()
	for lines, print := range map[int]func(io.Writer, any) error{4: printJSON, 1: printJSONLine} {
		isSafe(t, lines, print)
	}
}

func isSafe(t *testing.T, lines int, print func(io.Writer, any) error) {
	t.Helper()
	var out bytes.Buffer
	err := print(&out, struct {
		Text  string
		Owner sessionID
	}{"a\u007f\u009b\u202e\U000e0001\u00e9\n", 0x100000000000001})
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "\n"); n != lines {
		t.Errorf("%d lines, want %d", n, lines)
	}
	says(t, out.String(), `"0x100000000000001"`, `a\u007f\u009b\u202e\udb40\udc01`+"\u00e9"+`\n`)
	if strings.ContainsAny(out.String(), "\u007f\u009b\u202e") {
		t.Errorf("raw control characters in %q", out.String())
	}
}

func TestCompletion_OffersNoFilesForZnodes(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{"get ": ":4", "export ": ":4", "import ": ":0", "export /a ": ":0"} {
		r := zkdemo(t, append([]string{"__complete"}, strings.Split(args, " ")...)...)
		if !strings.HasPrefix(r.out, want) {
			t.Errorf("%q: %q, want %s", args, r.out, want)
		}
	}
}
