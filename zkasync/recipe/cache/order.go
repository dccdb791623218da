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

// record adds changes to the slot at which they will be reported, or to a later one if an earlier change of the same znode is
// there. s is nil for changes that no event has reported. told tells whether anybody wants to know of changes.
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

// deletion returns the slot for the deletion of a znode, when a reply about a znode above it has shown that it is gone: the slot
// of the znode's own event, if that waits for a read and comes before at, and otherwise at.
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

// tell reports the changes of all slots up to the first that is not known yet.
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

// reach returns the subscriptions to report to. With synced, the cache is complete; the first time, subscriptions begin then.
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
