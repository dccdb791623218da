package main

import (
	"fmt"
	"math"
	"strings"
)

// target is a figure that was promised.
type target struct {
	what     string
	limit    float64
	atLeast  bool // otherwise at most
	measured float64
	known    bool // it was measured in this run
}

// reached compares the figure with the limit as it is shown, rounded: one allocation in ten thousand operations is the runtime's.
func (t target) reached() bool {
	measured := math.Round(t.measured*100) / 100
	if t.atLeast {
		return measured >= t.limit
	}
	return measured <= t.limit
}

// treeLimit is how many times longer a task on a tree may take than gets of known paths.
const treeLimit = 1.3

func (r *report) targets() []target {
	at := func(what string, limit float64, p point, figure func(cost) float64) target {
		c := r.costs(serverReplay, clientAsync, p)
		return target{what: what, limit: limit, measured: c.of(figure).median(), known: len(c) > 0}
	}
	rate := at("gets of 100 B per second, 4,096 in flight", 2_000_000, base, perSecond)
	rate.atLeast = true
	list := []target{
		rate,
		at("their client CPU, ns each", 600, base, cpu),
		at("their allocations", 2, base, allocs),
		at("their bytes allocated", 300, base, bytesOf),
	}
	list = append(list, r.ratioTargets()...)
	list = append(list, r.waitingTargets()...)
	for _, server := range serverKinds {
		list = append(list, r.turnTarget(server))
	}
	for _, what := range []string{treeWalk, treeArchive, treeExport} {
		ours, known := r.treeCost(what)
		gets, _ := r.treeCost(treeGets)
		list = append(list, target{"tree: " + what + ", as a multiple of bare gets", treeLimit, false, ours / gets, known})
	}
	return list
}

// ratioTargets compare rates on the real server, all in the same run: with go-zookeeper's, at several depths, and with those of clients
// in other languages.
func (r *report) ratioTargets() []target {
	var list []target
	for _, at := range []struct {
		depth int
		limit float64
	}{{4096, 25}, {256, 20}, {16, 4}} {
		p := base
		p.depth = at.depth
		ours, theirs := r.costs(serverReal, clientAsync, p), r.costs(serverReal, clientGoroutines, p)
		list = append(list, target{
			what:     fmt.Sprintf("gets of 100 B, %s in flight, as a multiple of go-zookeeper's rate (zookeeper)", number(float64(at.depth))),
			limit:    at.limit,
			atLeast:  true,
			measured: ours.of(perSecond).median() / theirs.of(perSecond).median(),
			known:    len(ours) > 0 && len(theirs) > 0,
		})
	}
	ours, theirs := r.costs(serverReal, clientAsync, base), r.costs(serverReal, clientGoroutines, base)
	list = append(list, target{
		what:     "CPU of client and server for a get, 4,096 in flight, as a share of go-zookeeper's (zookeeper)",
		limit:    0.1,
		measured: ours.of(bothCPU).median() / theirs.of(bothCPU).median(),
		known:    len(ours) > 0 && len(theirs) > 0 && ours.of(serverCPU).median() > 0,
	})
	for _, c := range r.contests[min(len(r.contests), contestsOfGo):] {
		list = append(list, target{
			what:     "gets of 100 B, 1,000 in flight, as a multiple of the rate of: " + c.name,
			limit:    20,
			atLeast:  true,
			measured: c.took[workGet].median() / r.contests[0].took[workGet].median(),
			known:    true,
		})
	}
	return list
}

func (r *report) costs(server, client string, p point) costs {
	if x := r.find(server, client, p); x != nil {
		return x.costs
	}
	return nil
}

// waitingTargets returns the targets for the largest number of pending operations.
func (r *report) waitingTargets() []target {
	held := target{what: "bytes held by a waiting operation, beyond its path and data", limit: 200}
	routines := target{what: "goroutines per waiting operation", limit: 0.001}
	for _, t := range r.growth {
		if t.of == growthPending {
			last := t.rows[len(t.rows)-1]
			held.measured, held.known = last.held, true
			routines.measured, routines.known = float64(last.routines)/float64(last.n), true
		}
	}
	return []target{held, routines}
}

// turnTarget compares one get after the other: by a worker of go-zookeeper, and by a caller that waits for each future.
func (r *report) turnTarget(server string) target {
	ours := r.costs(server, clientAsync, oneByOne)
	p := oneByOne
	p.via = viaCallback
	theirs := r.costs(server, clientWorkers, p)
	return target{
		what:     "one get after the other, as a multiple of go-zookeeper's time (" + server + ")",
		limit:    1,
		measured: ours.of(wall).median() / theirs.of(wall).median(),
		known:    len(ours) > 0 && len(theirs) > 0,
	}
}

// treeCost returns the seconds per znode of a task, and whether it was measured.
func (r *report) treeCost(what string) (float64, bool) {
	for _, x := range r.tree {
		if x.what == what {
			return x.seconds.median() / float64(x.znodes), true
		}
	}
	return 0, false
}

func (r *report) writeTargets(b *strings.Builder) {
	fmt.Fprint(b, "## Targets\n\n| target | limit | measured | reached |\n|---|--:|--:|---|\n")
	for _, t := range r.targets() {
		relation, reached := "≤ ", "no"
		if t.atLeast {
			relation = "≥ "
		}
		if t.reached() {
			reached = "yes"
		}
		if t.known {
			fmt.Fprintf(b, "| %s | %s%s | %s | %s |\n", t.what, relation, figure(t.limit), figure(t.measured), reached)
		}
	}
	fmt.Fprintln(b)
}

// figure formats v with as many digits as are useful.
func figure(v float64) string {
	switch {
	case v == float64(int64(v)) || v >= 10:
		return number(v)
	case v < 0.01:
		return fmt.Sprintf("%.5f", v)
	}
	return fmt.Sprintf("%.2f", v)
}
