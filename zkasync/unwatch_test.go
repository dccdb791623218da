package zkasync_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/zkasync"
)

// Opcodes of requests about watches.
const opRemoveWatches, opSetWatches2, opAddWatch = 18, 105, 106

func TestUnwatch_EndsOneAndLeavesTheOthers(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	must(t, c.Create(t.Context(), "/a", nil))
	var events []*future.Future[zkasync.Event]
	for range 4 {
		events = append(events, must(t, c.GetW(t.Context(), "/a")).Event)
	}
	for _, i := range []int{2, 0} {
		if !c.Unwatch(events[i]) {
			t.Error("a watch was not given up")
		}
		if c.Unwatch(events[i]) {
			t.Error("a watch was given up twice")
		}
		fails(t, events[i], zkasync.ErrWatchRemoved)
	}
	must(t, c.Set(t.Context(), "/a", nil, 0))
	must(t, events[1])
	must(t, events[3])
	if c.Unwatch(events[1]) || c.Unwatch(nil) || c.Unwatch(future.Failed[zkasync.Event](zk.ErrNothing)) {
		t.Error("Unwatch has accepted a future that is not a watch")
	}
}

// Many watches are given up, while others stay. They leave no memory behind.
func TestUnwatch_HundredThousandLeaveNothing(t *testing.T) {
	check.NeedsProcess(t, "the heap is measured")
	c := rooted(t)
	must(t, c.Create(t.Context(), "/a", nil))
	stays := must(t, c.ExistsW(t.Context(), "/stays")).Event
	register(t, c, 1000) // buffers and blocks that the first ones allocate stay
	before := heapInUse()
	const n = 100_000
	register(t, c, n)
	after := heapInUse()
	const slack = 4 << 20 // the watches themselves would take many times that
	if t.Logf("heap before %d, after %d", before, after); after > before+slack {
		t.Errorf("%d watches given up leave %d bytes", n, after-before)
	}
	must(t, c.Create(t.Context(), "/stays", nil))
	must(t, stays)
}

// register sets n watches, on one path and on many, and gives them up.
func register(t *testing.T, c *zkasync.Client, n int) {
	t.Helper()
	var same []*future.Future[zkasync.Watched[zkasync.Node]]
	var others []*future.Future[zkasync.Watched[*zk.Stat]]
	for i := range n / 2 {
		same = append(same, c.GetW(t.Context(), "/a"))
		others = append(others, c.ExistsW(t.Context(), fmt.Sprintf("/none/%d", i)))
	}
	ctx, cancel := context.WithTimeout(t.Context(), wait) // calling must for each would keep a context for each
	defer cancel()
	for i := range same {
		data, err1 := same[i].Get(ctx)
		absent, err2 := others[i].Get(ctx)
		if err1 != nil || err2 != nil || !c.Unwatch(data.Event) || !c.Unwatch(absent.Event) {
			t.Fatal("not given up:", err1, err2)
		}
	}
}

func heapInUse() uint64 {
	var m runtime.MemStats
	for range 3 {
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Closed subscriptions and Live values leave nothing behind, either.
func TestWatch_ManyClosedLeaveNothing(t *testing.T) {
	needsAddWatch(t)
	c := rooted(t)
	stays := must(t, c.AddWatch(t.Context(), "/stays", zkasync.Persistent))
	follow := c.WatchChildren(t.Context(), "/")
	const n = 4000
	openAndClose(t, c, n) // buffers that grow stay
	before := heapInUse()
	openAndClose(t, c, n)
	after := heapInUse()
	const slack = 1 << 20
	if t.Logf("heap before %d, after %d", before, after); after > before+slack {
		t.Errorf("watches that were closed leave %d bytes", after-before)
	}
	must(t, c.Create(t.Context(), "/stays", nil))
	wantEvents(t, stays, "created /stays")
	for childrenLine(nextReading(t, follow)) != "[stays]" {
	}
}

func openAndClose(t *testing.T, c *zkasync.Client, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), wait)
	defer cancel()
	var adding []*future.Future[*zkasync.Subscription]
	var lives []*zkasync.Live[zkasync.Node]
	for i := range n {
		path := fmt.Sprintf("/none/%d", i)
		adding = append(adding, c.AddWatch(ctx, path, zkasync.AddWatchMode(i%2)))
		lives = append(lives, c.WatchData(ctx, path))
	}
	for i := range n {
		s, err := adding[i].Get(ctx)
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
		select {
		case <-lives[i].C():
		case <-ctx.Done():
			t.Fatal("no value")
		}
		lives[i].Close()
	}
	if _, err := c.Sync(ctx, "/").Get(ctx); err != nil { // the servers' watches are removed
		t.Fatal(err)
	}
}
