package zkasync

import (
	"errors"

	"github.com/zkasync/zkasync-go/internal/wire"
)

// bulkGroup is a group of writes that are sent together.
type bulkGroup struct {
	writes  []bulkWrite
	unknown int  // how many have no outcome yet; guarded by Bulk.mu
	tangled bool // some of them depend on others
}

func (g *bulkGroup) deliver() {
	for _, w := range g.writes {
		w.deliver()
	}
}

// part is a part of a group: the writes from index from up to, but not including, index to.
type part struct{ from, to int }

// mostSplits is how often a group is split at the write that was refused. If a part is still refused, its writes are sent one by
// one, since most of them are likely to be refused.
const mostSplits = 3

// send sends a part of a group as one transaction. If that is refused, nothing of it has been applied, and refused sends its
// writes again.
func (b *Bulk) send(g *bulkGroup, p part, splits int) {
	switch p.to - p.from {
	case 0:
		return
	case 1:
		b.sendOne(g, p.from, false)
		return
	}
	b.sendGroup(g.writes[p.from:p.to]).OnDone(func(results []MultiResult, err error) {
		if err == nil {
			b.applied(g, p, results)
			return
		}
		b.refused(g, p, splits, err)
	})
}

func (b *Bulk) applied(g *bulkGroup, p part, results []MultiResult) {
	for i, r := range results {
		g.writes[p.from+i].about().result = r
	}
	b.settle(g, len(results))
}

// refused deals with a transaction that has failed. Writes of a transaction that the server has refused are sent again: as those
// before the one to blame, that one, and those after it; or one by one, in order, if they depend on each other. Without an answer
// from the server, all of them fail.
func (b *Bulk) refused(g *bulkGroup, p part, splits int, err error) {
	var one *MultiError
	var e *OpError
	if !errors.As(err, &e) {
		e = &OpError{Outcome: OutcomeUnknown, Err: err}
	}
	blamed := errors.As(err, &one)
	switch {
	case blamed && e.Outcome == OutcomeRejected && !g.tangled && splits < mostSplits:
		at := p.from + one.Index
		b.send(g, part{p.from, at}, splits+1)
		b.sendOne(g, at, false)
		b.send(g, part{at + 1, p.to}, splits+1)
	case blamed, e.Outcome == OutcomeRejected:
		for i := p.from; i < p.to; i++ {
			b.sendOne(g, i, e.Outcome == OutcomeUnknown) // an earlier attempt may have been applied
		}
	default:
		for _, w := range g.writes[p.from:p.to] {
			of := w.about()
			of.err = &OpError{Op: of.op.code.String(), Path: of.op.path, Outcome: e.Outcome, Err: e.Err, blame: e.blame}
		}
		b.settle(g, p.to-p.from)
	}
}

// sendOne sends a write alone. doubt says that an earlier attempt may have been applied.
func (b *Bulk) sendOne(g *bulkGroup, i int, doubt bool) {
	of := g.writes[i].about()
	op := &of.op
	switch op.code {
	case wire.OpSetData:
		o := &setRequest{data: op.data, version: op.version}
		o.init(&b.c.view, b.contextOf(of), nil, op.code, op.path)
		alone(b, g, of, &o.op, o, doubt, func(r *MultiResult) { r.Stat, _ = o.future().Result() })
	case wire.OpDelete:
		o := &deleteRequest{version: op.version}
		o.init(&b.c.view, b.contextOf(of), nil, op.code, op.path)
		alone(b, g, of, &o.op, o, doubt, func(*MultiResult) {})
	default:
		o := &createRequest{data: op.data, spec: op.spec, mode: op.mode}
		o.init(&b.c.view, b.contextOf(of), nil, op.code, op.path)
		alone(b, g, of, &o.op, o, doubt, func(r *MultiResult) {
			made, _ := o.future().Result()
			*r = MultiResult(made)
		})
	}
}

func alone[T any](b *Bulk, g *bulkGroup, of *bulkEntry, o *op[T], r request, doubt bool, take func(*MultiResult)) {
	o.repeat.doubt = doubt
	o.send(r).OnDone(func(_ T, err error) {
		if of.err = err; err == nil {
			take(&of.result)
		}
		b.settle(g, 1)
	})
}

// settle records that the outcome of n more writes is known.
func (b *Bulk) settle(g *bulkGroup, n int) {
	b.mu.Lock()
	if g.unknown -= n; g.unknown == 0 {
		b.flying--
		b.claims.remove(g.writes)
	}
	b.run()
}
