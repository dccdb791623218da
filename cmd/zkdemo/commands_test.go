package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync"
)

func TestCommands_CreateReadChangeAndDelete(t *testing.T) {
	t.Parallel()
	server, _ := place(t)
	do := func(code int, args ...string) result {
		t.Helper()
		return zkdemo(t, append(args, server)...).expect(t, code)
	}
	if out := do(exitOK, "create", "/a/b", "hello", "--parents").out; out != "/a/b\n" {
		t.Errorf("create printed %q", out)
	}
	if out := do(exitOK, "get", "/a/b").out; out != "hello" {
		t.Errorf("get printed %q", out)
	}
	says(t, do(exitOK, "set", "/a/b", "more").out, "4 bytes, version 1")
	says(t, do(exitFailed, "set", "/a/b", "x", "--version", "0").err, "version conflict")
	do(exitOK, "set", "/a/b", "", "--version", "1")
	if out := do(exitOK, "get", "/a/b").out; out != "" {
		t.Errorf("get of an empty znode printed %q", out)
	}
	says(t, do(exitOK, "stat", "/a/b").out, "created", "0 bytes, version 2", "persistent")
	says(t, do(exitFailed, "create", "/a/b").err, "already exists")
	says(t, do(exitFailed, "create", "/x/y").err, "does not exist")
	says(t, do(exitFailed, "rm", "/a").err, "has children (-r")
	says(t, do(exitOK, "rm", "-r", "/a").out, "deleted 2 znodes")
	says(t, do(exitFailed, "get", "/a").err, "zkdemo: get /a: node does not exist")
	for _, args := range [][]string{{"stat", "/a"}, {"ls", "/a"}, {"ls", "-R", "/a"}, {"tree", "/a"}, {"rm", "/a"}, {"rm", "-r", "/a"}, {"export", "/a", t.TempDir()}} {
		says(t, do(exitFailed, args...).err, "does not exist")
	}
}

func TestCommands_CreateKinds(t *testing.T) {
	t.Parallel()
	server, c := place(t)
	first := strings.TrimSpace(zkdemo(t, "create", "/job-", "--sequential", server).expect(t, exitOK).out)
	second := strings.TrimSpace(zkdemo(t, "create", "/job-", "--sequential", server).expect(t, exitOK).out)
	if len(first) != len("/job-0000000000") || second <= first {
		t.Errorf("sequential: %q, %q", first, second)
	}
	zkdemo(t, "create", "/q/", "--sequential", "--parents", server).expect(t, exitOK)
	zkdemo(t, "create", "/box", "--container", server).expect(t, exitOK)

	held := start(t, "create", "/mine", "--ephemeral", server)
	held.err.await(t, "ends with this session")
	stat, err := c.Exists(t.Context(), "/mine").Get(t.Context())
	if err != nil || stat == nil || stat.EphemeralOwner == 0 {
		t.Errorf("while it is held: %+v, %v", stat, err)
	}
	says(t, zkdemo(t, "tree", "/", server).expect(t, exitOK).out, "mine  ephemeral")
	says(t, zkdemo(t, "stat", "/mine", server).expect(t, exitOK).out, "ends with it")
	held.interrupt(t).expect(t, exitInterrupted)
	if stat, err := c.Exists(t.Context(), "/mine").Get(t.Context()); err != nil || stat != nil {
		t.Errorf("after the interrupt: %+v, %v", stat, err)
	}
}

func TestCommands_DataAreExactFromEverySource(t *testing.T) {
	t.Parallel()
	server, _ := place(t)
	data := "\x00\xff\n\r\n bytes \x1b[31m"
	file := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(file, []byte(data), 0o644); err != nil {
		t.Fatal(err)
	}
	zkdemo(t, "create", "/file", "--file", file, server).expect(t, exitOK)
	zkdemo(t, "create", "/stdin", server).expect(t, exitOK)
	zkdemoWith(t.Context(), data, "set", "/stdin", "-f", "-", server).expect(t, exitOK)
	for _, path := range []string{"/file", "/stdin"} {
		if out := zkdemo(t, "get", path, server).expect(t, exitOK).out; out != data {
			t.Errorf("%s holds %q", path, out)
		}
	}
}

func TestCommands_ListAndTree(t *testing.T) {
	t.Parallel()
	server, c := place(t)
	for i := range 1500 { // more than fit into one window
		if _, err := c.Create(t.Context(), fmt.Sprintf("/big/n%04d", i), []byte("x"), zkasync.MakeParents()).Get(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	zkdemo(t, "create", "/a/b/c", "text", "-p", server).expect(t, exitOK)
	if out := zkdemo(t, "ls", server).expect(t, exitOK).out; out != "a\nbig\n" {
		t.Errorf("ls: %q", out)
	}
	long := zkdemo(t, "ls", "-l", "/big", server).expect(t, exitOK).out
	if n := strings.Count(long, "\n"); n != 1500 {
		t.Errorf("ls -l has %d lines", n)
	}
	says(t, long, "1 B", "v0", "n0000", "n1499")
	want := "/\n├── a\n│   └── b\n│       └── c  4 B, \"text\"\n└── big  1,500 children\n"
	tree := zkdemo(t, "tree", "--data", server).expect(t, exitOK).out
	if n := strings.Count(tree, "\n"); n != 1500+5+2 {
		t.Errorf("tree has %d lines", n)
	}
	says(t, tree, "1,505 znodes, 1.5 KiB of data")
	shallow := zkdemo(t, "tree", "--depth", "1", server).expect(t, exitOK).out
	says(t, shallow, "a  1 child", "big  1,500 children", "3 znodes")
	if _, err := c.DeleteAll(t.Context(), "/big").Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	zkdemo(t, "create", "/big", server).expect(t, exitOK)
	want = strings.Replace(want, "big  1,500 children", "big", 1) + "\n5 znodes, 4 B of data\n"
	if tree := zkdemo(t, "tree", "--data", server).expect(t, exitOK).out; tree != want {
		t.Errorf("tree:\n%s\nwant:\n%s", tree, want)
	}
}

func TestCommands_ListRecursively(t *testing.T) {
	t.Parallel()
	server, c := place(t)
	do := func(args ...string) string {
		t.Helper()
		return zkdemo(t, append([]string{"ls", server}, args...)...).expect(t, exitOK).out
	}
	if out := do("-R"); out != "/\n" {
		t.Errorf("of an empty root: %q", out)
	}
	for _, path := range []string{"/a/b/c", "/a-b", "/a/d"} {
		zkdemo(t, "create", path, "data", "-p", server).expect(t, exitOK)
	}
	nobody := zkasync.WithACL(zk.DigestACL(zk.PermAll, "me", "pw"))
	if _, err := c.Create(t.Context(), "/a/secret", nil, nobody).Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	if out := do("-R"); out != "/\n/a\n/a/b\n/a/b/c\n/a/d\n/a/secret\n/a-b\n" {
		t.Errorf("ls -R: %q", out)
	}
	if _, err := c.Create(t.Context(), "/a/b/own", nil, nobody).Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	owner := connect(t, strings.TrimPrefix(server, "--server="))
	if _, err := owner.AddAuth(t.Context(), "digest", []byte("me:pw")).Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := owner.Create(t.Context(), "/a/b/own/hidden", nil, nobody).Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	long := do("-R", "--long", "/a/b")
	if n := strings.Count(long, "\n"); n != 3 {
		t.Errorf("%d lines in\n%s", n, long)
	}
	says(t, long, " 2 children ", " v0 ", "/a/b/own  (may not be read)\n")
	says(t, zkdemo(t, "ls", "-R", "/a/b/own", server).expect(t, exitFailed).err, "not authenticated")
	var paths []string
	for line := range strings.Lines(do("-R", "/a", "--json", "-l")) {
		one := parse[walkedJSON](t, line)
		if one.Path == "/a/d" && one.Stat.DataLength != 4 || one.Path == "/a/b/own" && !one.Hidden {
			t.Errorf("%s", line)
		}
		paths = append(paths, one.Path)
	}
	if got := strings.Join(paths, " "); got != "/a /a/b /a/b/c /a/b/own /a/d /a/secret" {
		t.Errorf("--json: %s", got)
	}
}

func TestCommands_JSONIsForPrograms(t *testing.T) {
	t.Parallel()
	server, _ := place(t)
	do := func(args ...string) string {
		t.Helper()
		return zkdemo(t, append(args, server, "--json")...).expect(t, exitOK).out
	}
	type written struct {
		Path string
		Stat *statJSON
	}
	if v := parse[written](t, do("create", "/t/text", "a<b>", "-p")); v.Path != "/t/text" || v.Stat.DataLength != 4 {
		t.Errorf("create: %+v", v)
	}
	if v := parse[written](t, do("set", "/t/text", "ü<>")); v.Stat.Version != 1 {
		t.Errorf("set: %+v", v)
	}
	if v := parse[written](t, do("stat", "/t")); v.Stat.NumChildren != 1 || v.Stat.Created.IsZero() {
		t.Errorf("stat: %+v", v)
	}
	zkdemoWith(t.Context(), "\xff\xfe", "create", "/t/bin", "-f", "-", server).expect(t, exitOK)
	type read struct {
		Path string
		Data *dataJSON
		Stat *statJSON
	}
	if v := parse[read](t, do("get", "/t/text")); *v.Data.Text != "ü<>" {
		t.Errorf("get: %+v", v)
	}
	if v := parse[read](t, do("get", "/t/bin")); string(v.Data.Base64) != "\xff\xfe" || v.Data.Text != nil {
		t.Errorf("get of binary: %+v", v)
	}
	type listed struct {
		Path     string
		Children []childJSON
	}
	if v := parse[listed](t, do("ls", "/t")); len(v.Children) != 2 || v.Children[0].Name != "bin" || v.Children[0].Stat != nil {
		t.Errorf("ls: %+v", v)
	}
	if v := parse[listed](t, do("ls", "-l", "/t")); v.Children[1].Stat.DataLength != 4 {
		t.Errorf("ls -l: %+v", v)
	}
	if v := parse[listed](t, do("ls", "/t/text")); v.Children == nil || len(v.Children) != 0 {
		t.Errorf("ls of a leaf: %+v", v)
	}
	if v := parse[branch](t, do("tree", "--data", "/t")); len(v.Children) != 2 || *v.Children[1].Data.Text != "ü<>" {
		t.Errorf("tree: %+v", v)
	}
	type removed struct {
		Path    string
		Deleted int
	}
	if v := parse[removed](t, do("rm", "-r", "/t")); v.Deleted != 3 {
		t.Errorf("rm: %+v", v)
	}
}

func TestCommands_ShowCredentials(t *testing.T) {
	t.Parallel()
	server, c := place(t)
	if _, err := c.Create(t.Context(), "/secret", []byte("x"), zkasync.WithACL(zk.DigestACL(zk.PermAll, "me", "pw"))).Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	says(t, zkdemo(t, "get", "/secret", server).expect(t, exitFailed).err, "not authenticated")
	if out := zkdemo(t, "get", "/secret", server, "--auth", "digest:me:pw").expect(t, exitOK).out; out != "x" {
		t.Errorf("with credentials: %q", out)
	}
	zkdemo(t, "rm", "/secret", server, "--auth", "digest:me:pw").expect(t, exitOK)
	zkdemo(t, "ls", server, "--auth", "nonsense:x").expect(t, exitConnect)
}

func TestShown_IsSafeOnATerminal(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]string{"": "", "text": "text\n", "text\n": "text\n"} {
		if got := string(shown([]byte(data), true)); got != want {
			t.Errorf("shown(%q) = %q, want %q", data, got, want)
		}
	}
	if got := string(shown([]byte("\x1b[31m"), true)); !strings.Contains(got, "1b 5b 33 31 6d") || strings.Contains(got, "\x1b") {
		t.Errorf("a control sequence: %q", got)
	}
	if got := string(shown([]byte("\x1b[31m"), false)); got != "\x1b[31m" {
		t.Errorf("away from a terminal: %q", got)
	}
}
