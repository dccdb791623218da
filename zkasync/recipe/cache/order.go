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
	known   bool
	changes []change
	marks   []*future.Promise[future.Void] // of those who wait for this place
	synced  bool                           // the cache is complete from here on
}

// place makes a slot behind all others.
func (l *loop) place(kind zk.EventType) *slot {
	l.slots++
	s := &slot{number: l.slots, kind: kind}
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
		s = l.place(0)
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

// assign gives what a read has found its slot among those of the events that wait for it, and drops the slots that the read covers:
// those of events that came before it was sent, and those up to the slot. A read may cover later events, too. Which one made what was
// found, its version tells: each write counts it up, and each write is an event of its own. Gone is the slot of the deletion if the
// znode was made again. Without slots both are nil.
func (w *work) assign(was, found *Entry) (gone, at *slot) {
	n := max(w.sent, match(w.slots, was, found)+1)
	if n == 0 {
		return nil, nil
	}
	covered := w.slots[:n]
	w.slots = append([]*slot(nil), w.slots[n:]...)
	w.sent = 0
	at = covered[n-1]
	if i := match(covered, was, found); i >= 0 {
		at = covered[i]
	}
	gone = at
	if i := nth(covered, 0, zk.EventNodeDeleted, 1); i >= 0 && covered[i].number < at.number {
		gone = covered[i]
	}
	for _, s := range covered {
		s.known = true
	}
	return gone, at
}

// match returns the index of the event that made what was found of what was there, or -1.
func match(slots []*slot, was, found *Entry) int {
	switch {
	case found == nil:
		return nth(slots, 0, zk.EventNodeDeleted, 1)
	case found.Err != nil:
		return -1
	case was != nil && was.Err == nil && was.Stat.Czxid == found.Stat.Czxid:
		return nth(slots, 0, zk.EventNodeDataChanged, int(found.Stat.Version-was.Stat.Version))
	}
	for i := len(slots) - 1; i >= 0; i-- {
		if slots[i].kind == zk.EventNodeCreated {
			if found.Stat.Version == 0 {
				return i
			}
			return nth(slots, i+1, zk.EventNodeDataChanged, int(found.Stat.Version))
		}
	}
	return -1
}

// nth returns the index of the nth event of a kind from one on, or -1.
func nth(slots []*slot, from int, kind zk.EventType, n int) int {
	for i := from; i < len(slots); i++ {
		if slots[i].kind == kind {
			if n--; n == 0 {
				return i
			}
		}
	}
	return -1
}
