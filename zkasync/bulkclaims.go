package zkasync

import (
	"strings"

	"github.com/zkasync/zkasync-go/internal/wire"
)

// bulkClaims are the paths of a Bulk's writes that are in flight. Two writes depend on each other, so that their order matters, if
// both are of the same znode, or if one is of the parent of a znode that the other creates or deletes. (That includes a set of the
// parent, since its Stat tells the number of children.) A sequential create depends on every create and delete of a sibling, since
// these change its number.
type bulkClaims struct {
	znodes   map[string]int // by path: how many writes are of the znode
	above    map[string]int // by path: how many writes create or delete a child of the znode
	numbered map[string]int // by path: how many of these creates are sequential
}

// conflict reports whether a write depends on one that is in flight.
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

// add adds writes, and reports whether some of them depend on others.
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
