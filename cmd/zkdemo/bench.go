package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/load"
	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/screen"
	"github.com/zkasync/zkasync-go/zkasync"
)

// benchFlags say what to measure, and for how long.
type benchFlags struct {
	depth, size, keys, rounds int
	count                     int64
	duration                  time.Duration
	compare                   bool
}

const (
	defaultBenchTime  = 3 * time.Second
	compareRounds     = 3
	maxKeys           = 1_000_000
	benchSession      = 10 * time.Second
	benchRootPrefix   = "/zkdemo-bench-"
	requestOverhead   = 512 // room in a request for what is not data: path, ACL, frame
	maxBenchDataBytes = defaultMaxRequest - requestOverhead
)

func (a *app) benchCommand() *cobra.Command {
	var f benchFlags
	cmd := &cobra.Command{
		Use:   "bench [get|set|create]...",
		Short: "measure gets, sets and creates",
		Long: `Measures gets, sets and creates (all three, unless some are named) with many
requests in flight: throughput, latencies, and what a request costs this
process. --compare does the same work through go-zookeeper, with a goroutine for
each request in flight. The two take turns, so that other load on the machine
affects both.

A latency is the time from submitting a request to its answer. So with 1000
requests in flight it is mostly the time spent behind the 999 others; --depth 1
shows a single round trip. The znodes are created below /zkdemo-bench-…, and
deleted at the end.`,
		Example: `  zkdemo --local=zookeeper bench --compare
  zkdemo bench get --depth 1
  zkdemo bench create --count 100000 --size 1000 --json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			ops, err := parseOps(args)
			if err != nil {
				return err
			}
			if err := f.check(cmd.Flags().Changed("duration")); err != nil {
				return err
			}
			return a.bench(cmd.Context(), ops, f)
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&f.depth, "depth", defaultDepth, "keep `n` requests in flight")
	flags.IntVar(&f.size, "size", 100, "the size of each znode's data in `bytes`")
	flags.IntVar(&f.keys, "keys", 1000, "read and write `n` different znodes")
	flags.Int64Var(&f.count, "count", 0, "stop after `n` requests of each kind")
	flags.DurationVar(&f.duration, "duration", defaultBenchTime, "measure each kind for this long; with --count, the time is unlimited by default")
	flags.BoolVar(&f.compare, "compare", false, "do the same work through go-zookeeper with goroutines, and print the ratios")
	flags.IntVar(&f.rounds, "rounds", 0, "divide the work into `n` turns (default 3 with --compare, else 1)")
	return cmd
}

func parseOps(args []string) ([]load.Op, error) {
	if len(args) == 0 {
		return load.Ops, nil
	}
	var ops []load.Op
	for _, arg := range args {
		op, err := load.ParseOp(arg)
		if err != nil {
			return nil, usageError{err}
		}
		ops = append(ops, op)
	}
	return ops, nil
}

// check refuses values that cannot be measured with, and sets the defaults that depend on other flags.
func (f *benchFlags) check(durationGiven bool) error {
	if f.rounds == 0 {
		f.rounds = 1
		if f.compare {
			f.rounds = compareRounds
		}
	}
	if f.count != 0 && !durationGiven {
		f.duration = 0
	}
	switch {
	case f.depth < 1 || f.depth > maxDepth:
		return usagef("--depth %d: must be from 1 to %d", f.depth, maxDepth)
	case f.size < 0 || f.size > maxBenchDataBytes:
		return usagef("--size %d: must be from 0 to %d, the most that fits into one request", f.size, maxBenchDataBytes)
	case f.keys < 1 || f.keys > maxKeys:
		return usagef("--keys %d: must be from 1 to %d", f.keys, maxKeys)
	case f.rounds < 1:
		return usagef("--rounds %d: must be 1 or more", f.rounds)
	case f.count < 0:
		return usagef("--count %d: must be 1 or more, or 0 for any number", f.count)
	case f.count > 0 && f.count < int64(f.rounds):
		return usagef("--count %d: must be at least 1 for each of the %d rounds", f.count, f.rounds)
	case f.duration < 0 || f.duration == 0 && f.count == 0:
		return usagef("--duration %v: must be more than zero, unless --count says when to stop", f.duration)
	}
	return nil
}

func (a *app) bench(ctx context.Context, ops []load.Op, f benchFlags) error {
	if f.compare && a.flags.tls != nil {
		return usagef("--compare: go-zookeeper is measured without TLS; leave out --ca")
	}
	return a.withServers(ctx, func(ctx context.Context, servers string) error {
		return a.withClientOf(ctx, servers, func(c *zkasync.Client) error {
			clients := []load.Client{load.Async(c)}
			if f.compare {
				connecting, stop := a.patient(ctx)
				blocking, err := load.OpenBlocking(connecting, servers, benchSession, a.flags.credentials)
				stop()
				if err != nil {
					return connectError{err}
				}
				defer blocking.Close()
				clients = append(clients, blocking)
			}
			return a.benchAll(ctx, c, ops, f, clients)
		})
	})
}

func (a *app) benchAll(ctx context.Context, c *zkasync.Client, ops []load.Op, f benchFlags, clients []load.Client) error {
	summaries := []load.Summary{}
	for _, op := range ops {
		p := load.Plan{Op: op, Depth: f.depth, Size: f.size, Keys: f.keys, Count: f.count, For: f.duration, Rounds: f.rounds,
			Root: benchRootPrefix + rand.Text()}
		measures, err := load.Run(ctx, c, p, clients, a.announce(p))
		if err != nil {
			return fmt.Errorf("bench %s: %w", op, err)
		}
		for _, m := range measures {
			summaries = append(summaries, load.Summarize(p, m))
		}
		if !a.flags.json {
			a.showMeasures(p, measures)
		}
	}
	if a.flags.json {
		return printJSON(a.out, summaries)
	}
	return nil
}

// announce returns a function that says on a terminal whose turn it is. showMeasures clears that line.
func (a *app) announce(p load.Plan) func(round int, client string) {
	if !screen.IsTerminal(a.stderr) {
		return func(int, string) {}
	}
	return func(round int, client string) {
		fmt.Fprintf(a.stderr, "\r\x1b[K%s: %s, round %d of %d …", p.Op, client, round+1, p.Rounds)
	}
}

func (a *app) showMeasures(p load.Plan, measures []load.Measure) {
	if screen.IsTerminal(a.stderr) {
		fmt.Fprint(a.stderr, "\r\x1b[K")
	}
	style := screen.StyleFor(a.stdout)
	for _, m := range measures {
		load.Report(a.out, p, m, screen.Width(a.stdout), style)
		fmt.Fprintln(a.out)
	}
	if len(measures) > 1 {
		load.Compare(a.out, p, measures, style)
		fmt.Fprintln(a.out)
	}
}
