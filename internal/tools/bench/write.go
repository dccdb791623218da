package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// resultsFile is the table's name in the output directory.
const resultsFile = "results.md"

// write writes the tables and the plots.
func (r *report) write() error {
	if err := os.MkdirAll(r.dir, 0o755); err != nil {
		return err
	}
	var b strings.Builder
	r.writeHead(&b)
	r.writeTargets(&b)
	for _, server := range serverKinds {
		r.writePoints(&b, server)
		for _, chart := range []struct {
			file, title, unit string
			figure            func(cost) float64
		}{
			{"throughput", "Gets per second", "gets/s", perSecond},
			{"cpu", "Client CPU per get", "ns", cpu},
		} {
			lines := r.byDepth(server, chart.figure)
			if len(lines) == 0 {
				continue
			}
			file := chart.file + "-" + server + ".svg"
			svg := plot(chart.title+", by operations in flight ("+server+")", chart.unit, lines)
			if err := os.WriteFile(filepath.Join(r.dir, file), []byte(svg), 0o644); err != nil {
				return err
			}
			fmt.Fprintf(&b, "![%s by depth, %s](%s)\n\n", chart.title, server, file)
		}
	}
	r.writeLatency(&b)
	r.writeGrowth(&b)
	r.writeTree(&b)
	r.writeOthers(&b)
	return os.WriteFile(filepath.Join(r.dir, resultsFile), []byte(strings.TrimRight(b.String(), "\n")+"\n"), 0o644)
}

func (r *report) writeHead(b *strings.Builder) {
	fmt.Fprintf(b, "# Benchmark results\n\nWritten by `make bench`, explained in [performance.md](../performance.md). Do not edit.\n\n")
	fmt.Fprintf(b, "%s, %s, %d cores, %s/%s, %s. %d rounds of %v per measurement; medians, with the least and the greatest in parentheses.\n\n",
		time.Now().UTC().Format("2006-01-02"), processor(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), r.rounds, r.time)
}

func (r *report) writePoints(b *strings.Builder, server string) {
	if len(r.rows) == 0 {
		return
	}
	fmt.Fprintf(b, "## Against the %s server\n", server)
	var last *point
	for _, p := range plan() {
		for _, x := range r.rows {
			if x.server != server || x.point != p {
				continue
			}
			if last == nil || *last != p {
				fmt.Fprintf(b, "\n**%s**\n\n", p.title())
				fmt.Fprintln(b, "| client | ops/s | CPU ns/op | B/op | allocs/op | goroutines | syscalls/op | server's CPU ns/op |")
				fmt.Fprintln(b, "|---|--:|--:|--:|--:|--:|--:|--:|")
				last = &p
			}
			fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %.0f | %s | %s |\n", x.client, spread(x.of(perSecond)), spread(x.of(cpu)),
				number(x.of(bytesOf).median()), fraction(x.of(allocs).median()), x.of(goroutines).median(), fraction(x.of(syscalls).median()), orDash(x.of(serverCPU)))
		}
	}
	fmt.Fprintln(b)
}

// title describes the point in words.
func (p point) title() string {
	what := fmt.Sprintf("%s, %s B", p.op, number(float64(p.size)))
	if p.op == opChildren {
		what = fmt.Sprintf("children, %s of them", number(float64(p.kids)))
	}
	by := ""
	if p.submitters > 1 {
		by = fmt.Sprintf(", %d submitters", p.submitters)
	}
	return fmt.Sprintf("%s, %s in flight%s, by %s", what, number(float64(p.depth)), by, p.via)
}

// byDepth returns a line for each client.
func (r *report) byDepth(server string, figure func(cost) float64) []line {
	var lines []line
	for _, client := range clientKinds {
		l := line{name: client}
		for _, depth := range []int{1, 16, 256, 4096} {
			p := base
			p.depth = depth
			for _, x := range r.rows {
				if x.server == server && x.client == client && x.point == p {
					l.x, l.y = append(l.x, float64(depth)), append(l.y, x.of(figure).median())
				}
			}
		}
		if len(l.x) > 0 {
			lines = append(lines, l)
		}
	}
	return lines
}

func (r *report) writeLatency(b *strings.Builder) {
	if len(r.latency) == 0 {
		return
	}
	fmt.Fprint(b, "## Latency at a fixed rate\n\nGets of 100 B that come at a share of the client's own ceiling, measured from when they were due.\n\n")
	fmt.Fprintln(b, "| server | client | load | gets/s | p50 µs | p99 µs | p99.9 µs |")
	fmt.Fprintln(b, "|---|---|--:|--:|--:|--:|--:|")
	for _, x := range r.latency {
		us := func(q float64) string { return number(float64(x.h.ValueAtQuantile(q)) / 1e3) }
		fmt.Fprintf(b, "| %s | %s | %d %% | %s | %s | %s | %s |\n", x.server, x.client, x.share, number(x.rate), us(50), us(99), us(99.9))
	}
	fmt.Fprintln(b)
}

func (r *report) writeGrowth(b *strings.Builder) {
	for i, t := range r.growth {
		if i == 0 {
			fmt.Fprint(b, "## Growth\n\nzkasync against the replay server.\n\n")
		}
		fmt.Fprintf(b, "### %s\n\n%s\n\n| n | CPU ns/op | B/op | allocs/op | held, B each | goroutines |\n|--:|--:|--:|--:|--:|--:|\n", t.title, t.note)
		for _, g := range t.rows {
			held := "–"
			if g.held != notAsked {
				held = number(g.held)
			}
			fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %d |\n", number(float64(g.n)), number(g.cpu), number(g.bytes), fraction(g.allocs), held, g.routines)
		}
		fmt.Fprintln(b)
	}
}

func (r *report) writeTree(b *strings.Builder) {
	if len(r.tree) == 0 {
		return
	}
	gets, _ := r.treeCost(treeGets)
	fmt.Fprintf(b, "## Whole trees\n\n%s znodes of 100 B in directories of %s, a real server, %s requests in flight.\n\n",
		number(float64(r.settings.tree)), number(treeDir), number(treeDepth))
	fmt.Fprintln(b, "| work | znodes | seconds | znodes/s | time per znode, as a multiple of a get's |\n|---|--:|--:|--:|--:|")
	for _, x := range r.tree {
		n, s := float64(x.znodes), x.seconds.median()
		fmt.Fprintf(b, "| %s | %s | %.2f (%.2f–%.2f) | %s | %.2f |\n", x.what, number(n), s, x.seconds.min(), x.seconds.max(), number(n/s), s/n/gets)
	}
}

// spread formats the median, with the least and the greatest value.
func spread(s series) string {
	return fmt.Sprintf("%s (%s–%s)", number(s.median()), number(s.min()), number(s.max()))
}

// orDash is spread, or a dash for what is not known.
func orDash(s series) string {
	if s.max() == 0 {
		return "–"
	}
	return spread(s)
}

// fraction formats a figure that may be small.
func fraction(v float64) string {
	switch {
	case v < 0.1:
		return fmt.Sprintf("%.4f", v)
	case v < 10:
		return fmt.Sprintf("%.2f", v)
	}
	return number(v)
}
