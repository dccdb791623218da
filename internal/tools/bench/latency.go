package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// latencyRow says how long operations took when they came at a fixed rate, however fast the client was.
type latencyRow struct {
	server, client string
	share          int     // of the client's own ceiling, in percent
	rate           float64 // operations per second
	h              *hdrhistogram.Histogram
}

// shares of the ceiling at which latencies are measured, in percent.
var shares = []int{20, 50, 80}

// latencyTime is how many times longer an open loop runs than a closed one, so that even 0.1 % of its operations are enough for a
// figure.
const latencyTime = 3

// measureLatency gives each client shares of its own ceiling, which is its throughput at the base point: that of this run, or one
// that is measured for the purpose.
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
	if _, err := openLoop(c, x.rate, r.time/2); err != nil { // to warm up
		return err
	}
	h, err := openLoop(c, x.rate, latencyTime*r.time)
	if err == nil {
		x.h.Merge(h)
	}
	return err
}

// tick is how often the operations that are due are submitted.
const tick = 100 * time.Microsecond

// openLoop submits operations at a fixed rate for d. It measures latency from the time at which an operation was due, so that
// operations that wait behind a slow one are counted in full (coordinated omission).
func openLoop(c client, rate float64, d time.Duration) (*hdrhistogram.Histogram, error) {
	wait, stop, err := newTicks(tick)
	if err != nil {
		return nil, err
	}
	defer stop()
	l, h := newLoad(base), newHistogram()
	var mu sync.Mutex // operations of go-zookeeper end on several goroutines
	var running sync.WaitGroup
	start := time.Now()
	submit := c.submitter(l, func(i int, err error) {
		due := time.Duration(float64(i) / rate * 1e9)
		took := time.Since(start) - due
		l.fail(err)
		mu.Lock()
		l.fail(h.RecordValue(int64(took))) // fails if took is negative or above a minute
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
