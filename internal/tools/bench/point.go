package main

import "fmt"

// point is one measurement: what is done, to what, and how.
type point struct {
	op         string // opGet and so on
	size       int    // bytes of data
	kids       int    // children of the parent that opChildren lists
	depth      int    // operations in flight
	submitters int    // goroutines that submit them
	via        string // how results are taken, for zkasync
}

// The operations.
const (
	opGet      = "get"
	opSet      = "set"
	opExists   = "exists"
	opPair     = "create+delete" // two requests, counted as one operation
	opCreate   = "create"        // only with the replay server, where every create succeeds
	opDelete   = "delete"        // likewise
	opChildren = "children"
)

// How results are taken.
const (
	viaCallback = "callback"
	viaGet      = "get"
	viaDone     = "done"
	viaAll      = "all"
	// viaEarly is viaDone, but Done is called at once, so that every future needs a channel of its own. Futures that are
	// complete when Done is first called all share one channel.
	viaEarly = "done-early"
)

// base is the point from which all sweeps start.
var base = point{op: opGet, size: 100, depth: 4096, submitters: 1, via: viaCallback}

// oneByOne is one get after the other. The caller waits for each, as for a call of go-zookeeper.
var oneByOne = point{op: opGet, size: 100, depth: 1, submitters: 1, via: viaGet}

// inFlightBytes bounds the size of all answers in flight: large data are measured with fewer operations in flight.
const inFlightBytes = 64 << 20

// childBytes is about how many bytes a child takes in a reply.
const childBytes = 20

// settled returns the point with its depth bounded by the size of its data.
func (p point) settled() point {
	if size := max(p.size, p.kids*childBytes); size > 0 {
		p.depth = min(p.depth, max(1, inFlightBytes/size))
	}
	return p
}

func (p point) name() string {
	what := fmt.Sprintf("op=%s/size=%d", p.op, p.size)
	if p.op == opChildren {
		what = fmt.Sprintf("op=%s/children=%d", p.op, p.kids)
	}
	return fmt.Sprintf("%s/depth=%d/submitters=%d/via=%s", what, p.depth, p.submitters, p.via)
}

// plan returns the base point, and sweeps from it along one dimension each.
func plan() []point {
	points := []point{base}
	vary := func(change func(p *point)) {
		p := base
		change(&p)
		points = append(points, p.settled())
	}
	for _, depth := range []int{1, 16, 256} {
		vary(func(p *point) { p.depth = depth })
	}
	for _, size := range []int{0, 10_000, 500_000} {
		vary(func(p *point) { p.size = size })
	}
	for _, op := range []string{opExists, opSet, opPair} {
		vary(func(p *point) { p.op = op })
	}
	for _, kids := range []int{10, 10_000} {
		vary(func(p *point) { p.op, p.size, p.kids = opChildren, 0, kids })
	}
	vary(func(p *point) { p.submitters = 8 })
	for _, via := range []string{viaGet, viaDone, viaAll} {
		vary(func(p *point) { p.via = via })
	}
	return append(points, oneByOne)
}

// concerns reports whether a client can be measured at the point: only zkasync has futures, the bare socket has one writer, and
// 16 workers always are 16 submitters.
func (p point) concerns(client string) bool {
	switch {
	case p.via != viaCallback:
		return client == clientAsync
	case p.submitters > 1:
		return client == clientAsync || client == clientGoroutines
	}
	return true
}

const (
	benchRoot  = "/bench"
	pairPaths  = 8192 // paths of opPair: more than can be in flight
	workersTop = 16
)

func childrenPath(kids int) string { return fmt.Sprintf("%s/children-%d", benchRoot, kids) }
func dataPath(size int) string     { return fmt.Sprintf("%s/data-%d", benchRoot, size) }

var pairPath = func() []string {
	paths := make([]string, pairPaths)
	for i := range paths {
		paths[i] = fmt.Sprintf("%s/pair-%04d", benchRoot, i)
	}
	return paths
}()
