package main

import (
	"context"
	"fmt"
	"runtime"
	"time"
)

// measure connects a client, warms it up, and measures a point for d.
func measure(ctx context.Context, kind, addr string, p point, d time.Duration) (cost, error) {
	return measureBeside(ctx, 0, kind, addr, p, d)
}

// measureBeside is measure that also tells the processor time of the server, a process on this machine.
func measureBeside(ctx context.Context, server int, kind, addr string, p point, d time.Duration) (cost, error) {
	c, err := connect(ctx, kind, addr)
	if err != nil {
		return cost{}, fmt.Errorf("%s: connect: %w", kind, err)
	}
	defer c.close()
	return measureWith(c, server, kind, p, d)
}

func measureWith(c client, server int, kind string, p point, d time.Duration) (cost, error) {
	warm := newLoad(p)
	warm.during(d/4, c.run)
	if err := warm.failure(); err != nil {
		return cost{}, fmt.Errorf("%s: %s: %w", kind, p.name(), err)
	}
	runtime.GC()
	l, running := newLoad(p), make(chan float64, 1)
	middle := time.AfterFunc(d/2, func() { running <- float64(runtime.NumGoroutine()) })
	defer middle.Stop()
	before, beside := usageNow(), cpuTimeOf(server)
	l.during(d, c.run)
	spent := before.to(usageNow(), l.count.Load())
	spent.server = float64(cpuTimeOf(server)-beside) / float64(spent.ops)
	if err := l.failure(); err != nil {
		return cost{}, fmt.Errorf("%s: %s: %w", kind, p.name(), err)
	}
	spent.goroutines = <-running
	return spent, nil
}
