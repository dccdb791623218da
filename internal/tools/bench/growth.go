package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/zkasync"
)

// growthTable says how the cost of an operation depends on the number of something.
type growthTable struct {
	title string
	note  string
	of    string // what is counted
	rows  []growthRow
}

type growthRow struct {
	n        int
	cpu      float64 // nanoseconds per operation
	bytes    float64 // allocated per operation
	allocs   float64
	held     float64 // bytes alive for each of the n, or notAsked
	routines int     // goroutines while there were n
}

// growthPending identifies the table of pending operations.
const growthPending = "pending"

// measureGrowth uses the replay server, so that any growth is the client's.
func (r *report) measureGrowth(ctx context.Context) error {
	for _, measure := range []func(context.Context, string) (growthTable, error){
		r.pendingGrowth, r.watchGrowth, r.submitterGrowth,
	} {
		t, err := measure(ctx, r.servers.replaying(zkpeer.Replay{DataSize: base.size}))
		if err != nil {
			return err
		}
		r.growth = append(r.growth, t)
		for _, g := range t.rows {
			fmt.Printf("BenchmarkGrowth/%s=%d 1 %.1f cpu-ns/op %.1f B/op %.2f allocs/op %d goroutines\n",
				t.of, g.n, g.cpu, g.bytes, g.allocs, g.routines)
		}
	}
	return nil
}

// dam is a connection that holds back the server's answers, so that any number of operations can be pending.
type dam struct {
	net.Conn
	gate *atomic.Pointer[chan struct{}]
}

func (d dam) Read(p []byte) (int, error) {
	n, err := d.Conn.Read(p)
	if gate := d.gate.Load(); gate != nil {
		<-*gate
	}
	return n, err
}

// pendingGrowth submits n gets, none of which is answered before all are submitted.
func (r *report) pendingGrowth(ctx context.Context, addr string) (growthTable, error) {
	t := growthTable{
		title: "Pending operations", of: growthPending,
		note: "n gets of 100 B are submitted while nothing is answered, then all are answered. Held: bytes alive per get that waits. " +
			"Below a few hundred the cost is that of waking goroutines, which the operations of a batch share.",
	}
	var gate atomic.Pointer[chan struct{}]
	c, err := newAsync(ctx, addr, zkasync.WithDialer(func(ctx context.Context, network, address string) (net.Conn, error) {
		sock, err := (&net.Dialer{}).DialContext(ctx, network, address)
		return dam{sock, &gate}, err
	}))
	if err != nil {
		return t, err
	}
	defer c.close()
	for _, n := range []int{1, 10, 100, 1_000, 10_000, 100_000, 1_000_000} {
		row, err := c.bursts(&gate, n, r.time)
		if err != nil {
			return t, err
		}
		t.rows = append(t.rows, row)
	}
	return t, nil
}

func (a *async) bursts(gate *atomic.Pointer[chan struct{}], n int, d time.Duration) (growthRow, error) {
	b := burst{a: a, gate: gate, n: n, path: dataPath(base.size), over: make(chan struct{}, 1)}
	b.done = b.callback
	b.run(nil) // grows the queues
	row := growthRow{n: n}
	before := aliveNow()
	b.run(func() {
		row.held = heldBy(n, before)
		row.routines = runtime.NumGoroutine()
	})
	start, ops := usageNow(), int64(0)
	for end := time.Now().Add(d); time.Now().Before(end); ops += int64(n) {
		b.run(nil)
	}
	c := start.to(usageNow(), ops)
	row.cpu, row.bytes, row.allocs = c.cpu, c.bytes, c.allocs
	return row, b.err
}

// burst is n gets that are pending at the same time.
type burst struct {
	a    *async
	gate *atomic.Pointer[chan struct{}]
	n    int
	path string
	done func(zkasync.Node, error)
	over chan struct{}
	left int   // callbacks that have not run; used by the callbacks, which run one at a time
	err  error // likewise used by the callbacks
}

func (b *burst) callback(_ zkasync.Node, err error) {
	if err != nil {
		b.err = err
	}
	if b.left--; b.left == 0 {
		b.over <- struct{}{}
	}
}

func (b *burst) run(pending func()) {
	closed := make(chan struct{})
	b.gate.Store(&closed)
	b.left = b.n
	for range b.n {
		b.a.c.Get(b.a.ctx, b.path).OnDone(b.done)
	}
	if pending != nil {
		pending()
	}
	b.gate.Store(nil)
	close(closed)
	<-b.over
}

// aliveNow returns the size of all reachable objects on the heap.
func aliveNow() int64 {
	runtime.GC()
	runtime.GC() // the first one leaves what is in a sync.Pool alive
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	return int64(mem.HeapAlloc)
}

// heldBy returns how much has become alive since before, divided by n. If n is small, other objects would hide the figure.
func heldBy(n int, before int64) float64 {
	if n < 1_000 {
		return notAsked
	}
	return float64(aliveNow()-before) / float64(n)
}

// notAsked means that there is no figure.
const notAsked = -1

// watchGrowth measures the base point while there are n one-shot watches.
func (r *report) watchGrowth(ctx context.Context, addr string) (growthTable, error) {
	t := growthTable{
		title: "Watches", of: "watches",
		note: "The base point while n one-shot watches are registered, each on a znode of its own. Held: bytes alive per watch, its path " +
			"of 22 B, its value and its future included.",
	}
	c, err := newAsync(ctx, addr)
	if err != nil {
		return t, err
	}
	defer c.close()
	before := aliveNow()
	var watched []*future.Future[zkasync.Watched[zkasync.Node]]
	for _, n := range []int{1, 10, 100, 1_000, 10_000, 100_000} {
		for i := len(watched); i < n; i++ {
			watched = append(watched, c.c.GetW(ctx, fmt.Sprintf("/bench/watched-%06d", i)))
		}
		if _, err := future.All(watched...).Get(ctx); err != nil {
			return t, err
		}
		held := heldBy(n, before)
		row, err := growthAt(c, base, n, r.time)
		if err != nil {
			return t, err
		}
		row.held = held
		t.rows = append(t.rows, row)
	}
	for _, w := range watched { // this also keeps them alive until here
		if !w.Ready() {
			return t, errors.New("a watch was not registered")
		}
	}
	return t, nil
}

// submitterGrowth measures the base point with n goroutines that submit.
func (r *report) submitterGrowth(ctx context.Context, addr string) (growthTable, error) {
	t := growthTable{
		title: "Submitting goroutines", of: "submitters",
		note: "The base point, its depth shared by n goroutines that submit.",
	}
	c, err := newAsync(ctx, addr)
	if err != nil {
		return t, err
	}
	defer c.close()
	for _, n := range []int{1, 2, 4, 8, 16, 32, 64} {
		p := base
		p.submitters = n
		row, err := growthAt(c, p, n, r.time)
		if err != nil {
			return t, err
		}
		row.held = notAsked
		t.rows = append(t.rows, row)
	}
	return t, nil
}

// growthRounds is how many times a point is measured. The median counts.
const growthRounds = 3

func growthAt(c client, p point, n int, d time.Duration) (growthRow, error) {
	var all costs
	for range growthRounds {
		spent, err := measureWith(c, 0, clientAsync, p, d)
		if err != nil {
			return growthRow{}, err
		}
		all = append(all, spent)
	}
	return growthRow{
		n: n, cpu: all.of(cpu).median(), bytes: all.of(bytesOf).median(), allocs: all.of(allocs).median(),
		routines: int(all.of(goroutines).median()),
	}, nil
}
