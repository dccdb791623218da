package zktest_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// of returns a client of one server.
func of(t testing.TB, srv *zktest.Server, opts ...zkasync.Option) *zkasync.Client {
	t.Helper()
	return connect(t, srv, opts...)
}

func read(t testing.TB, c *zkasync.Client, path string) string {
	t.Helper()
	n, err := c.Get(t.Context(), path).Get(t.Context())
	must(t, err)
	return string(n.Data)
}

// A follower that lags answers reads with old data, until a sync.
func TestEnsemble_StaleRead(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	ens := zktest.RunEnsemble(t, 3)
	must(t, ens.Leader().Put("/a", []byte("old")))
	behind := ens.Followers()[0]
	slow := of(t, behind)
	behind.Lag(5)
	must(t, ens.Leader().Put("/a", []byte("new")))
	if got := read(t, slow, "/a"); got != "old" {
		t.Errorf("read %q", got)
	}
	if got := read(t, of(t, ens.Followers()[1]), "/a"); got != "new" {
		t.Errorf("read %q at another server", got)
	}
	_, err := slow.Sync(ctx, "/a").Get(ctx)
	must(t, err)
	if got := read(t, slow, "/a"); got != "new" {
		t.Errorf("read %q after a sync", got)
	}
}

// A server refuses a client that has seen a later state than the server has.
func TestEnsemble_NoGoingBackInTime(t *testing.T) {
	t.Parallel()
	ens := zktest.RunEnsemble(t, 3)
	behind := ens.Followers()[0]
	behind.Stall()
	must(t, ens.Leader().Put("/a", nil))
	r := dialRaw(t, behind)
	req := wire.ConnectRequest{Timeout: 9000, Password: make([]byte, 16), LastZxidSeen: ens.Leader().Zxid()}
	if r.handshake(req, true) {
		t.Error("served")
	}
	behind.CatchUp()
	r = dialRaw(t, behind)
	if !r.handshake(req, true) {
		t.Error("not served though it has caught up")
	}
}

// A follower answers a write when it has applied it, and later requests of the same client wait.
func TestEnsemble_WriteWaitsForItsServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		ens := zktest.RunEnsemble(t, 3)
		behind := ens.Followers()[0]
		c := of(t, behind)
		behind.LagFor(700 * time.Millisecond)
		start := time.Now()
		created, then := c.Create(ctx, "/a", nil), c.Exists(ctx, "/a")
		_, err := created.Get(ctx)
		must(t, err)
		if d := time.Since(start); d < 700*time.Millisecond || d > 800*time.Millisecond {
			t.Errorf("answered after %v", d)
		}
		if st, err := then.Get(ctx); err != nil || st == nil {
			t.Errorf("the read behind it: %v, %v", st, err)
		}
		behind.CatchUp()
	})
}

// A watch on a lagging server fires when that server applies the change.
func TestEnsemble_WatchFiresAtItsServersTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		ens := zktest.RunEnsemble(t, 3)
		behind := ens.Followers()[1]
		c := of(t, behind)
		w, err := c.ExistsW(ctx, "/a").Get(ctx)
		must(t, err)
		behind.LagFor(time.Second)
		start := time.Now()
		must(t, ens.Leader().Put("/a", nil))
		_, err = w.Event.Get(ctx)
		must(t, err)
		if d := time.Since(start); d != time.Second {
			t.Errorf("after %v", d)
		}
	})
}

// When a leader is deposed, a new epoch begins. Clients find the other servers, and their sessions live on.
func TestEnsemble_Depose(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	ens := zktest.RunEnsemble(t, 3)
	c, err := zkasync.Connect(ctx, ens.ConnectString(), ens.Options()...)
	must(t, err)
	defer c.Close()
	_, err = c.Create(ctx, "/mine", nil, zkasync.Ephemeral()).Get(ctx)
	must(t, err)
	id := c.Session().ID
	old := ens.Leader()
	before := old.Zxid()
	must(t, ens.Depose(nil))
	if ens.Leader() == old {
		t.Error("the leader leads")
	}
	for {
		if _, err = c.Exists(ctx, "/mine").Get(ctx); !errors.Is(err, zkasync.ErrConnectionLoss) {
			break
		}
	}
	must(t, err)
	if again := c.Session().ID; again != id {
		t.Errorf("session %x became %x", id, again)
	}
	if after := ens.Leader().Zxid(); after>>32 != before>>32+1 {
		t.Errorf("zxid %x after %x", after, before)
	}
	if err := ens.Depose(ens.Leader()); err == nil {
		t.Error("a leader took its own place")
	}
}

// The minority in a partition serves nobody, and catches up when the partition is over.
func TestEnsemble_Partition(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	ens := zktest.RunEnsemble(t, 3)
	alone := ens.Leader()
	ens.Partition(alone)
	if ens.Leader() == nil || ens.Leader() == alone {
		t.Fatal("the majority has no leader of its own")
	}
	must(t, ens.Leader().Put("/a", []byte("new")))
	if r := dialRaw(t, alone); r.handshake(wire.ConnectRequest{Timeout: 9000, Password: make([]byte, 16)}, true) {
		t.Error("a server that is alone serves")
	}
	if _, err := zkasync.ServerStats(ctx, alone.Addr(), alone.Options()...); !errors.Is(err, zkasync.ErrNotServing) {
		t.Errorf("mntr: %v", err)
	}
	if _, _, err := alone.Get("/a"); !errors.Is(err, zk.ErrNoNode) {
		t.Errorf("the server that is alone has it: %v", err)
	}
	ens.Heal()
	if got := read(t, of(t, alone), "/a"); got != "new" {
		t.Errorf("after it: %q", got)
	}
	if alone.Mode() != "follower" {
		t.Errorf("it is a %q", alone.Mode())
	}
}

// Without a quorum, nobody is served and no session expires. When there is one again, all sessions have their full timeout.
func TestEnsemble_LosesItsQuorum(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ens := zktest.RunEnsemble(t, 3)
		r := openRaw(t, ens.Servers()[0]) // with a session timeout of 10 s
		ens.Servers()[1].Stop()
		ens.Servers()[2].Stop()
		if ens.Leader() != nil {
			t.Error("one of three leads")
		}
		if err := ens.Servers()[0].Put("/a", nil); err == nil {
			t.Error("a write without a leader")
		}
		time.Sleep(time.Minute)
		ens.Servers()[2].Start()
		again := dialRaw(t, ens.Servers()[2])
		if !again.handshake(wire.ConnectRequest{Timeout: 9000, SessionID: r.session, Password: r.password}, true) || again.session == 0 {
			t.Error("the session is gone")
		}
		if mode := ens.Servers()[0].Mode(); mode != "follower" && mode != "leader" {
			t.Errorf("server 1 is a %q", mode)
		}
	})
}

func TestEnsemble_ReadOnly(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	ens := zktest.RunEnsemble(t, 3, zktest.WithReadOnlyMode())
	must(t, ens.Leader().Put("/a", []byte("1")))
	alone := ens.Servers()[2]
	ens.Partition(alone)
	if alone.Mode() != "read-only" {
		t.Fatalf("it is %q", alone.Mode())
	}
	c := of(t, alone, zkasync.WithReadOnly(true))
	if got := read(t, c, "/a"); got != "1" {
		t.Errorf("read %q", got)
	}
	if _, err := c.Create(ctx, "/b", nil).Get(ctx); !errors.Is(err, wire.ErrorOf(-119)) {
		t.Errorf("a write: %v", err)
	}
	if r := dialRaw(t, alone); r.handshake(wire.ConnectRequest{Timeout: 9000, Password: make([]byte, 16)}, false) {
		t.Error("a client that must write is served")
	}
}

// When a session has moved to another server, a late write over the old connection is not applied.
// A session of a read-only server survives its connection there, and nowhere else. Sessions of the ensemble do not go on there.
func TestEnsemble_ReadOnlySessionsComeBack(t *testing.T) {
	t.Parallel()
	clock := zktest.NewClock(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC))
	ens := zktest.RunEnsemble(t, 3, zktest.WithReadOnlyMode(), zktest.WithClock(clock))
	cutOff := ens.Followers()[0]
	global := openRaw(t, cutOff)
	ens.Partition(cutOff)
	local := dialRaw(t, cutOff)
	ask := wire.ConnectRequest{Timeout: 10_000, Password: make([]byte, 16), ReadOnly: true}
	if !local.handshake(ask, true) || local.session == 0 || !local.answer.ReadOnly {
		t.Fatalf("no session: %+v", local.answer)
	}
	again := func(who *raw) *raw {
		r := dialRaw(t, cutOff)
		ask.SessionID, ask.Password = who.session, who.password
		if !r.handshake(ask, true) {
			return nil
		}
		return r
	}
	if r := again(global); r != nil {
		t.Errorf("the session of the ensemble: %+v", r.answer)
	}
	cutOff.Drop()
	clock.Advance(9 * time.Second)
	if r := again(local); r == nil || r.session != local.session {
		t.Fatal("the session did not come back")
	}
	cutOff.Drop()
	clock.Advance(11 * time.Second)
	if r := again(local); r == nil || r.session != 0 {
		t.Error("the session came back after its timeout")
	}
	ens.Heal()
	if r := again(local); r == nil || r.session != 0 {
		t.Error("the session came back to a server that is not read-only")
	}
}

func TestEnsemble_SessionMoves(t *testing.T) {
	t.Parallel()
	ens := zktest.RunEnsemble(t, 3)
	old := openRaw(t, ens.Servers()[1])
	moved := dialRaw(t, ens.Servers()[2])
	if !moved.handshake(wire.ConnectRequest{Timeout: 9000, SessionID: old.session, Password: old.password}, true) || moved.session != old.session {
		t.Fatal("the session did not move")
	}
	old.send(wire.OpCreate, cat(str("/late"), null, acls(open), num(0)))
	if _, err := old.read(); err == nil {
		t.Error("the old connection got an answer")
	}
	moved.send(wire.OpExists, cat(str("/late"), boolean(false)))
	if h, _, err := moved.reply(); err != nil || h.Err != -101 {
		t.Errorf("the late write: %d, %v", h.Err, err)
	}
}

func TestEnsemble_ObserversDoNotVote(t *testing.T) {
	t.Parallel()
	ens := zktest.RunEnsemble(t, 4, zktest.WithObservers(1))
	observer := ens.Servers()[3]
	if observer.Mode() != "observer" {
		t.Errorf("it is a %q", observer.Mode())
	}
	if err := ens.Depose(observer); err == nil {
		t.Error("an observer leads")
	}
	ens.Servers()[0].Stop()
	ens.Servers()[1].Stop()
	if ens.Leader() != nil {
		t.Error("one vote of three leads")
	}
}

// In the end all servers have the same history, however far each has lagged.
func TestEnsemble_Converges(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	ens := zktest.RunEnsemble(t, 3)
	ens.Servers()[1].Lag(7)
	c, d := of(t, ens.Servers()[1]), of(t, ens.Servers()[2])
	for i := range 200 {
		f := c
		if i%3 == 0 {
			f = d
		}
		_, err := f.Create(ctx, "/n-", nil, zkasync.Sequential()).Get(ctx)
		must(t, err)
	}
	ens.Servers()[1].CatchUp()
	want := ens.Leader().Tree()
	if n := strings.Count(want, "\n"); n != 201 {
		t.Errorf("%d lines", n)
	}
	for _, s := range ens.Servers() {
		if s.Tree() != want || s.Zxid() != ens.Leader().Zxid() {
			t.Errorf("server %d differs", s.Number())
		}
	}
}

func TestServer_StopAndStart(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	srv := zktest.Run(t)
	c := connect(t, srv)
	_, err := c.Create(ctx, "/mine", nil, zkasync.Ephemeral()).Get(ctx)
	must(t, err)
	srv.Stop()
	if _, err := srv.DialContext(context.Background(), "tcp", srv.Addr()); err == nil {
		t.Error("a stopped server accepts connections")
	}
	srv.Start()
	for {
		if _, err = c.Exists(ctx, "/mine").Get(ctx); !errors.Is(err, zkasync.ErrConnectionLoss) {
			break
		}
	}
	must(t, err)
}
