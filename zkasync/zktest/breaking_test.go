package zktest_test

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// If a write has been applied and its answer is lost, its outcome is unknown to the client.
func TestFault_AnswerLost(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	srv := zktest.Run(t)
	must(t, srv.Put("/a", []byte("old")))
	c := connect(t, srv)
	lost := srv.Fault(zktest.Fault{Op: zktest.OpSetData, Path: "/a", Count: 1, When: zktest.After, Do: zktest.Drop()})
	before := c.Get(ctx, "/a")
	_, err := c.Set(ctx, "/a", []byte("new"), -1).Get(ctx)
	if !errors.Is(err, zkasync.ErrOutcomeUnknown) {
		t.Errorf("the write fails with %v", err)
	}
	if n, err := before.Get(ctx); err != nil || string(n.Data) != "old" {
		t.Errorf("the read before it: %q, %v", n.Data, err)
	}
	if n, err := c.Get(ctx, "/a").Get(ctx); err != nil || string(n.Data) != "new" {
		t.Errorf("afterwards: %q, %v", n.Data, err)
	}
	if lost.Fired() != 1 {
		t.Errorf("fired %d times", lost.Fired())
	}
}

// A fault strikes only the requests that it covers, and as many as it is told to.
func TestFault_Covers(t *testing.T) {
	t.Parallel()
	type call struct {
		op   wire.OpCode
		body []byte
	}
	get := func(path string) call { return call{wire.OpGetData, cat(str(path), boolean(false))} }
	for name, tt := range map[string]struct {
		fault zktest.Fault
		calls []call
		want  []int32
	}{
		"op":       {zktest.Fault{Op: zktest.OpExists}, []call{get("/"), {wire.OpExists, cat(str("/"), boolean(false))}}, []int32{0, -101}},
		"any":      {zktest.Fault{}, []call{get("/"), {wire.OpPing, nil}}, []int32{-101, 0}},
		"path":     {zktest.Fault{Path: "/zookeeper/q*"}, []call{get("/zookeeper/quota"), get("/zookeeper/config")}, []int32{-101, 0}},
		"below":    {zktest.Fault{Path: "/zoo*/**"}, []call{get("/zookeeper/quota"), get("/zookeeper"), get("/")}, []int32{-101, 0, 0}},
		"count":    {zktest.Fault{Skip: 1, Count: 1}, []call{get("/"), get("/"), get("/")}, []int32{0, -101, 0}},
		"session":  {zktest.Fault{Session: 7}, []call{get("/")}, []int32{0}},
		"creates":  {zktest.Fault{Op: zktest.OpAnyCreate}, []call{{wire.OpCreate2, cat(str("/x"), null, acls(open), num(0))}}, []int32{-101}},
		"multi":    {zktest.Fault{Op: zktest.OpAnyWrite, Path: "/b"}, []call{{wire.OpMulti, multiBody([]part{partCreate("/a", "", 0), partCreate("/b", "", 0)})}}, []int32{-101}},
		"not that": {zktest.Fault{Op: zktest.OpAnyWrite}, []call{get("/")}, []int32{0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := zktest.Run(t)
			tt.fault.Do = zktest.Fail(zk.ErrNoNode)
			in := srv.Fault(tt.fault)
			r := openRaw(t, srv)
			struck := 0
			for i, c := range tt.calls {
				r.send(c.op, c.body)
				h, _, err := r.reply()
				must(t, err)
				if h.Err != tt.want[i] {
					t.Errorf("call %d: %d, want %d", i, h.Err, tt.want[i])
				}
				if h.Err != 0 {
					struck++
				}
			}
			if in.Fired() != struck {
				t.Errorf("fired %d times, want %d", in.Fired(), struck)
			}
			in.Remove()
			r.send(tt.calls[0].op, tt.calls[0].body)
			if h, _, err := r.reply(); err != nil || h.Err != 0 {
				t.Errorf("after Remove: %d, %v", h.Err, err)
			}
		})
	}
}

// A request that is held waits, together with all later ones of its client. Other clients go on.
func TestFault_Hold(t *testing.T) {
	t.Parallel()
	for _, when := range []zktest.When{zktest.Before, zktest.After} {
		ctx := testContext(t)
		srv := zktest.Run(t)
		c, other := connect(t, srv), connect(t, srv)
		hold := srv.Fault(zktest.Fault{Op: zktest.OpAnyCreate, When: when, Do: zktest.Hold()})
		first := c.Create(ctx, "/a", nil)
		second := c.Exists(ctx, "/a")
		must(t, hold.Wait(ctx, 1))
		st, err := other.Exists(ctx, "/a").Get(ctx)
		must(t, err)
		if (st != nil) != (when == zktest.After) {
			t.Errorf("when %d: while it is held it is there: %v", when, st != nil)
		}
		if first.Ready() || second.Ready() {
			t.Error("an answer has come")
		}
		hold.Release()
		_, err = first.Get(ctx)
		must(t, err)
		if st, err := second.Get(ctx); err != nil || st == nil {
			t.Errorf("the request behind it: %v, %v", st, err)
		}
	}
}

// A fault can cut an answer in half, or replace it by any bytes.
func TestFault_BrokenAnswers(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t)
	srv.Fault(zktest.Fault{Op: zktest.OpGetData, Do: zktest.Cut(7), When: zktest.After})
	srv.Fault(zktest.Fault{Op: zktest.OpExists, Do: zktest.Raw([]byte{1, 2, 3})})
	srv.Fault(zktest.Fault{Op: zktest.OpSync, Do: zktest.Answer(str("/other"))})
	r := openRaw(t, srv)
	r.send(wire.OpSync, str("/"))
	if _, rest, err := r.reply(); err != nil || string(rest) != string(str("/other")) {
		t.Errorf("%q, %v", rest, err)
	}
	r.send(wire.OpExists, cat(str("/"), boolean(false)))
	r.send(wire.OpGetData, cat(str("/"), boolean(false)))
	got, err := io.ReadAll(r.sock)
	if want := 3 + 7; err != nil || len(got) != want {
		t.Errorf("%d bytes and %v, want %d", len(got), err, want)
	}
}

func TestServer_Intercept(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	srv := zktest.Run(t)
	c := connect(t, srv)
	blocked := make(chan struct{})
	srv.Intercept(func(q zktest.Request) zktest.Action {
		switch q.Path {
		case "/secret":
			return zktest.Fail(zk.ErrNoAuth)
		case "/slow":
			<-blocked
		}
		return zktest.Action{}
	})
	if _, err := c.Create(ctx, "/secret", nil).Get(ctx); !errors.Is(err, zk.ErrNoAuth) {
		t.Errorf("create: %v", err)
	}
	slow := c.Create(ctx, "/slow", nil)
	if _, err := connect(t, srv).Create(ctx, "/quick", nil).Get(ctx); err != nil {
		t.Errorf("another client: %v", err)
	}
	if slow.Ready() {
		t.Error("the hook blocks and the answer has come")
	}
	close(blocked)
	_, err := slow.Get(ctx)
	must(t, err)
	srv.Intercept(nil)
	_, err = c.Create(ctx, "/secret", nil).Get(ctx)
	must(t, err)
}

func TestServer_ExpireAndWatches(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	srv := zktest.Run(t)
	owner, watcher := connect(t, srv), connect(t, srv)
	_, err := owner.Create(ctx, "/lock", nil, zkasync.Ephemeral()).Get(ctx)
	must(t, err)
	gone := watcher.ExistsW(ctx, "/lock")
	must(t, srv.WaitWatch(ctx, "/lock"))
	id := owner.Session().ID
	i := slices.IndexFunc(srv.Sessions(), func(s zktest.SessionInfo) bool { return s.ID == id })
	if info := srv.Sessions()[i]; !slices.Equal(info.Ephemerals, []string{"/lock"}) || !info.Connected || info.Auth[0] != "ip:127.0.0.1" {
		t.Errorf("session %+v", info)
	}
	if w := srv.Watches(); len(w) != 1 || w[0].Path != "/lock" || !w[0].Once || w[0].Children {
		t.Errorf("watches %+v", w)
	}
	must(t, srv.Expire(id))
	n, err := gone.Get(ctx)
	must(t, err)
	if e, err := n.Event.Get(ctx); err != nil || e.Type != zk.EventNodeDeleted {
		t.Errorf("event %v, %v", e, err)
	}
	if err := srv.Expire(id); err == nil {
		t.Error("a session expired twice")
	}
	_, err = srv.WaitFor(ctx, func(q zktest.Request) bool { return q.Op == zktest.OpExists && q.Path == "/lock" })
	must(t, err)
}

func TestServer_ReplaceGrantsAnotherSession(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	srv := zktest.Run(t)
	c := connect(t, srv)
	old := c.Session().ID
	srv.Replace(old)
	if n := srv.Drop(old); n != 1 {
		t.Fatalf("%d connections dropped", n)
	}
	must(t, srv.WaitSessions(ctx, 2)) // the old one has not expired
	for {                             // the client treats this as an expiry and fails what waits; it may not have noticed yet
		if _, err := c.Exists(ctx, "/").Get(ctx); !errors.Is(err, zkasync.ErrNotSent) {
			must(t, err)
			break
		}
	}
	if again := c.Session().ID; again == old {
		t.Error("the session is the same")
	}
}

// A write over a connection whose session has moved is not applied, and ends the connection.
func TestServer_Move(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t)
	r := openRaw(t, srv)
	must(t, srv.Move(r.session))
	r.send(wire.OpExists, cat(str("/"), boolean(false)))
	if h, _, err := r.reply(); err != nil || h.Err != 0 {
		t.Errorf("a read: %d, %v", h.Err, err)
	}
	r.send(wire.OpCreate, cat(str("/a"), null, acls(open), num(0)))
	if _, err := r.read(); err == nil {
		t.Error("a write was answered")
	}
	if srv.Tree() != "/\n" {
		t.Errorf("the tree is\n%s", srv.Tree())
	}
	again := dialRaw(t, srv)
	if !again.handshake(wire.ConnectRequest{Timeout: 9000, SessionID: r.session, Password: r.password}, true) || again.session != r.session {
		t.Error("the session cannot be taken up")
	}
}

// A frozen server sends nothing until it is thawed, and then everything. A session may have expired by then.
func TestServer_Freeze(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		srv := zktest.Run(t)
		c := connect(t, srv)
		srv.Freeze()
		held := c.Create(ctx, "/a", nil)
		time.Sleep(time.Second)
		if held.Ready() {
			t.Error("a frozen server answers")
		}
		srv.Thaw()
		_, err := held.Get(ctx)
		must(t, err)

		id := c.Session().ID
		srv.Freeze(id)
		lost := c.Set(ctx, "/a", nil, -1)
		if _, err := lost.Get(ctx); !errors.Is(err, zkasync.ErrOutcomeUnknown) {
			t.Errorf("over a frozen connection: %v", err)
		}
		srv.Thaw()
		_, err = c.Exists(ctx, "/a").Get(ctx)
		must(t, err)
	})
}

func TestServer_SlowDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		srv := zktest.Run(t)
		c := connect(t, srv)
		srv.SlowDown(300 * time.Millisecond)
		start := time.Now()
		a, b := c.Exists(ctx, "/a"), c.Exists(ctx, "/b")
		_, err := a.Get(ctx)
		must(t, err)
		_, err = b.Get(ctx)
		must(t, err)
		if d := time.Since(start); d != 300*time.Millisecond {
			t.Errorf("answers after %v", d)
		}
		srv.SlowDown(0)
	})
}

func TestServer_RefuseHalfCloseSend(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t)
	r := openRaw(t, srv)
	srv.Send([]byte("garbage"), r.session)
	srv.HalfClose(r.session)
	if got, err := io.ReadAll(r.sock); err != nil || string(got) != "garbage" {
		t.Errorf("%q, %v", got, err)
	}
	r.send(wire.OpCreate, cat(str("/still-taken"), null, acls(open), num(0)))
	_, err := srv.WaitFor(testContext(t), func(q zktest.Request) bool { return q.Path == "/still-taken" })
	must(t, err)
	srv.Refuse(true)
	if _, err := srv.DialContext(testContext(t), "tcp", srv.Addr()); err == nil {
		t.Error("connected to a server that refuses")
	}
	srv.Refuse(false)
	openRaw(t, srv)
}

func TestServer_DirectAndTree(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t)
	must(t, srv.Load(map[string]string{"/b/c": "1", "/a": "two"}))
	must(t, srv.LoadFS("/files", fstest.MapFS{"x/y.txt": {Data: []byte("y")}, "z": {Data: nil}}))
	must(t, srv.Put("/a", []byte("three")))
	want := strings.Join([]string{`/`, `/a = "three"`, `/b`, `/b/c = "1"`, `/files`, `/files/x`, `/files/x/y.txt = "y"`, `/files/z = ""`, ``}, "\n")
	if got := srv.Tree(); got != want {
		t.Errorf("the tree is\n%swant\n%s", got, want)
	}
	if b, st, err := srv.Get("/a"); err != nil || string(b) != "three" || st.Version != 1 {
		t.Errorf("%q, %+v, %v", b, st, err)
	}
	must(t, srv.Delete("/files"))
	if _, _, err := srv.Get("/files/x"); !errors.Is(err, zk.ErrNoNode) {
		t.Errorf("after Delete: %v", err)
	}
	if err := srv.Put("nope", nil); !errors.Is(err, zk.ErrBadArguments) {
		t.Errorf("a bad path: %v", err)
	}
}

// A server that was put back to a snapshot refuses a client that has seen a later state.
func TestServer_SnapshotAndRestore(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	srv := zktest.Run(t)
	c := connect(t, srv)
	_, err := c.Create(ctx, "/kept", nil, zkasync.Ephemeral()).Get(ctx)
	must(t, err)
	snap := srv.Snapshot()
	_, err = c.Create(ctx, "/lost", nil).Get(ctx)
	must(t, err)
	seen := srv.Zxid()
	id := c.Session().ID

	srv.Restore(snap)
	if got := srv.Tree(); got != "/\n/kept = \"\" (ephemeral)\n" && got != "/\n/kept (ephemeral)\n" {
		t.Errorf("the tree is\n%s", got)
	}
	r := dialRaw(t, srv)
	if r.handshake(wire.ConnectRequest{Timeout: 9000, Password: make([]byte, 16), LastZxidSeen: seen}, true) {
		t.Error("a client that has seen more is served")
	}
	for srv.Zxid() < seen { // until the server's state is late enough for the client
		must(t, srv.Put("/other", nil))
	}
	for {
		if _, err = c.Exists(ctx, "/kept").Get(ctx); !errors.Is(err, zkasync.ErrNotSent) {
			break // before that, the client may not have noticed the lost connection
		}
	}
	must(t, err)
	if again := c.Session().ID; again != id {
		t.Errorf("session %x became %x", id, again)
	}
}
