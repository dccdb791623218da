package zkasync_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// room is how many events the channel of a subscription holds before they are coalesced.
const room = 16

// createEach creates /0, /1, ... in order.
func createEach(t testing.TB, c *zkasync.Client, n int) {
	t.Helper()
	var made []*future.Future[zkasync.Created]
	for i := range n {
		made = append(made, c.Create(t.Context(), fmt.Sprintf("/%d", i), nil))
	}
	must(t, future.All(made...))
}

func setEach(t testing.TB, c *zkasync.Client, n, rounds int) {
	t.Helper()
	ctx := testContext(t)
	for range rounds {
		var set []*future.Future[zk.Stat]
		for i := range n {
			set = append(set, c.Set(ctx, fmt.Sprintf("/%d", i), nil, zkasync.AnyVersion))
		}
		if _, err := future.All(set...).Get(ctx); err != nil {
			t.Fatal(err)
		}
	}
}

// Nobody reads the events of a subscription or a Live value. Nothing else blocks, the latest event of each path is kept, and the memory
// does not grow with the number of events.
func TestSlowReader_NobodyReadsTheEvents(t *testing.T) {
	needsAddWatch(t)
	const paths, rounds = 50, 200
	c := rooted(t)
	tree := must(t, c.AddWatch(t.Context(), "/", zkasync.PersistentRecursive))
	held := must(t, c.AddWatch(t.Context(), "/", zkasync.PersistentRecursive))
	held.C() // the channel exists, but nobody reads it
	live := c.WatchData(t.Context(), "/0")
	createEach(t, c, paths)
	setEach(t, c, paths, rounds)
	before := heapInUse()
	setEach(t, c, paths, rounds)
	after := heapInUse()
	const slack = 1 << 20
	if t.Logf("heap before %d, after %d", before, after); after > before+slack {
		t.Errorf("%d events that nobody reads take %d bytes", paths*rounds, after-before)
	}
	for i, s := range []*zkasync.Subscription{tree, held} {
		inHand := i // the goroutine that feeds the channel holds one event, which may be an old one
		events := nextEvents(t, s, room+paths+inHand)
		for i := range room {
			if got, want := eventLine(events[i]), fmt.Sprintf("created /%d", i); got != want {
				t.Errorf("event %d is %q, want %q", i, got, want)
			}
		}
		for i, e := range events[room+inHand:] {
			if got, want := eventLine(e), fmt.Sprintf("changed /%d", i); got != want {
				t.Errorf("waiting event %d is %q, want %q", i, got, want)
			}
		}
		noMoreEvents(t, c, s)
	}
	if r := <-live.C(); r.Value.Stat.Version != 2*rounds {
		t.Errorf("version %d, want the last, %d", r.Value.Stat.Version, 2*rounds)
	}
}

func TestSlowReader_TooManyPathsBecomeOneResync(t *testing.T) {
	t.Parallel()
	needsAddWatch(t)
	const limit, many = 5, 100
	c := rooted(t)
	s := must(t, c.AddWatch(t.Context(), "/", zkasync.PersistentRecursive, zkasync.CoalesceEvents(limit)))
	createEach(t, c, many)
	events := nextEvents(t, s, room)
	if got, want := eventLine(events[room-1]), fmt.Sprintf("created /%d", room-1); got != want {
		t.Errorf("event %q, want %q", got, want)
	}
	wantResync(t, s, "/", zkasync.ErrSlowReader)
	kept := 0
	for last := ""; last != fmt.Sprintf("created /%d", many-1); kept++ {
		last = eventLine(nextEvents(t, s, 1)[0])
	}
	if kept > limit {
		t.Errorf("%d events after the resync, want at most %d", kept, limit)
	}
	noMoreEvents(t, c, s)
}

// The list of children and the data of a znode change independently, so an event about one does not replace an event about the other.
func TestSlowReader_CoalescesByPathAndKind(t *testing.T) {
	t.Parallel()
	needsAddWatch(t)
	c := rooted(t)
	must(t, c.Create(t.Context(), "/a", nil))
	s := must(t, c.AddWatch(t.Context(), "/a", zkasync.Persistent))
	for range room {
		must(t, c.Set(t.Context(), "/a", nil, zkasync.AnyVersion))
	}
	must(t, c.Set(t.Context(), "/a", nil, zkasync.AnyVersion))
	must(t, c.Create(t.Context(), "/a/x", nil))
	must(t, c.Delete(t.Context(), "/a/x", zkasync.AnyVersion))
	must(t, c.Delete(t.Context(), "/a", zkasync.AnyVersion))
	nextEvents(t, s, room)
	wantEvents(t, s, "children /a", "deleted /a")
	noMoreEvents(t, c, s)
}

func TestSlowReader_FullBufferEndsTheSubscription(t *testing.T) {
	t.Parallel()
	needsAddWatch(t)
	const limit = 8
	c, _, p := proxied(t)
	frames := tap(p)
	s := must(t, c.AddWatch(t.Context(), "/", zkasync.PersistentRecursive, zkasync.BufferEvents(limit)))
	createEach(t, c, limit)
	must(t, c.Sync(t.Context(), "/"))
	if s.Err() != nil {
		t.Errorf("ended with the buffer just full: %v", s.Err())
	}
	must(t, c.Create(t.Context(), "/last", nil))
	must(t, c.Create(t.Context(), "/lost", nil))
	<-s.Done()
	wantErr(t, s.Err(), zkasync.ErrSlowReader)
	for i := range limit {
		wantEvents(t, s, fmt.Sprintf("created /%d", i))
	}
	wantEvents(t, s, "created /last")
	noMoreEventsBut(t, c, s)
	if !slices.ContainsFunc(frames.requests(), func(r sent) bool { return r.op == opRemoveWatches }) {
		t.Error("the server's watch was not removed")
	}
}

// A slow reader that catches up gets everything, in order.
func TestSlowReader_CatchesUp(t *testing.T) {
	t.Parallel()
	needsAddWatch(t)
	const many = 500
	c := rooted(t)
	s := must(t, c.AddWatch(t.Context(), "/", zkasync.PersistentRecursive))
	for half := range 2 {
		for i := range many {
			must(t, c.Create(t.Context(), fmt.Sprintf("/%d-%d", half, i), nil))
		}
		n := 0
		for e, err := range s.All(testContext(t)) {
			if err != nil {
				t.Fatal(err)
			}
			if got, want := eventLine(e), fmt.Sprintf("created /%d-%d", half, n); got != want {
				t.Fatalf("event %q, want %q", got, want)
			}
			if n++; n == many {
				break
			}
		}
	}
	noMoreEvents(t, c, s)
}

// After Close, the last event can still be read, and the goroutine that waits for the reader has ended.
func TestSlowReader_CloseKeepsTheLastEvent(t *testing.T) {
	t.Parallel()
	needsAddWatch(t)
	const many = 100
	for _, asked := range []bool{false, true} {
		c := rooted(t)
		s := must(t, c.AddWatch(t.Context(), "/", zkasync.PersistentRecursive))
		if asked {
			s.C()
		}
		createEach(t, c, many)
		must(t, c.Sync(t.Context(), "/"))
		s.Close()
		n, last := 0, zkasync.Event{}
		for e := range s.C() {
			n, last = n+1, e
		}
		if n != room || eventLine(last) != fmt.Sprintf("created /%d", many-1) {
			t.Errorf("%d events, the last one %q", n, eventLine(last))
		}
	}
}

func TestSubscription_AllEndsWithItsContext(t *testing.T) {
	t.Parallel()
	needsAddWatch(t)
	c := rooted(t)
	s := must(t, c.AddWatch(t.Context(), "/", zkasync.PersistentRecursive))
	createEach(t, c, 3)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	var last error
	for _, last = range s.All(ctx) {
		if n++; n == 2 {
			cancel()
		}
	}
	if n != 3 || last != context.Canceled || s.Err() != nil {
		t.Errorf("%d pairs, the last with %v, error %v", n, last, s.Err())
	}
	wantEvents(t, s, "created /2")
}
