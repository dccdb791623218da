package cache

import (
	"cmp"
	"context"
	"math"
	"slices"
)

// gap is a time for which servers do not report what has happened: before the first load, and while there was no connection.
// The cache then reads everything to find out. It reports the changes at the end of the gap, in the order in which they were
// made.
type gap struct {
	slot *slot
	open int // how many reads must still be answered before it ends
}

// startGap begins to read everything again. Changes that wait to be reported join those of the gap, since they may have to be
// sorted among them.
func (l *loop) startGap() {
	if l.end != nil {
		return
	}
	l.tell()
	before := l.order.all()
	l.order = fifo[*slot]{}
	l.gap = &gap{slot: l.place(0, 0)}
	for _, s := range before {
		l.gap.slot.marks = append(l.gap.slot.marks, s.marks...)
		l.record(nil, true, s.changes...)
	}
	for _, w := range l.works { // reads that are under way may find what the walk from the root does not
		w.slots, w.sent, w.doubt, w.deep, w.deepAgain = nil, 0, doubt{}, true, false
	}
	for _, b := range l.later.all() {
		b.deep = true
	}
	l.gap.open = len(l.works) + l.later.len()
	l.mu.Lock()
	l.synced = false
	l.mu.Unlock()
	l.want(key{path: l.root}, true)
}

// closeGap records that a read of the gap has been answered. The last one ends the gap.
func (l *loop) closeGap() {
	if l.gap.open--; l.gap.open > 0 {
		return
	}
	s := l.gap.slot
	l.gap = nil
	l.sort(s.changes)
	s.known, s.synced = true, true
}

// attach records the connection that reports changes from now on.
func (l *loop) attach() {
	if l.old {
		return // one-shot watches are restored with the next connection, and miss nothing
	}
	l.detach()
	ctx, cancel := l.client.ConnectedContext(context.Background())
	l.release = cancel
	l.mu.Lock()
	l.conn = ctx
	l.mu.Unlock()
}

func (l *loop) detach() {
	if l.release != nil {
		l.release()
	}
}

// unknown is later than any zxid.
const unknown = math.MaxInt64 - 1<<32

// dated is a change with its zxid or, if that is not known, the latest one that it can have.
type dated struct {
	change
	zxid int64
}

// sort puts the changes of a gap into the order in which they were made. For an existing znode the zxid is known. For a deleted
// one there is only a bound, which is exact if its deletion was the last change of its parent's children. The changes of one
// znode stay in order, and a deletion stays behind those of the znodes below.
func (l *loop) sort(changes []change) {
	all := make([]dated, len(changes))
	next := make(map[string]int64) // by path: when the following change of the same path happened
	for i, ch := range slices.Backward(changes) {
		at := l.dateOf(ch)
		if later, ok := next[ch.path]; ok && ch.new == nil {
			at = min(at, later)
		}
		all[i] = dated{ch, at}
		next[ch.path] = at
		if ch.new != nil && ch.new.Err == nil {
			next[ch.path] = ch.new.Stat.Czxid // the one before was gone by then
		}
	}
	last := make(map[string]int64) // by path: when the change before happened, or a deletion right below it
	for i := range all {
		d := &all[i]
		if d.new != nil {
			d.zxid = max(d.zxid, last[d.path])
		} else {
			d.zxid = max(d.zxid, last[d.path]+1)
			above, _ := split(d.path)
			last[above] = max(last[above], d.zxid-1)
		}
		last[d.path] = d.zxid
	}
	slices.SortStableFunc(all, func(a, b dated) int {
		return cmp.Or(cmp.Compare(a.zxid, b.zxid), cmp.Compare(a.rank(), b.rank()))
	})
	for i, d := range all {
		changes[i] = d.change
	}
}

// rank orders the changes of one transaction: first deletions, the deepest first, and then the others, the highest first.
func (ch change) rank() int {
	levels := depth("/", ch.path)
	if ch.new == nil {
		return -levels
	}
	return levels
}

func (l *loop) dateOf(ch change) int64 {
	switch {
	case ch.new == nil:
		return l.boundOf(ch.path, ch.old.Stat.Czxid)
	case ch.new.Err != nil:
		return unknown
	default:
		return ch.new.Stat.Mzxid
	}
}

// boundOf returns the latest zxid that the deletion of a znode can have, which was created by the zxid created. The parent's
// pzxid is such a bound, unless the parent itself is gone or was created again.
func (l *loop) boundOf(path string, created int64) int64 {
	for path != l.root {
		path, _ = split(path)
		n := l.find(path)
		switch {
		case n == nil || n.entry == nil || n.entry.Err != nil:
		case n.entry.Stat.Czxid > created: // it was created again
			return n.entry.Stat.Czxid
		default:
			return n.pzxid
		}
	}
	return unknown
}
