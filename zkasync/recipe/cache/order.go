package cache

import (
	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
)

// place creates a slot behind all others.
func (l *loop) place(kind zk.EventType, zxid int64) *slot {
	l.slots++
	s := &slot{number: l.slots, kind: kind, zxid: zxid}
	l.order.push(s)
	return s
}

// record has changes reported at a slot, or nil if no event reported them, but not before an earlier change of the same znode.
func (l *loop) record(s *slot, told bool, changes ...change) {
	switch {
	case !told || len(changes) == 0:
		return
	case s != nil:
	case l.gap != nil:
		s = l.gap.slot
	default:
		s = l.place(0, 0)
		s.known = true
	}
	for _, ch := range changes {
		if was := l.latest[ch.path]; was != nil && was.number > s.number {
			s = was
		}
	}
	for _, ch := range changes {
		l.latest[ch.path] = s
	}
	s.changes = append(s.changes, changes...)
}

// deletion returns the slot of a znode's deletion that was inferred from a reply about a znode above it: at, or the slot of its own
// event, whose read has not been answered yet.
func (l *loop) deletion(path string, at *slot) *slot {
	w := l.works[key{path: path}]
	if w == nil {
		return at
	}
	if i := nth(w.slots, 0, zk.EventNodeDeleted, 1); i >= 0 && (at == nil || w.slots[i].number < at.number) {
		return w.slots[i]
	}
	return at
}

// tell reports all changes that are known and have nothing unknown in front of them.
func (l *loop) tell() {
	for l.order.len() > 0 && l.order.all()[0].known {
		s := l.order.pop()
		for _, ch := range s.changes {
			if l.latest[ch.path] == s {
				delete(l.latest, ch.path)
			}
		}
		subs := l.reach(s.synced)
		for _, sub := range subs {
			sub.put(s)
		}
		if s.synced {
			l.ready.Resolve(future.Void{})
		}
		for _, p := range s.marks {
			l.leave(p, nil)
		}
	}
}

// reach returns the subscriptions to report to.
func (l *loop) reach(synced bool) []*Subscription {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.synced = l.synced || synced
	if synced && !l.complete {
		l.complete = true
		for _, sub := range l.subs {
			sub.begin(l.top.collect(nil), l.seq, false)
		}
	}
	return l.subs
}
