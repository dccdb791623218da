package zkasync_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync"
)

// kazoo is a Python process with a kazoo client.
type kazoo struct {
	t       *testing.T
	calls   *json.Encoder
	answers *json.Decoder
}

// kazooAnswer is the result of a call. Each call sets some of the fields.
type kazooAnswer struct {
	Error   string
	ID      int64
	Path    string
	Data    *string
	Stat    *kazooStat
	Names   []string
	ACL     [][3]any
	Type    string
	Results []string
	Text    string
}

// kazooStat has the fields of zk.Stat in their order, under kazoo's names.
type kazooStat struct {
	Czxid, Mzxid, Ctime, Mtime  int64
	Version, Cversion, Aversion int32
	EphemeralOwner              int64
	DataLength, NumChildren     int32
	Pzxid                       int64
}

// kazooPython returns a Python that has kazoo.
func kazooPython(t *testing.T) string {
	t.Helper()
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(python, "-c", "import kazoo.client").Run() == nil {
			return python
		}
	}
	t.Fatal("kazoo is not installed; install it with: apt-get install python3-kazoo (or: pip install kazoo)")
	return ""
}

// startKazoo starts a kazoo client of servers, which is stopped at the end of the test. opts are alternating names and values of
// arguments of KazooClient.
func startKazoo(t *testing.T, servers string, opts ...any) *kazoo {
	t.Helper()
	options := make(map[string]any)
	for i := 0; i < len(opts); i += 2 {
		options[opts[i].(string)] = opts[i+1]
	}
	text, err := json.Marshal(options)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(kazooPython(t), "testdata/kazoo_peer.py", servers, string(text))
	cmd.WaitDelay = 10 * time.Second
	var trouble bytes.Buffer
	cmd.Stderr = &trouble
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("kazoo: %v\n%s", err, &trouble)
		}
	})
	return &kazoo{t, json.NewEncoder(in), json.NewDecoder(out)}
}

// call makes kazoo do something. args are alternating names and values.
func (k *kazoo) call(do string, args ...any) kazooAnswer {
	k.t.Helper()
	a := k.try(do, args...)
	if a.Error != "" {
		k.t.Fatalf("kazoo: %s %v: %s", do, args, a.Error)
	}
	return a
}

func (k *kazoo) try(do string, args ...any) kazooAnswer {
	k.t.Helper()
	request := map[string]any{"do": do}
	for i := 0; i < len(args); i += 2 {
		request[args[i].(string)] = args[i+1]
	}
	if err := k.calls.Encode(request); err != nil {
		k.t.Fatal(err)
	}
	var a kazooAnswer
	if err := k.answers.Decode(&a); err != nil && err != io.EOF {
		k.t.Fatal(err)
	}
	return a
}

func TestKazoo_Exchange(t *testing.T) {
	t.Parallel()
	root := sharedRoot(t)
	c, k := connect(t, root), startKazoo(t, root)
	for name, test := range map[string]func(*testing.T, *zkasync.Client, *kazoo){
		"data": exchangeData, "ephemeral": exchangeEphemeral, "sequence": exchangeSequence, "acl": exchangeACL,
		"watch": exchangeWatch, "tree": exchangeTree, "transaction": exchangeTransaction,
	} {
		t.Run(name, func(t *testing.T) {
			k.t = t
			test(t, c, k)
		})
	}
}

// exchangeData lets each side read what the other has written, with its stat.
func exchangeData(t *testing.T, c *zkasync.Client, k *kazoo) {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	for i, data := range [][]byte{nil, {}, []byte("text, ü, 日本"), every, bytes.Repeat(every, 2000)} {
		ours, theirs := fmt.Sprintf("/ours-%d", i), fmt.Sprintf("/theirs-%d", i)
		must(t, c.Create(t.Context(), ours, data))
		k.call("create", "path", theirs, "data", inBase64(data))
		sameNode(t, c, k, ours, data)
		sameNode(t, c, k, theirs, data)
		must(t, c.Set(t.Context(), theirs, data, 0))
		k.call("set", "path", ours, "data", inBase64(data), "version", 0)
		sameNode(t, c, k, ours, data)
		sameNode(t, c, k, theirs, data)
	}
	if a := k.try("set", "path", "/ours-0", "version", 7); a.Error != "BadVersionError" {
		t.Errorf("kazoo: %+v", a)
	}
}

func inBase64(data []byte) any {
	if data == nil {
		return nil
	}
	return base64.StdEncoding.EncodeToString(data)
}

// sameNode checks that both sides read data at path, with the same stat.
func sameNode(t *testing.T, c *zkasync.Client, k *kazoo, path string, data []byte) {
	t.Helper()
	ours, theirs := must(t, c.Get(t.Context(), path)), k.call("get", "path", path)
	if !bytes.Equal(ours.Data, data) || (ours.Data == nil) != (data == nil) {
		t.Errorf("%s: read %d bytes (null: %v), want %d (null: %v)", path, len(ours.Data), ours.Data == nil, len(data), data == nil)
	}
	if want := inBase64(data); want == nil && theirs.Data != nil || want != nil && (theirs.Data == nil || *theirs.Data != want) {
		t.Errorf("%s: kazoo read something else", path)
	}
	if theirs.Stat == nil || zk.Stat(*theirs.Stat) != ours.Stat {
		t.Errorf("%s: stat %+v, kazoo's %+v", path, ours.Stat, theirs.Stat)
	}
}

func exchangeEphemeral(t *testing.T, c *zkasync.Client, k *kazoo) {
	must(t, c.Create(t.Context(), "/our-e", nil, zkasync.Ephemeral()))
	if a := k.call("exists", "path", "/our-e"); a.Stat == nil || a.Stat.EphemeralOwner != c.Session().ID {
		t.Errorf("kazoo sees %+v", a.Stat)
	}
	k.call("create", "path", "/their-e", "ephemeral", true)
	if st := must(t, c.Exists(t.Context(), "/their-e")); st == nil || st.EphemeralOwner != k.call("session").ID {
		t.Errorf("kazoo's ephemeral znode: %+v", st)
	}
}

func exchangeSequence(t *testing.T, c *zkasync.Client, k *kazoo) {
	must(t, c.Create(t.Context(), "/q", nil))
	for i := range 4 {
		want, got := fmt.Sprintf("/q/s-%010d", i), ""
		if i%2 == 0 {
			got = must(t, c.Create(t.Context(), "/q/s-", nil, zkasync.Sequential())).Path
		} else {
			got = k.call("create", "path", "/q/s-", "sequence", true).Path
		}
		if got != want {
			t.Errorf("created %q, want %q", got, want)
		}
	}
}

// exchangeACL lets each side protect a znode for alice alone, and the other side read it as alice.
func exchangeACL(t *testing.T, c *zkasync.Client, k *kazoo) {
	ctx := t.Context()
	mine := zk.DigestACL(zk.PermAll, user, password)
	must(t, c.Create(ctx, "/our-acl", nil, zkasync.WithACL(mine)))
	k.call("create", "path", "/their-acl", "acl", []string{user, password})
	fails(t, c.Get(ctx, "/their-acl"), zk.ErrNoAuth)
	if a := k.try("get", "path", "/our-acl"); a.Error != "NoAuthError" {
		t.Errorf("kazoo: %+v", a)
	}
	must(t, c.AddAuth(ctx, "digest", []byte(userPassword)))
	k.call("add_auth", "credential", userPassword)
	must(t, c.Get(ctx, "/their-acl"))
	k.call("get", "path", "/our-acl")
	if got := must(t, c.GetACL(ctx, "/their-acl")).Entries; !slices.Equal(got, mine) {
		t.Errorf("kazoo's acl %v, want %v", got, mine)
	}
	want := [][3]any{{float64(mine[0].Perms), mine[0].Scheme, mine[0].ID}}
	if got := k.call("acl", "path", "/our-acl").ACL; !reflect.DeepEqual(got, want) {
		t.Errorf("kazoo reads the acl %v, want %v", got, want)
	}
}

func exchangeWatch(t *testing.T, c *zkasync.Client, k *kazoo) {
	ctx := t.Context()
	ours := must(t, c.ExistsW(ctx, "/w")).Event
	k.call("watch", "path", "/w")
	k.call("create", "path", "/w")
	if e := must(t, ours); e.Type != zk.EventNodeCreated || e.Path != "/w" {
		t.Errorf("event %+v", e)
	}
	if a := k.call("event"); a.Type != "CREATED" || a.Path != "/w" {
		t.Errorf("kazoo's event %+v", a)
	}
	children := must(t, c.ChildrenW(ctx, "/w")).Event
	k.call("watch", "path", "/w")
	k.call("create", "path", "/w/x")
	must(t, c.Set(ctx, "/w", nil, 0))
	if e := must(t, children); e.Type != zk.EventNodeChildrenChanged {
		t.Errorf("event %+v", e)
	}
	if a := k.call("event"); a.Type != "CHANGED" || a.Path != "/w" {
		t.Errorf("kazoo's event %+v", a)
	}
}

// exchangeTree lets each side create trees and make transactions, and the other side delete the trees.
func exchangeTree(t *testing.T, c *zkasync.Client, k *kazoo) {
	ctx := t.Context()
	must(t, c.EnsurePath(ctx, "/t/a/b/c"))
	k.call("create", "path", "/t/d/e", "makepath", true)
	k.call("delete", "path", "/t/a", "recursive", true)
	if n := must(t, c.DeleteAll(ctx, "/t")); n != 3 {
		t.Errorf("deleted %d, want /t, /t/d and /t/d/e", n)
	}
	must(t, c.Multi(ctx, zkasync.CreateOp("/m", nil), zkasync.CreateOp("/m/1", nil)))
	got := k.call("transaction", "creates", []string{"/m/2"}, "deletes", []string{"/m/1"}).Results
	if !slices.Equal(got, []string{"/m/2", "True"}) {
		t.Errorf("kazoo's transaction: %q", got)
	}
	if names := must(t, c.Children(ctx, "/m")).Names; !slices.Equal(names, []string{"2"}) {
		t.Errorf("children %q", names)
	}
}
