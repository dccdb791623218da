package cache

import (
	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
)

// slot is a place in the order in which changes are told: that of an event of the server. What the event was about is known when
// its znode has been read. Slots that are known wait for those in front, so that changes are told in the order in which they were
// made, whatever the order in which they were read.
type slot struct {
	number  uint64
	kind    zk.EventType
	zxid    int64 // of the change, if the server tells it; else 0
	known   bool
	changes []change
	marks   []*future.Promise[future.Void] // of those who wait for this place
	synced  bool                           // the cache is complete from here on
}

// place makes a slot behind all others.
func (l *loop) place(kind zk.EventType, zxid int64) *slot {
	l.slots++
	s := &slot{number: l.slots, kind: kind, zxid: zxid}
	l.order.push(s)
	return s
}

// record has changes told at a slot, nil if no event has told of them; but none before an earlier one of the same znode.
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

// tell tells what is known and has nothing unknown in front of it.
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
			p.Resolve(future.Void{})
			delete(l.syncs, p)
		}
	}
}

// reach returns who is to be told.
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
