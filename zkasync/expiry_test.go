package zkasync_test

import (
	"errors"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/zkasync"
)

// takeOver connects a second client to the session of c, through a proxy of its own. So the session stays alive at the server
// while c is cut off.
func takeOver(t *testing.T, c *zkasync.Client) (*zkasync.Client, *zkproxy.Proxy) {
	t.Helper()
	p := zkproxyForShared(t)
	session := c.Session()
	other := connect(t, p.Addr(), zkasync.WithSession(session), zkasync.WithSessionTimeout(shortSession))
	if other.Session().ID != session.ID {
		t.Fatalf("took over session %#x, want %#x", other.Session().ID, session.ID)
	}
	return other, p
}

// The client's own clock cannot know whether the session has ended. So nothing fails when it runs out, and if the session is still
// alive, it goes on.
func TestExpiry_LostByTheLocalClockAndFoundAgain(t *testing.T) {
	t.Parallel()
	c, twin, p := proxied(t, zkasync.WithSessionTimeout(shortSession))
	must(t, c.Create(t.Context(), "/owned", nil, zkasync.Ephemeral()))
	watch := must(t, c.GetW(t.Context(), "/owned")).Event
	id := c.Session().ID
	changes := c.States(t.Context())
	begin := startStopwatch(t)
	suspend(t, c, p)
	keeper, keeperProxy := takeOver(t, c)
	waiting := c.Exists(t.Context(), "/owned")
	lost := nextState(t, changes, zkasync.StateLost)
	if took := begin.took(time.Now()); time.Since(begin.begin) < shortSession-time.Second || took > shortSession+time.Second {
		t.Errorf("lost after %v, want about %v", took, shortSession)
	}
	if lost.SessionID != id || errors.Is(lost.Err, zkasync.ErrSessionExpired) {
		t.Errorf("lost %+v, want session %#x, and no claim that it has expired", lost, id)
	}
	if waiting.Ready() || watch.Ready() {
		t.Error("something has failed because of the local clock alone")
	}
	if must(t, twin.Exists(t.Context(), "/owned")) == nil {
		t.Fatal("the session was not kept alive")
	}
	suspend(t, keeper, keeperProxy)
	resume(t, p)
	if back := nextChange(t, changes); back.State != zkasync.StateConnected || back.SessionID != id {
		t.Errorf("%+v, want Connected with session %#x", back, id)
	}
	if must(t, waiting) == nil {
		t.Error("the ephemeral znode is gone")
	}
	must(t, twin.Set(t.Context(), "/owned", nil, 0))
	must(t, watch)
}

// expires makes the session of a suspended client expire at the server.
func expires(t *testing.T, c *zkasync.Client) {
	t.Helper()
	other, _ := takeOver(t, c)
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestExpiry_SequenceOfCallbacks(t *testing.T) {
	t.Parallel()
	c, _, p := proxied(t)
	id := c.Session().ID
	must(t, c.Create(t.Context(), "/owned", nil, zkasync.Ephemeral()))
	var j journal
	var lost, back zkasync.StateChange
	c.OnState(func(change zkasync.StateChange) {
		j.add(change.State.String())
		switch change.State {
		case zkasync.StateLost:
			lost = change
		case zkasync.StateConnected:
			back = change
		}
	})
	first := noted(&j, "first watch", must(t, c.GetW(t.Context(), "/owned")).Event)
	second := noted(&j, "second watch", must(t, c.ChildrenW(t.Context(), "/owned")).Event)
	suspend(t, c, p)
	expires(t, c)
	waiting := noted(&j, "waiting", c.Exists(t.Context(), "/owned"))
	waiting.OnDone(func(*zk.Stat, error) { noted(&j, "from then on", c.Exists(t.Context(), "/owned")) })
	behind := noted(&j, "waiting as well", c.Set(t.Context(), "/owned", nil, 0))
	resume(t, p)
	j.wants(t, "Suspended", "Lost", "waiting failed", "waiting as well failed", "first watch failed", "second watch failed",
		"Connected", "from then on")
	if lost.SessionID != id || !errors.Is(lost.Err, zkasync.ErrSessionExpired) {
		t.Errorf("lost %+v", lost)
	}
	if back.SessionID == id || back.SessionID == 0 || back.SessionID != c.Session().ID {
		t.Errorf("connected with session %#x after %#x", back.SessionID, id)
	}
	isExactly(t, outcome(t, waiting), zkasync.ErrSessionExpired, zk.ErrSessionExpired, zkasync.ErrNotSent)
	isOp(t, outcome(t, behind), "set", "/owned", zkasync.OutcomeNotSent, "zkasync: set /owned: not sent: session expired")
	for _, watch := range []*future.Future[zkasync.Event]{first, second} {
		isExactly(t, outcome(t, watch), zkasync.ErrSessionExpired, zk.ErrSessionExpired)
		isOp(t, outcome(t, watch), "watch", "/owned", zkasync.OutcomeNone, "zkasync: watch /owned: session expired")
	}
}

// A client that is cut off for too long loses its session, and gets a new one by itself.
func TestExpiry_OfAnOutageThatIsTooLong(t *testing.T) {
	t.Parallel()
	c, twin, p := proxied(t, zkasync.WithSessionTimeout(shortSession))
	ctx := t.Context()
	must(t, c.Create(ctx, "/owned", nil, zkasync.Ephemeral()))
	gone := must(t, twin.ExistsW(ctx, "/owned")).Event
	id := c.Session().ID
	changes := c.States(ctx)
	for _, dir := range []zkproxy.Direction{zkproxy.ToServer, zkproxy.ToClient} {
		p.Drop(dir, true)
	}
	must(t, gone)
	nextState(t, changes, zkasync.StateLost)
	waiting := c.Exists(ctx, "/owned")
	p.Heal()
	if back := nextChange(t, changes); back.State != zkasync.StateConnected || back.SessionID == id {
		t.Errorf("%+v, want Connected with another session than %#x", back, id)
	}
	fails(t, waiting, zkasync.ErrSessionExpired, zkasync.ErrNotSent)
	must(t, c.Create(ctx, "/owned", nil, zkasync.Ephemeral()))
	must(t, c.Exists(ctx, "/owned"))
}

// Watches of the old session are not restored for the next one.
func TestExpiry_LeavesNoWatchBehind(t *testing.T) {
	t.Parallel()
	c, twin, p := proxied(t)
	must(t, c.ExistsW(t.Context(), "/a"))
	suspend(t, c, p)
	expires(t, c)
	frames := tap(p)
	resume(t, p)
	poll(t, "another session", c.Connected)
	var j journal
	noted(&j, "new watch", must(t, c.ExistsW(t.Context(), "/a")).Event)
	must(t, twin.Create(t.Context(), "/a", nil))
	j.wants(t, "new watch")
	for _, r := range frames.requests() {
		if r.op == opSetWatches {
			t.Errorf("watches were restored: %+v", r)
		}
	}
}

// A restart begins a new session, whatever has become of the one before.
func TestExpiry_RestartAfterExpiry(t *testing.T) {
	t.Parallel()
	c, _, p := proxied(t)
	id := c.Session().ID
	changes := c.States(t.Context())
	suspend(t, c, p)
	expires(t, c)
	resume(t, p)
	nextState(t, changes, zkasync.StateLost)
	if err := c.Restart(testContext(t)); err != nil {
		t.Fatal(err)
	}
	if c.Session().ID == id || c.State() != zkasync.StateConnected {
		t.Errorf("%v with session %#x", c.State(), c.Session().ID)
	}
	must(t, c.Exists(t.Context(), "/"))
}
