package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// report has everything that was measured, in the order of the first measurements.
type report struct {
	settings
	servers *servers
	rows    []*row
	latency []*latencyRow
	growth  []growthTable
	tree    []treeRow

	contests    []contest
	contestants int // znodes of a contest
}

// row has the measurements of one client at one point.
type row struct {
	server, client string
	point
	costs
}

// name returns the row's name for benchstat.
func (r *row) name() string {
	return "server=" + r.server + "/client=" + r.client + "/" + r.point.name()
}

// find returns a row, or nil if nothing was measured.
func (r *report) find(server, client string, p point) *row {
	for _, x := range r.rows {
		if x.server == server && x.client == client && x.point == p {
			return x
		}
	}
	return nil
}

// row returns a row, which it adds if there is none.
func (r *report) row(server, client string, p point) *row {
	if x := r.find(server, client, p); x != nil {
		return x
	}
	x := &row{server: server, client: client, point: p}
	r.rows = append(r.rows, x)
	return x
}

// The parts of a report.
const (
	partPoints  = "points"
	partLatency = "latency"
	partGrowth  = "growth"
	partTree    = "tree"
	partOthers  = "others"
)

var allParts = []string{partPoints, partLatency, partGrowth, partTree, partOthers}

func splitParts(list string) (map[string]bool, error) {
	parts := make(map[string]bool)
	for _, part := range strings.Split(list, ",") {
		if !slices.Contains(allParts, part) {
			return nil, fmt.Errorf("no part %q: there are %s", part, strings.Join(allParts, ", "))
		}
		parts[part] = true
	}
	return parts, nil
}

func runParts(ctx context.Context, servers *servers, s settings) error {
	r := &report{settings: s, servers: servers}
	printHead()
	for _, part := range []struct {
		name string
		run  func(context.Context) error
	}{
		{partPoints, r.measurePoints},
		{partLatency, r.measureLatency},
		{partGrowth, r.measureGrowth},
		{partTree, r.measureTree},
		{partOthers, r.measureOthers},
	} {
		if !s.parts[part.name] {
			continue
		}
		started := time.Now()
		if err := part.run(ctx); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		fmt.Fprintf(os.Stderr, "%s: %v\n", part.name, time.Since(started).Round(time.Second))
	}
	if s.dir == "" {
		return nil
	}
	return r.write()
}

// printHead prints the configuration lines that benchstat reads.
func printHead() {
	fmt.Printf("goos: %s\ngoarch: %s\npkg: github.com/zkasync/zkasync-go/zkasync\n", runtime.GOOS, runtime.GOARCH)
	if name := processor(); name != "" {
		fmt.Printf("cpu: %s\n", name)
	}
	fmt.Println("Unit ops/s better=higher")
}

// processor returns the processor's name, or "" if it is not known.
func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if name, found := strings.CutPrefix(line, "model name"); found {
			return strings.TrimLeft(strings.TrimSpace(name), ": \t")
		}
	}
	return ""
}

var (
	serverKinds = []string{serverReplay, serverReal}
	clientKinds = []string{clientAsync, clientGoroutines, clientWorkers, clientBare}
)

func (r *report) measurePoints(ctx context.Context) error {
	for range r.rounds {
		for _, server := range serverKinds {
			for _, p := range plan() {
				for _, kind := range clientKinds {
					x := &row{server: server, client: kind, point: p}
					if !p.concerns(kind) || !r.filter.MatchString(x.name()) {
						continue
					}
					if err := r.measurePoint(ctx, r.row(server, kind, p)); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

func (r *report) measurePoint(ctx context.Context, x *row) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	addr, err := r.servers.addr(ctx, x.server, x.point)
	if err != nil {
		return err
	}
	pid := 0
	if x.server == serverReal {
		pid = r.servers.pid
	}
	c, err := measureBeside(ctx, pid, x.client, addr, x.point, r.time)
	if err != nil {
		return err
	}
	x.costs = append(x.costs, c)
	fmt.Printf("BenchmarkOp/%s %d %.1f ns/op %.0f ops/s %.1f cpu-ns/op %.1f B/op %.2f allocs/op %.0f goroutines %.4f syscalls/op %.1f server-cpu-ns/op\n",
		x.name(), c.ops, c.wall, c.perSecond, c.cpu, c.bytes, c.allocs, c.goroutines, c.syscalls, c.server)
	return nil
}
