package cache

import (
	"slices"

	"github.com/go-zookeeper/zk"
)

// assign returns the slot, among those of the events that wait for a read, at which to report what the read has found. It drops
// the slots that the read covers: those of events that came before it was sent, and those up to the returned one, which may
// be of a later event. If the znode was created again, gone is the slot of its deletion. Without slots both are nil.
func (w *work) assign(was, found *Entry) (gone, at *slot) {
	i := w.match(was, found)
	n := max(w.sent, i+1)
	w.doubt = doubt{}
	if n == 0 {
		return nil, nil
	}
	covered := w.slots[:n]
	w.slots = append([]*slot(nil), w.slots[n:]...)
	w.sent = 0
	at = covered[n-1]
	if i >= 0 {
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

// match returns the index of the event that turned was into found, or -1. If the server sends no zxids with events, the version
// decides: each write increments it, and each write has an event of its own.
func (w *work) match(was, found *Entry) int {
	switch {
	case found == nil:
		return nth(w.slots, 0, zk.EventNodeDeleted, 1)
	case found.Err != nil:
		return -1
	}
	if i := w.dated(found); i >= 0 {
		return i
	}
	if was != nil && was.Err == nil && was.Stat.Czxid == found.Stat.Czxid {
		return nth(w.slots, 0, zk.EventNodeDataChanged, int(found.Stat.Version-was.Stat.Version))
	}
	births := w.births(found)
	if len(births) == 0 {
		return -1
	}
	born := births[len(births)-1]
	if found.Stat.Version == 0 {
		return born
	}
	return nth(w.slots, born+1, zk.EventNodeDataChanged, int(found.Stat.Version))
}

// dated returns the index of the event with the zxid of what was found, or -1.
func (w *work) dated(found *Entry) int {
	return slices.IndexFunc(w.slots, func(s *slot) bool { return s.zxid != 0 && s.zxid == found.Stat.Mzxid })
}

// mostDoubts limits how often a read is repeated because of doubts, since all later changes wait for it to be reported.
const mostDoubts = 8

// doubts reports whether found, which was created since the last read, may come from any of several creations. Events that came
// after the reply are known, too, when the reply is handled, so it need not be the last one. The read must be repeated then.
func (w *work) doubts(was, found *Entry) bool {
	if found == nil || found.Err != nil || was != nil && was.Err == nil && was.Stat.Czxid == found.Stat.Czxid {
		return false
	}
	if w.doubt.times == mostDoubts || len(w.births(found)) < 2 || w.dated(found) >= 0 {
		return false
	}
	w.doubt = doubt{czxid: found.Stat.Czxid, slots: len(w.slots), times: w.doubt.times + 1}
	return true
}

// births returns the indices of the events that may have created what was found: creations that came after the read was sent,
// and the last one before, unless a deletion followed it. If an earlier read has found the same, only the events that had come
// by then count.
func (w *work) births(found *Entry) (all []int) {
	last := -1
	for i, s := range w.slots {
		switch {
		case s.kind == zk.EventNodeCreated && i >= w.sent:
			all = append(all, i)
		case s.kind == zk.EventNodeCreated:
			last = i
		case s.kind == zk.EventNodeDeleted && i < w.sent:
			last = -1
		}
	}
	if last >= 0 {
		all = slices.Insert(all, 0, last)
	}
	if w.doubt.czxid == found.Stat.Czxid {
		all = slices.DeleteFunc(all, func(i int) bool { return i >= w.doubt.slots })
	}
	return all
}

// nth returns the index of the nth event of a kind, counted from the index from, or -1.
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
