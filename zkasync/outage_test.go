package zkasync_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/zkasync"
)

// checkTruth compares what an operation's future says with what the server has.
func checkTruth(t *testing.T, path string, err error, there bool) {
	t.Helper()
	loss := errors.Is(err, zkasync.ErrConnectionLoss) && errors.Is(err, zk.ErrConnectionClosed)
	unknown, notSent := errors.Is(err, zkasync.ErrOutcomeUnknown), errors.Is(err, zkasync.ErrNotSent)
	switch {
	case err == nil && !there:
		t.Errorf("%s: acknowledged, but not on the server", path)
	case notSent && there:
		t.Errorf("%s: %v, but on the server", path, err)
	case err != nil && (!loss || unknown == notSent):
		t.Errorf("%s: %v", path, err)
	}
}

// certainty ranks outcomes in the order in which operations in a row may have them when the connection is lost.
func certainty(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, zkasync.ErrOutcomeUnknown):
		return 1
	default:
		return 2
	}
}

func TestOutage_CutUnderLoad(t *testing.T) {
	t.Parallel()
	for _, dir := range []zkproxy.Direction{zkproxy.ToServer, zkproxy.ToClient} {
		for _, extra := range []int{0, 5} {
			t.Run(fmt.Sprintf("%v and %d bytes", dir, extra), func(t *testing.T) {
				t.Parallel()
				cutUnderLoad(t, dir, extra)
			})
		}
	}
}

// cutUnderLoad submits far more than fits into the sockets' buffers, and cuts the connection after a third of it.
func cutUnderLoad(t *testing.T, dir zkproxy.Direction, extra int) {
	const count, size = 2000, 8 << 10
	c, twin, p := proxied(t)
	changes := c.States(testContext(t))
	p.Hold(zkproxy.ToServer, true)
	var s sequence
	made := make([]*future.Future[zkasync.Created], count)
	path := func(i int) string { return fmt.Sprintf("/%04d", i) }
	for i := range made {
		made[i] = c.Create(t.Context(), path(i), make([]byte, size))
		follow(&s, made[i], errAnyOutcome)
	}
	cut := p.CutAfter(dir, count/3, extra)
	p.Hold(zkproxy.ToServer, false)
	<-cut
	s.check(t)
	nextState(t, changes, zkasync.StateSuspended)
	nextState(t, changes, zkasync.StateConnected)
	must(t, c.Sync(t.Context(), "/"))
	must(t, twin.Sync(t.Context(), "/"))
	there := make(map[string]bool)
	for _, name := range must(t, twin.Children(t.Context(), "/")).Names {
		there["/"+name] = true
	}
	var kinds []int
	for i, f := range made {
		err := outcome(t, f)
		kinds = append(kinds, certainty(err))
		checkTruth(t, path(i), err, there[path(i)])
	}
	if !slices.IsSorted(kinds) || kinds[0] != 0 || !slices.Contains(kinds, 1) {
		t.Error("outcomes are not successes, then unknown ones, then those not sent")
	}
	if dir == zkproxy.ToServer && kinds[count-1] != 2 {
		t.Errorf("the last operation was not reported as not sent: %v", outcome(t, made[count-1]))
	}
}

// Changes of state have their place in the sequence: pending operations fail before Suspended, and waiting ones complete after
// Connected.
func TestOutage_StatesInTheirPlaces(t *testing.T) {
	t.Parallel()
	c, _, p := proxied(t, zkasync.WithCoalescedReads(false)) // 3.5 ends the connection at the first multi-read
	var j journal
	c.OnState(func(change zkasync.StateChange) { j.add(change.State.String()) })
	p.Hold(zkproxy.ToClient, true)
	for i := range 3 {
		noted(&j, fmt.Sprint("pending ", i), c.Get(t.Context(), "/"))
	}
	suspend(t, c, p)
	for i := range 3 {
		noted(&j, fmt.Sprint("waiting ", i), c.Get(t.Context(), "/"))
	}
	p.Heal()
	resume(t, p)
	j.wants(t, "pending 0 failed", "pending 1 failed", "pending 2 failed", "Suspended",
		"Connected", "waiting 0", "waiting 1", "waiting 2")
}

func TestOutage_WaitingGoesOutInOrder(t *testing.T) {
	t.Parallel()
	const count = 2000
	c, _, p := proxied(t)
	suspend(t, c, p)
	var s sequence
	path := ""
	for i := range count {
		if i%10 == 0 {
			path = fmt.Sprintf("/%d", i)
		}
		follow(&s, c.Create(t.Context(), path, nil), nil)
		path += "/x"
	}
	fs := []*future.Future[*zk.Stat]{c.Exists(t.Context(), "/0"), c.Exists(t.Context(), "/missing")}
	frames := tap(p)
	resume(t, p)
	s.check(t)
	must(t, future.All(fs...))
	seen := frames.requests()
	if len(seen) != count+len(fs) {
		t.Fatalf("%d requests, want %d", len(seen), count+len(fs))
	}
	for i, r := range seen {
		if r.xid != int32(i+1) {
			t.Fatalf("request %d has xid %d", i, r.xid)
		}
	}
}

// Bytes are lost in one direction only, and neither side is told.
func TestOutage_HalfOpenConnection(t *testing.T) {
	t.Parallel()
	for _, dir := range []zkproxy.Direction{zkproxy.ToServer, zkproxy.ToClient} {
		t.Run(dir.String(), func(t *testing.T) {
			t.Parallel()
			c, twin, p := proxied(t, zkasync.WithSessionTimeout(shortSession))
			changes := c.States(testContext(t))
			p.Drop(dir, true)
			begin := startStopwatch(t)
			made := c.Create(t.Context(), "/a", nil)
			fails(t, made, zkasync.ErrConnectionLoss, zkasync.ErrOutcomeUnknown)
			if took, limit := begin.took(time.Now()), shortSession*2/3+500*time.Millisecond; took > limit {
				t.Errorf("found after %v, want no more than %v", took, limit)
			}
			nextState(t, changes, zkasync.StateSuspended)
			p.Heal()
			nextState(t, changes, zkasync.StateConnected)
			must(t, c.Sync(t.Context(), "/"))
			applied := must(t, twin.Exists(t.Context(), "/a")) != nil
			if want := dir == zkproxy.ToClient; applied != want {
				t.Errorf("applied: %v, want %v", applied, want)
			}
		})
	}
}

func TestOutage_SubmittingNeverBlocks(t *testing.T) {
	t.Parallel()
	const count = 1000
	c, _, p := proxied(t)
	for _, dir := range []zkproxy.Direction{zkproxy.ToServer, zkproxy.ToClient} {
		p.Hold(dir, true)
	}
	big := make([]byte, 64<<10)
	fs := make([]*future.Future[zkasync.Created], count)
	within(t, 5*time.Second, "submitting 64 MB", func() {
		for i := range fs {
			fs[i] = c.Create(t.Context(), fmt.Sprintf("/%d", i), big)
		}
	})
	p.Cut()
	for i, r := range must(t, future.Settle(fs...)) {
		if !errors.Is(r.Err, zkasync.ErrConnectionLoss) {
			t.Fatalf("operation %d: %v", i, r.Err)
		}
	}
	p.Heal()
	must(t, c.Exists(t.Context(), "/"))
}
