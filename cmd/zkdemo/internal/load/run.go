package load

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// Client is a client to measure.
type Client interface {
	Name() string
	// run keeps depth requests in flight until lim is over, and returns when all have been answered.
	run(ctx context.Context, w *Work, depth int, lim limit, r *recorder) (done int64, err error)
}

// Plan says what to measure.
type Plan struct {
	Op     Op
	Depth  int           // requests in flight
	Size   int           // bytes of a znode's data
	Keys   int           // znodes to read or write
	Count  int64         // requests of each client in all rounds; 0: any number
	For    time.Duration // time of each client in all rounds; 0: no limit
	Rounds int           // turns that each client takes; Count and For are divided among them
	Root   string        // a znode that does not exist yet; it is deleted at the end
}

// Measure is what one client did in all of its rounds.
type Measure struct {
	Client   string
	Ops      int64
	Elapsed  time.Duration
	CPU      time.Duration
	CPUKnown bool // false if the system does not tell
	Allocs   uint64
	Bytes    uint64 // allocated
	Latency  *hdrhistogram.Histogram
}

// Run creates the plan's znodes through c, lets the clients take turns, and deletes the znodes. It calls turn before each
// turn. If it fails, it also returns what has been measured before.
func Run(ctx context.Context, c *zkasync.Client, p Plan, clients []Client, turn func(round int, client string)) (_ []Measure, err error) {
	w := newWork(p.Op, p.Root, p.Keys, p.Size)
	defer func() {
		if cause := context.Cause(ctx); err != nil && cause != nil && !errors.Is(err, cause) {
			err = fmt.Errorf("%w: %w", cause, err) // err may only say that a request's context has ended
		}
		if cleanErr := clean(ctx, c, p.Root); err == nil {
			err = cleanErr
		}
	}()
	if err := prepare(ctx, c, w, p.Root); err != nil {
		return nil, fmt.Errorf("preparing %s: %w", p.Root, err)
	}
	measures := make([]Measure, len(clients))
	for i, client := range clients {
		measures[i] = Measure{Client: client.Name(), Latency: newHistogram(), CPUKnown: true}
	}
	for round := range p.Rounds {
		for i, client := range clients {
			turn(round, client.Name())
			if err := measures[i].add(ctx, client, w, p, round); err != nil {
				return measures, fmt.Errorf("%s: %w", client.Name(), err)
			}
		}
	}
	return measures, nil
}

// add lets client take its turn and adds what it did.
func (m *Measure) add(ctx context.Context, client Client, w *Work, p Plan, round int) error {
	lim := limit{count: share(p.Count, p.Rounds, round)}
	r := newRecorder()
	runtime.GC() // so that one client does not collect the garbage of another
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpuBefore, known := cpuTime()
	started := time.Now()
	if p.For > 0 {
		lim.until = started.Add(p.For / time.Duration(p.Rounds))
	}
	done, err := client.run(ctx, w, p.Depth, lim, r)
	m.Elapsed += time.Since(started)
	cpuAfter, _ := cpuTime()
	runtime.ReadMemStats(&after)
	r.addTo(m.Latency)
	m.Ops += done
	m.CPU += cpuAfter - cpuBefore
	m.CPUKnown = m.CPUKnown && known
	m.Allocs += after.Mallocs - before.Mallocs
	m.Bytes += after.TotalAlloc - before.TotalAlloc
	return err
}

// share returns the part of total that round has to do. The parts of all rounds add up to total.
func share(total int64, rounds, round int) int64 {
	n := int64(rounds)
	part := total / n
	if int64(round) < total%n {
		part++
	}
	return part
}

const (
	setupDepth  = 256
	setupBytes  = 16 << 20
	cleanupTime = 30 * time.Second
)

// prepare creates the znodes that the work reads or writes, or creates others below.
func prepare(ctx context.Context, c *zkasync.Client, w *Work, root string) error {
	if _, err := c.EnsurePath(ctx, root).Get(ctx); err != nil {
		return err
	}
	create := func(data []byte) func(context.Context, string) *future.Future[zkasync.Created] {
		return func(ctx context.Context, path string) *future.Future[zkasync.Created] {
			return c.Create(ctx, path, data)
		}
	}
	if _, err := future.Each(ctx, setupDepth, w.folders, create(nil)).Get(ctx); err != nil {
		return err
	}
	depth := min(setupDepth, setupBytes/max(len(w.data), 1))
	_, err := future.Each(ctx, depth, w.keys, create(w.data)).Get(ctx)
	return err
}

// clean deletes the work's znodes, even if ctx has ended.
func clean(ctx context.Context, c *zkasync.Client, root string) error {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
	defer stop()
	if _, err := c.DeleteAll(ctx, root).Get(ctx); err != nil && !errors.Is(err, zk.ErrNoNode) {
		return fmt.Errorf("%s is left behind: %w", root, err)
	}
	return nil
}
