package zkasync_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// chase lets a client follow a znode that another client changes all the time, by a Live value and by a subscription, whatever
// the test does to both. The value must never go back. The events of the subscription are counted: whenever the client reads the
// znode, its version must be the number of events, unless there was a resync. Servers before 3.6 have no subscriptions, so there
// the value is all.
type chase struct {
	t          *testing.T
	c          *zkasync.Client
	value      *zkasync.Live[zkasync.Node]
	written    atomic.Int64 // changes that were acknowledged
	subscribed bool         // there is a subscription

	stop context.CancelFunc
	done sync.WaitGroup

	// Used by callbacks only, which run one at a time.
	version int32
	counted bool // version is valid
	events  int
	resyncs int
	checks  int
}

const chased = "/chased"

// newChase begins the chase. Both clients must have the same chroot.
func newChase(t *testing.T, c, writer *zkasync.Client) *chase {
	must(t, writer.Create(t.Context(), chased, nil))
	ctx, stop := context.WithCancel(t.Context())
	ch := &chase{t: t, c: c, value: c.WatchData(t.Context(), chased), stop: stop}
	if ch.subscribed = zkserver.Shared(t).Since("3.6"); ch.subscribed {
		must(t, c.AddWatch(t.Context(), chased, zkasync.Persistent, zkasync.OnEvent(ch.event)))
		c.Exists(t.Context(), "/").OnDone(func(*zk.Stat, error) { ch.look() }) // in the sequence of the events, as all that follows
	}
	ch.done.Add(2)
	go ch.write(ctx, writer)
	go ch.follow()
	t.Cleanup(func() {
		stop()
		ch.value.Close()
		ch.done.Wait()
	})
	return ch
}

// write changes the znode as fast as it can, one change at a time. A change that fails may have been applied.
func (ch *chase) write(ctx context.Context, writer *zkasync.Client) {
	defer ch.done.Done()
	for i := 0; ctx.Err() == nil; i++ {
		if _, err := writer.Set(ctx, chased, fmt.Append(nil, i), zkasync.AnyVersion).Get(ctx); err == nil {
			ch.written.Add(1)
		}
	}
}

// follow reads the Live value.
func (ch *chase) follow() {
	defer ch.done.Done()
	last := zk.Stat{Version: -1}
	for r, err := range ch.value.All(context.Background()) {
		if err != nil {
			return
		}
		if r.Err != nil || !r.Exists {
			ch.t.Errorf("value: %+v", r)
		}
		if r.Value.Stat.Version <= last.Version {
			ch.t.Errorf("version %d after %d", r.Value.Stat.Version, last.Version)
		}
		last = r.Value.Stat
	}
}

// event counts the events of the subscription.
func (ch *chase) event(e zkasync.Event) {
	ch.events++
	switch {
	case e.Resync:
		ch.resyncs++
		ch.counted = false
	case e.Type == zk.EventNodeDataChanged:
		ch.version++
	default:
		ch.t.Errorf("event %q", eventLine(e))
	}
	ch.look()
}

// look compares the version with the count. When its callback runs, the events that the server has sent before the reply have been
// counted. If the callback was linked after the reply had come, later events may have been counted too, so nothing is compared.
func (ch *chase) look() {
	var inTime bool
	f := ch.c.Get(context.Background(), chased)
	f.OnDone(func(n zkasync.Node, err error) {
		if err != nil {
			return
		}
		if ch.counted && inTime && n.Stat.Version != ch.version {
			ch.t.Errorf("version %d, counted %d after %d events", n.Stat.Version, ch.version, ch.events)
		}
		ch.version, ch.counted = n.Stat.Version, inTime
		ch.checks++
	})
	inTime = !f.Ready()
}

// goOn waits until n more changes have been acknowledged.
func (ch *chase) goOn(n int64) {
	ch.t.Helper()
	until := ch.written.Load() + n
	poll(ch.t, "changes", func() bool { return ch.written.Load() >= until })
}

// finish ends the changes. The client and the value must then get to the last one.
func (ch *chase) finish(twin *zkasync.Client, wantResyncs int) {
	ch.t.Helper()
	ch.stop()
	var last int32
	poll(ch.t, "the last version", func() bool {
		last = must(ch.t, twin.Get(ch.t.Context(), chased)).Stat.Version
		r, _ := ch.value.Latest()
		return r.Value.Stat.Version == last
	})
	if !ch.subscribed {
		ch.t.Logf("%d changes, no subscription: the server has none", last)
		return
	}
	read := make(chan struct{})
	poll(ch.t, "a connection", ch.c.Connected)
	must(ch.t, ch.c.Sync(ch.t.Context(), "/"))
	ch.c.Exists(ch.t.Context(), "/").OnDone(func(*zk.Stat, error) { // behind all events
		defer close(read)
		if ch.version != last {
			ch.t.Errorf("counted %d, the last version is %d", ch.version, last)
		}
		if ch.resyncs < wantResyncs {
			ch.t.Errorf("%d resyncs, want at least %d", ch.resyncs, wantResyncs)
		}
		ch.t.Logf("%d changes, %d events, %d resyncs, %d comparisons", last, ch.events, ch.resyncs, ch.checks)
	})
	<-read
}

// Connections are cut at random bytes while somebody writes.
func TestWatch_WatchesAcrossRandomCuts(t *testing.T) {
	t.Parallel()
	const cuts, frames, bytes = 20, 400, 60
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	c, twin, p := proxied(t, zkasync.WithSessionTimeout(10*time.Second))
	ch := newChase(t, c, twin)
	for range cuts {
		cut := p.CutAfter(zkproxy.Direction(rng.IntN(2)), rng.IntN(frames), rng.IntN(bytes))
		select {
		case <-cut:
		case <-time.After(wait):
			t.Fatal("no cut")
		}
		ch.goOn(rng.Int64N(20))
	}
	ch.finish(twin, 1)
}

// The server is killed and started again.
func TestWatch_WatchesAcrossRestarts(t *testing.T) {
	t.Parallel()
	s := check.Run(t)
	c, writer := connect(t, s.Addr()), connect(t, s.Addr())
	event := must(t, c.ExistsW(t.Context(), "/x")).Event
	ch := newChase(t, c, writer)
	const times = 2
	for range times {
		ch.goOn(100)
		if err := s.Kill(); err != nil {
			t.Fatal(err)
		}
		poll(t, "suspended", func() bool { return c.State() == zkasync.StateSuspended })
		if err := s.Restart(testContext(t)); err != nil {
			t.Fatal(err)
		}
		poll(t, "connected again", c.Connected)
	}
	ch.goOn(100)
	if event.Ready() {
		t.Error("a watch has fired without a change")
	}
	must(t, c.Create(t.Context(), "/x", nil))
	must(t, event)
	ch.finish(writer, times)
}

// The server that the client is connected to is killed, and then the next one is frozen.
func TestWatch_AcrossTheServersOfAnEnsemble(t *testing.T) {
	t.Parallel()
	e := check.Ensemble(t, whyElections)
	timeout := zkasync.WithSessionTimeout(6 * time.Second)
	c, writer := connect(t, e.ConnectString(), timeout), connect(t, e.ConnectString(), timeout)
	id := c.Session().ID
	ch := newChase(t, c, writer)
	ch.goOn(50)
	first := serverOf(t, c, e)
	if err := first.Kill(); err != nil {
		t.Fatal(err)
	}
	poll(t, "another server", func() bool { return c.Connected() && serverOf(t, c, e) != first })
	ch.goOn(50)
	if err := first.Restart(testContext(t)); err != nil {
		t.Fatal(err)
	}
	second := serverOf(t, c, e)
	if err := second.Freeze(); err != nil {
		t.Fatal(err)
	}
	poll(t, "another server", func() bool { return c.Connected() && serverOf(t, c, e) != second })
	ch.goOn(50)
	if err := second.Continue(); err != nil {
		t.Fatal(err)
	}
	ch.goOn(50)
	ch.finish(writer, 2)
	if c.Session().ID != id {
		t.Errorf("session %#x, want %#x", c.Session().ID, id)
	}
}

func serverOf(t testing.TB, c *zkasync.Client, e *zkserver.Ensemble) *zkserver.Server {
	t.Helper()
	addr := c.Conn().Server()
	for _, s := range e.Servers() {
		if s.Addr() == addr {
			return s
		}
	}
	t.Fatalf("no server %s", addr)
	return nil
}
