package zkasync_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/zkasync"
)

const (
	// slack is added to time limits for timers, and for a machine that is busy with other tests.
	slack       = 500 * time.Millisecond
	manyPending = 1000
)

// silence returns how long the client waits for a server that sends nothing.
func silence(session time.Duration) time.Duration { return session * 2 / 3 }

// mustDo ends the test if something that is done to a server fails.
func mustDo(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// gets submits n reads of the root.
func gets(ctx context.Context, c *zkasync.Client, n int) (fs []*future.Future[zkasync.Node]) {
	for range n {
		fs = append(fs, c.Get(ctx, "/"))
	}
	return fs
}

// stateCount counts the changes of state from now on.
func stateCount(c *zkasync.Client) *atomic.Int32 {
	var n atomic.Int32
	c.OnState(func(zkasync.StateChange) { n.Add(1) })
	return &n
}

// The server is frozen for half the session timeout.
func TestServer_FrozenForHalfTheSession(t *testing.T) {
	t.Parallel()
	const session = 12 * time.Second // silence is tolerated for two thirds of it, which must leave a busy machine time enough
	s := check.Run(t)
	c := connect(t, s.Addr(), zkasync.WithSessionTimeout(session), zkasync.WithCoalescedReads(false)) // 3.5 ends the connection at the first multi-read
	ctx := testContext(t)
	changes := stateCount(c)
	mustDo(t, s.Freeze())
	fs := gets(ctx, c, manyPending)
	half := time.NewTimer(session / 2)
	<-half.C
	for i, f := range fs {
		if f.Ready() {
			t.Fatalf("get %d is complete while the server is frozen: %v", i, outcome(t, f))
		}
	}
	mustDo(t, s.Continue())
	must(t, future.All(fs...))
	if n := changes.Load(); n != 0 {
		t.Errorf("%d changes of the state", n)
	}
}

// frozen is a client whose server is frozen with operations in flight, while more are submitted.
type frozen struct {
	c       *zkasync.Client
	s       check.Server
	since   *stopwatch
	pending []*future.Future[zkasync.Node]
	lost    <-chan time.Time // when Suspended was reported
}

func freeze(t testing.TB, opts ...zkasync.Option) *frozen {
	t.Helper()
	z := &frozen{s: check.Run(t)}
	z.c = connect(t, z.s.Addr(), append([]zkasync.Option{zkasync.WithSessionTimeout(shortSession)}, opts...)...)
	lost := make(chan time.Time, 1)
	z.lost = lost
	z.c.OnState(func(change zkasync.StateChange) {
		if change.State == zkasync.StateSuspended {
			select {
			case lost <- time.Now():
			default: // only the first counts
			}
		}
	})
	mustDo(t, z.s.Freeze())
	z.since = startStopwatch(t)
	z.pending = gets(testContext(t), z.c, manyPending)
	return z
}

// submit goes on submitting operations at this rate until the loss, and returns when that was reported.
func (z *frozen) submit(t testing.TB, perSecond int) time.Time {
	t.Helper()
	tick := time.NewTicker(time.Second / time.Duration(perSecond))
	defer tick.Stop()
	deadline := time.After(wait)
	for {
		select {
		case <-tick.C:
			z.pending = append(z.pending, z.c.Get(testContext(t), "/"))
		case at := <-z.lost:
			return at
		case <-deadline:
			t.Fatal("the loss was not noticed")
		}
	}
}

// The server is frozen for three times the session timeout, under traffic.
func TestServer_FrozenForLong(t *testing.T) {
	t.Parallel()
	z := freeze(t)
	lost := z.submit(t, 500)
	if took := z.since.took(lost); took > silence(shortSession)+slack {
		t.Errorf("the loss was noticed after %v, want at most %v", took, silence(shortSession)+slack)
	}
	failed := 0
	for _, f := range z.pending {
		if f.Ready() {
			failed++
			fails(t, f, zkasync.ErrConnectionLoss)
		}
	}
	if failed < manyPending {
		t.Errorf("%d operations failed, want all %d that were in flight", failed, manyPending)
	}
}

// Submitting does not wait for a frozen server.
func TestServer_SubmittingNeverBlocks(t *testing.T) {
	t.Parallel()
	z := freeze(t)
	ctx := testContext(t)
	before := gets(ctx, z.c, manyPending)
	lost := z.since.took(<-z.lost)
	again := startStopwatch(t)
	after := gets(ctx, z.c, manyPending)
	if took := again.took(time.Now()); took > slack {
		t.Errorf("submitting %d operations after the loss took %v", manyPending, took)
	}
	if lost > silence(shortSession)+2*slack {
		t.Errorf("submitting %d operations and losing the connection took %v", manyPending, lost)
	}
	for _, f := range before {
		fails(t, f, zkasync.ErrConnectionLoss)
	}
	mustDo(t, z.s.Continue())
	for _, f := range after {
		// Another loss may follow: the server now processes the connections that the client gave up meanwhile, each of which takes the
		// session from the one before.
		if err := outcome(t, f); err != nil && !errors.Is(err, zkasync.ErrNotSent) && !errors.Is(err, zkasync.ErrConnectionLoss) {
			t.Fatalf("submitted after the loss: %v", err)
		}
	}
}

// The server goes on after three times the session timeout. It may or may not have expired the session, and the client reports which.
func TestServer_FrozenServerGoesOn(t *testing.T) {
	t.Parallel()
	s := check.Run(t)
	c := connect(t, s.Addr(), zkasync.WithSessionTimeout(shortSession))
	ctx := testContext(t)
	before := c.Session().ID
	must(t, c.Create(ctx, "/mine", nil, zkasync.Ephemeral()))
	event := must(t, c.ChildrenW(ctx, "/")).Event
	changes := c.States(ctx)
	mustDo(t, s.Freeze())
	thrice := time.NewTimer(3 * shortSession)
	nextState(t, changes, zkasync.StateSuspended)
	waiting := gets(ctx, c, manyPending)
	nextState(t, changes, zkasync.StateLost)
	<-thrice.C
	mustDo(t, s.Continue())
	after := nextState(t, changes, zkasync.StateConnected).SessionID
	if after == before {
		if exists := must(t, c.Exists(ctx, "/mine")); exists == nil || exists.EphemeralOwner != before {
			t.Errorf("the session goes on, its ephemeral znode is %+v", exists)
		}
		for _, f := range waiting {
			if err := outcome(t, f); err != nil && !errors.Is(err, zkasync.ErrConnectionLoss) { // there may be another loss, see above
				t.Errorf("waiting, in the session that goes on: %v", err)
			}
		}
		must(t, c.Create(ctx, "/new", nil))
		must(t, event)
		return
	}
	// A server reports that a session has expired a moment before it deletes the session's znodes.
	poll(t, "the end of the ephemeral znode", func() bool {
		exists := must(t, c.Exists(ctx, "/mine"))
		return exists == nil || exists.EphemeralOwner != before
	})
	for _, f := range waiting {
		fails(t, f, zkasync.ErrSessionExpired, zkasync.ErrNotSent)
	}
	fails(t, event, zkasync.ErrSessionExpired)
}

// The server is killed in mid-stream, with answers on their way.
func TestServer_KilledInMidStream(t *testing.T) {
	t.Parallel()
	const total, size, atReply, onTheWay = 5000, 4 << 10, 1500, 100
	s := check.Run(t)
	p := zkproxy.Run(t, s.Addr())
	c, twin := connect(t, p.Addr()), connect(t, s.Addr())
	ctx := testContext(t)
	must(t, c.Create(ctx, "/a", nil))
	data := make([]byte, size)
	var fs []*future.Future[zkasync.Created]
	for i := range total {
		fs = append(fs, c.Create(ctx, fmt.Sprintf("/a/%d", i), data))
	}
	must(t, fs[atReply])
	p.Hold(zkproxy.ToClient, true)
	held := must(t, twin.Exists(ctx, "/a")).NumChildren
	poll(t, "more creates are applied", func() bool { return must(t, twin.Exists(ctx, "/a")).NumChildren >= held+onTheWay })
	mustDo(t, s.Kill())
	p.Cut()
	done := 0
	for done < total && outcome(t, fs[done]) == nil {
		done++
	}
	for _, f := range fs[done:] {
		fails(t, f, zkasync.ErrConnectionLoss)
	}
	mustDo(t, s.Restart(ctx))
	there := make(map[int]bool)
	for _, name := range must(t, twin.Children(ctx, "/a")).Names {
		i, err := strconv.Atoi(name)
		mustDo(t, err)
		there[i] = true
	}
	applied, unsent := 0, 0
	for i, f := range fs {
		_, err := f.Result()
		switch {
		case err == nil && !there[i]:
			t.Fatalf("create %d was acknowledged, but does not exist", i)
		case errors.Is(err, zkasync.ErrNotSent):
			unsent++
			if there[i] {
				t.Fatalf("create %d was reported as not sent, but exists", i)
			}
		case err != nil && there[i]:
			applied++
		}
	}
	if done <= atReply || done == total || applied < onTheWay {
		t.Errorf("%d of %d succeeded, %d of the others were applied", done, total, applied)
	}
	t.Logf("%d succeeded; of %d with unknown outcome %d were applied; %d not sent", done, total-done-unsent, applied, unsent)
}

// The server is killed at random under writers that use versions. The checks are those of TestChaos.
func TestServer_RandomKillsUnderWriters(t *testing.T) {
	t.Parallel()
	const kills, writers = 20, 8
	s := check.Run(t)
	x := newChaos(t)
	for i := range chaosKeys {
		x.regs = append(x.regs, newCASRegister(x, fmt.Sprintf("/%d", i)))
	}
	for i := range writers {
		x.clients = append(x.clients, newChaosClient(x, i, s.Addr()))
	}
	ctx := testContext(t)
	for _, r := range x.regs {
		must(t, x.clients[0].c.Create(ctx, r.path, []byte("0")))
	}
	for i, cc := range x.clients {
		x.work.Go(func() { cc.writeRegisters(x.random(uint64(i))) })
	}
	random := x.random(writers)
	for range kills {
		for _, cc := range x.clients {
			poll(t, cc.name+" connected", cc.c.Connected)
		}
		pauseFor(context.Background(), upTo(random, 200*time.Millisecond))
		mustDo(t, s.Kill())
		mustDo(t, s.Restart(context.Background()))
	}
	x.finish()
	for _, r := range x.regs {
		r.check()
	}
	for _, cc := range x.clients {
		cc.check()
	}
	x.judge()
}
