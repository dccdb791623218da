package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// latencyRow is how long operations took that came at a fixed rate, whatever the client made of them.
type latencyRow struct {
	server, client string
	share          int     // of the client's own ceiling, in percent
	rate           float64 // operations per second
	h              *hdrhistogram.Histogram
}

// shares of the ceiling at which latencies are measured, in percent.
var shares = []int{20, 50, 80}

// latencyTime is how many times longer than a closed loop an open loop runs, so that 0.1 % of it are enough to count.
const latencyTime = 3

// measureLatency has each client answer its share of its own ceiling, the base point's throughput: the one that it has in
// this run, or one measured for the purpose.
func (r *report) measureLatency(ctx context.Context) error {
	for _, server := range serverKinds {
		for _, kind := range clientKinds {
			if kind == clientBare || !r.filter.MatchString((&row{server: server, client: kind, point: base}).name()) {
				continue
			}
			x := r.row(server, kind, base)
			if len(x.costs) == 0 {
				if err := r.measurePoint(ctx, x); err != nil {
					return err
				}
			}
			for _, share := range shares {
				r.latency = append(r.latency, &latencyRow{
					server: server, client: kind, share: share,
					rate: x.of(perSecond).median() * float64(share) / 100,
					h:    newHistogram(),
				})
			}
		}
	}
	for range min(r.rounds, 3) {
		for _, x := range r.latency {
			if err := r.measureLatencyOf(ctx, x); err != nil {
				return fmt.Errorf("%s: %s: %w", x.server, x.client, err)
			}
		}
	}
	for _, x := range r.latency {
		fmt.Printf("BenchmarkLatency/server=%s/client=%s/load=%d%% %d %d p50-ns %d p99-ns %d p99.9-ns %.0f ops/s\n", x.server, x.client,
			x.share, x.h.TotalCount(), x.h.ValueAtQuantile(50), x.h.ValueAtQuantile(99), x.h.ValueAtQuantile(99.9), x.rate)
	}
	return nil
}

func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1_000, int64(time.Minute), 3)
}

func (r *report) measureLatencyOf(ctx context.Context, x *latencyRow) error {
	addr, err := r.servers.addr(ctx, x.server, base)
	if err != nil {
		return err
	}
	c, err := connect(ctx, x.client, addr)
	if err != nil {
		return err
	}
	defer c.close()
	if _, err := openLoop(c, x.rate, r.time/2); err != nil { // warms up
		return err
	}
	h, err := openLoop(c, x.rate, latencyTime*r.time)
	if err == nil {
		x.h.Merge(h)
	}
	return err
}

// tick is how often what is due is submitted.
const tick = 100 * time.Microsecond

// openLoop submits operations at a fixed rate for d. A latency counts from the moment when the operation was due, so that
// what waits behind a slow one is not left out (coordinated omission).
func openLoop(c client, rate float64, d time.Duration) (*hdrhistogram.Histogram, error) {
	wait, stop, err := newTicks(tick)
	if err != nil {
		return nil, err
	}
	defer stop()
	l, h := newLoad(base), newHistogram()
	var mu sync.Mutex // callers of go-zookeeper end on goroutines of their own
	var running sync.WaitGroup
	start := time.Now()
	submit := c.submitter(l, func(i int, err error) {
		due := time.Duration(float64(i) / rate * 1e9)
		took := time.Since(start) - due
		l.fail(err)
		mu.Lock()
		l.fail(h.RecordValue(int64(took))) // before it was due, or above a minute
		mu.Unlock()
		running.Done()
	})
	for n := 0; ; wait() {
		now := time.Since(start)
		if now >= d || l.stop.Load() {
			break
		}
		upTo := int(now.Seconds() * rate)
		running.Add(max(0, upTo-n))
		for ; n < upTo; n++ {
			submit(n)
		}
	}
	running.Wait()
	return h, l.failure()
}
