package zkasync_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// leaderFirst returns the leader of an ensemble, and a connection string that begins with it, for a client that does not shuffle.
func leaderFirst(t testing.TB, e *zkserver.Ensemble) (leader *zkserver.Server, servers string) {
	t.Helper()
	leader, err := e.Leader(testContext(t))
	mustDo(t, err)
	addrs := []string{leader.Addr()}
	for _, s := range e.Servers() {
		if s != leader {
			addrs = append(addrs, s.Addr())
		}
	}
	return leader, strings.Join(addrs, ",")
}

// gaps measures the longest time without a success.
type gaps struct {
	mu      sync.Mutex
	last    time.Time
	longest time.Duration
}

func newGaps() *gaps { return &gaps{last: time.Now()} }

func (g *gaps) success() {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	g.longest, g.last = max(g.longest, now.Sub(g.last)), now
}

func (g *gaps) result() time.Duration {
	g.success()
	return g.longest
}

// The leader is killed under 200 operations a second. go-zookeeper goes through the same, for comparison.
func TestEnsemble_LeaderKilled(t *testing.T) {
	t.Parallel()
	const perSecond, lasts, session = 200, 6 * time.Second, 6 * time.Second
	e := check.Ensemble(t, whyElections)
	leader, servers := leaderFirst(t, e)
	c := connect(t, servers, zkasync.WithShuffle(false), zkasync.WithSessionTimeout(session))
	theirs, _, err := zk.Connect(strings.Split(servers, ","), session, zk.WithLogInfo(false), zk.WithLogger(noLog{}))
	mustDo(t, err)
	defer theirs.Close()
	poll(t, "go-zookeeper connected", func() bool { return theirs.State() == zk.StateHasSession })
	before := c.Session().ID
	changes := c.States(testContext(t))

	stop := make(chan struct{})
	var wg sync.WaitGroup
	theirGaps, both := newGaps(), startStopwatch(t)
	wg.Go(func() { getBlocking(theirs, theirGaps, perSecond, stop) })
	ours := &steady{gaps: newGaps()}
	wg.Go(func() { ours.get(t, c, perSecond, stop) })
	<-ours.after(perSecond / 2)
	mustDo(t, leader.Kill())
	over := time.NewTimer(lasts)
	<-over.C
	close(stop)
	wg.Wait()
	_ = future.Settle(ours.all...)
	nextState(t, changes, zkasync.StateConnected)

	losses := 1
	for len(changes) > 0 {
		if change := <-changes; change.State == zkasync.StateSuspended {
			losses++
		}
	}
	failed := 0
	for _, f := range ours.all {
		if outcome(t, f) != nil {
			failed++
			fails(t, f, zkasync.ErrConnectionLoss)
		}
	}
	const inFlight = perSecond / 4 // a quarter of a second of them, although reads are answered in milliseconds
	if failed > losses*inFlight {
		t.Errorf("%d of %d operations failed in %d losses: more than were in flight", failed, len(ours.all), losses)
	}
	if after := c.Session().ID; after != before {
		t.Errorf("session %#x, want still %#x", after, before)
	}
	stalls := time.Since(both.begin) - both.took(time.Now())
	if mine, other := ours.gaps.result(), theirGaps.result(); mine > other+slack+stalls {
		t.Errorf("a gap of %v, go-zookeeper's is %v", mine, other)
	} else {
		t.Logf("a gap of %v, go-zookeeper's is %v; %d of %d failed", mine, other, failed, len(ours.all))
	}
}

type noLog struct{}

func (noLog) Printf(string, ...any) {}

// steady submits reads at a constant rate.
type steady struct {
	gaps *gaps
	n    atomic.Int64

	mu      sync.Mutex
	all     []*future.Future[zkasync.Node] // valid when get has returned
	waiting int64
	reached chan struct{}
}

func (s *steady) get(t *testing.T, c *zkasync.Client, perSecond int, stop <-chan struct{}) {
	ctx := testContext(t)
	tick := time.NewTicker(time.Second / time.Duration(perSecond))
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		f := c.Get(ctx, "/")
		s.all = append(s.all, f)
		f.OnDone(func(_ zkasync.Node, err error) {
			if err == nil {
				s.gaps.success()
				s.count()
			}
		})
	}
}

// after returns a channel that is closed when n reads have succeeded.
func (s *steady) after(n int64) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting, s.reached = n, make(chan struct{})
	return s.reached
}

func (s *steady) count() {
	n := s.n.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reached != nil && n >= s.waiting {
		close(s.reached)
		s.reached = nil
	}
}

// getBlocking reads at a rate through go-zookeeper, with a goroutine for each read.
func getBlocking(conn *zk.Conn, g *gaps, perSecond int, stop <-chan struct{}) {
	tick := time.NewTicker(time.Second / time.Duration(perSecond))
	defer tick.Stop()
	var wg sync.WaitGroup
	defer wg.Wait()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		wg.Go(func() {
			if _, _, err := conn.Get("/"); err == nil {
				g.success()
			}
		})
	}
}

// The leader, which the client is connected to, is frozen for longer than the session timeout.
func TestEnsemble_LeaderFrozen(t *testing.T) {
	t.Parallel()
	const session = 4 * time.Second
	e := check.Ensemble(t, whyElections)
	leader, servers := leaderFirst(t, e)
	c := connect(t, servers, zkasync.WithShuffle(false), zkasync.WithSessionTimeout(session))
	before := c.Session().ID
	changes := c.States(testContext(t))
	must(t, c.Create(testContext(t), "/mine", nil, zkasync.Ephemeral()))
	mustDo(t, leader.Freeze())
	frozen := startStopwatch(t)
	pending := gets(testContext(t), c, manyPending)
	nextState(t, changes, zkasync.StateSuspended)
	if took := frozen.took(time.Now()); took > silence(session)+slack {
		t.Errorf("the loss was noticed after %v", took)
	}
	waiting := c.Exists(testContext(t), "/mine")
	_, err := e.Leader(testContext(t)) // an election may take any time, which does not count
	mustDo(t, err)
	elected := startStopwatch(t)
	connected := nextState(t, changes, zkasync.StateConnected)
	if took := elected.took(time.Now()); took > session/3+time.Second {
		t.Errorf("another server was found after %v, want %v at the most", took, session/3+time.Second)
	}
	if connected.SessionID != before {
		t.Errorf("session %#x, want still %#x", connected.SessionID, before)
	}
	for _, f := range pending {
		fails(t, f, zkasync.ErrConnectionLoss)
	}
	if st := must(t, waiting); st == nil || st.EphemeralOwner != before {
		t.Errorf("the ephemeral znode is %+v", st)
	}
	mustDo(t, leader.Continue())
}

// Two of three servers are killed and come back.
func TestEnsemble_QuorumLost(t *testing.T) {
	t.Parallel()
	e := check.Ensemble(t, whyElections)
	c := connect(t, e.ConnectString(), zkasync.WithSessionTimeout(shortSession))
	changes := c.States(testContext(t))
	before := c.Session().ID
	event := must(t, c.ChildrenW(testContext(t), "/")).Event
	servers := e.Servers()
	for _, s := range servers[:2] {
		mustDo(t, s.Kill())
	}
	poll(t, "no quorum", func() bool {
		_, err := zkasync.ServerStats(testContext(t), servers[2].Addr())
		return errors.Is(err, zkasync.ErrNotServing) && c.State() == zkasync.StateSuspended
	})
	var waiting []*future.Future[zkasync.Created]
	for range 100 {
		waiting = append(waiting, c.Create(testContext(t), "/n-", nil, zkasync.Sequential()))
	}
	nextState(t, changes, zkasync.StateLost)
	if i := slices.IndexFunc(waiting, (*future.Future[zkasync.Created]).Ready); i >= 0 {
		t.Fatalf("create %d did not wait: %v", i, outcome(t, waiting[i]))
	}
	var wg sync.WaitGroup
	for _, s := range servers[:2] {
		wg.Go(func() {
			if err := s.Restart(testContext(t)); err != nil {
				t.Error(err)
			}
		})
	}
	after := nextState(t, changes, zkasync.StateConnected).SessionID
	wg.Wait()
	for i, f := range waiting {
		switch err := outcome(t, f); {
		case after == before && err != nil:
			t.Fatalf("create %d, in the session that goes on: %v", i, err)
		case after != before:
			fails(t, f, zkasync.ErrSessionExpired, zkasync.ErrNotSent)
		}
	}
	must(t, c.Create(testContext(t), "/after", nil))
	if after == before {
		must(t, event)
		return
	}
	fails(t, event, zkasync.ErrSessionExpired)
}
