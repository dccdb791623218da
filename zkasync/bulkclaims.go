package zkasync

import (
	"strings"

	"github.com/zkasync/zkasync-go/internal/wire"
)

// bulkClaims are the paths of a Bulk's writes that are on their way. Writes depend on each other, so that their order matters, if they are
// of one znode, or if one is of the znode right above the one that the other creates or deletes: a set returns in its Stat how many children
// there are. A sequential create depends on all that create or delete a znode beside it, which its number counts.
type bulkClaims struct {
	znodes   map[string]int // how many are of the znode
	above    map[string]int // how many create or delete a znode right below it
	numbered map[string]int // how many of these make sequential ones
}

// conflict reports whether a write depends on one of those on their way.
func (c *bulkClaims) conflict(op *MultiOp) bool {
	parent := parentOf(op.path)
	switch {
	case op.spec.sequential:
		return c.znodes[parent] > 0 || c.above[parent] > 0
	case op.code == wire.OpSetData:
		return c.znodes[op.path] > 0 || c.above[op.path] > 0
	default:
		return c.znodes[op.path] > 0 || c.znodes[parent] > 0 || c.above[op.path] > 0 || c.numbered[parent] > 0
	}
}

// add reports whether one of the writes depends on another of them.
func (c *bulkClaims) add(writes []bulkWrite) (tangled bool) {
	if c.znodes == nil {
		*c = bulkClaims{make(map[string]int), make(map[string]int), make(map[string]int)}
	}
	for _, w := range writes {
		op := &w.about().op
		tangled = tangled || c.conflict(op)
		c.count(op, 1)
	}
	return tangled
}

func (c *bulkClaims) remove(writes []bulkWrite) {
	for _, w := range writes {
		c.count(&w.about().op, -1)
	}
}

func (c *bulkClaims) count(op *MultiOp, n int) {
	switch parent := parentOf(op.path); {
	case op.spec.sequential:
		count(c.above, parent, n)
		count(c.numbered, parent, n)
	case op.code == wire.OpSetData:
		count(c.znodes, op.path, n)
	default:
		count(c.znodes, op.path, n)
		count(c.above, parent, n)
	}
}

func count(counts map[string]int, path string, n int) {
	if counts[path] += n; counts[path] == 0 {
		delete(counts, path)
	}
}

func parentOf(path string) string { return path[:max(1, strings.LastIndexByte(path, '/'))] }
