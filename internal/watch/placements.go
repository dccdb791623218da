package watch

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/zkasync/zkasync-go/internal/shrink"
)

// placements holds the subscriptions, and which of their watches the server has. The zero value is empty and ready to use.
//
// Servers before 3.9 keep one kind of watch for each connection and path: the last request wins (ZOOKEEPER-4466). A one-shot
// watch on a path with a persistent watch would replace it, as would a persistent watch on a path with a recursive one. So each
// path has one placement, as strong as its subscriptions need, and reads of that path leave no watch at the server: the
// placement brings their events too. Only "children changed" does not come with a recursive watch. Reads of the children then
// leave a watch of their own, which does no harm, since servers keep watches of children separately; for subscriptions the event
// is derived from the events of the children, see implied.
//
// One goroutine encodes requests, in the order in which the server gets them. So while a request is being encoded, "placed"
// describes what the server will have when it gets to that request.
type placements struct {
	size atomic.Int32 // of byPath, readable without the lock

	mu        sync.Mutex
	byPath    shrink.Map[string, *placement]
	recursive map[int]int // how many subscriptions are recursive, by the length of their path
	seq       uint64      // of the latest subscription
	epoch     uint64      // of the latest placement
	conns     uint64      // number of connections so far
	echo      eventEcho
}

// placement is the persistent watch of one path.
type placement struct {
	subs    []*Listener // in the order of registration
	pending int         // addWatch requests that were encoded and have not ended
	placed  bool        // the server has it, as of the last request encoded on the present connection
	mode    Mode        // as placed
	epoch   uint64      // changes with each placement, so that a read can tell whether it is still the same one
	implies bool        // the server may not report changes of the list of children
	gap     error       // why events may have been missed, until the subscriptions have been told
}

func (t *placements) makeLocked(path string) *placement {
	p := t.byPath.M[path]
	if p == nil {
		p = new(placement)
		t.byPath.Put(path, p)
		t.size.Store(int32(len(t.byPath.M)))
	}
	return p
}

// tidyLocked forgets a placement that is no longer needed.
func (t *placements) tidyLocked(path string, p *placement) {
	if len(p.subs) == 0 && p.pending == 0 && !p.placed && !p.implies {
		t.byPath.Delete(path)
		t.size.Store(int32(len(t.byPath.M)))
	}
}

// place is called when an addWatch is encoded, for the first time or again. It returns the mode to ask for.
func (t *placements) place(path string, mode Mode, first bool) Mode {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.makeLocked(path)
	if first {
		p.pending++
	}
	t.placeLocked(p, mode)
	return p.mode
}

// connection returns the number of the present connection.
func (t *placements) connection() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.conns
}

func (t *placements) placeLocked(p *placement, mode Mode) {
	if !p.placed {
		t.epoch++
		p.placed, p.mode, p.epoch = true, mode, t.epoch
	}
	p.mode = max(p.mode, mode)
	p.implies = p.implies || p.mode == Recursive
}

// activate is called when the server has carried out the addWatch of s.
func (t *placements) activate(s *Listener) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.makeLocked(s.Path)
	p.pending--
	t.seq++
	s.seq = t.seq
	p.subs = append(p.subs, s)
	t.countLocked(s, 1)
}

// countLocked adds n to the count of recursive subscriptions if s is one.
func (t *placements) countLocked(s *Listener, n int) {
	if s.Mode != Recursive {
		return
	}
	if t.recursive == nil {
		t.recursive = make(map[int]int)
	}
	if t.recursive[len(s.Path)] += n; t.recursive[len(s.Path)] == 0 {
		delete(t.recursive, len(s.Path))
	}
}

// abandon is called when an addWatch that was encoded has failed. It reports whether the placement should be removed. Reads that
// were encoded since may rely on a watch that is not there; the new epoch tells them, even if another addWatch makes the same
// placement.
func (t *placements) abandon(path string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.makeLocked(path)
	p.pending--
	t.epoch++
	p.epoch = t.epoch
	t.tidyLocked(path, p)
	return p.unwanted()
}

func (p *placement) unwanted() bool { return p.placed && len(p.subs) == 0 && p.pending == 0 }

// remove removes s, if it is registered. It reports whether the placement should be removed.
func (t *placements) remove(s *Listener) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.byPath.M[s.Path]
	if p == nil {
		return false
	}
	i := slices.Index(p.subs, s)
	if i < 0 {
		return false
	}
	p.subs = slices.Delete(slices.Clone(p.subs), i, i+1) // resync may be walking through the old slice
	t.countLocked(s, -1)
	t.tidyLocked(s.Path, p)
	return p.unwanted()
}

// isUnwanted reports whether the server has a placement that is no longer needed. Left is the connection on which a removal was
// throttled, 0 if none was: there the server still has the placement, though it is not recorded here as placed.
func (t *placements) isUnwanted(path string, left uint64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.byPath.M[path]
	if left != 0 && left == t.conns {
		return p == nil || len(p.subs) == 0 && p.pending == 0
	}
	return p != nil && p.unwanted()
}

// unplace is called when a request is encoded that removes the placement, or a part of it. It returns the number of the present
// connection.
func (t *placements) unplace(path string) uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p := t.byPath.M[path]; p != nil {
		p.placed = false
	}
	return t.conns
}

// unplaced is called when that request was answered, or was given up after it had been throttled. It reports whether any
// subscriptions are left.
func (t *placements) unplaced(path string) (wanted bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.byPath.M[path]
	if p == nil {
		return false
	}
	if !p.placed {
		p.implies = false
	}
	t.tidyLocked(path, p)
	return len(p.subs) > 0
}

// replace is called when a request is encoded that can place the watch of a path again; ok is false if no subscription needs
// that. Both says that servers which keep modes apart should get the weaker watch too, fresh that the watch was not placed.
func (t *placements) replace(path string) (mode Mode, both, fresh, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.byPath.M[path]
	if p == nil || len(p.subs) == 0 && p.pending == 0 {
		return 0, false, false, false
	}
	fresh = !p.placed
	t.placeLocked(p, p.strongest())
	return p.mode, p.both(), fresh, true
}

// displace is called when that request was throttled: the watch is not there, and reads that were encoded since must not rely on
// it.
func (t *placements) displace(path string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p := t.byPath.M[path]; p != nil {
		p.placed = false
		t.tidyLocked(path, p)
	}
}

// both reports whether the placement is recursive but a subscription is not. Servers since 3.9 then get a watch of each mode, and
// so report changes of the list of children even if the children are hidden from the client. For older servers only the
// recursive watch counts, because it comes last in a request that sets both.
func (p *placement) both() bool {
	return p.mode == Recursive && slices.ContainsFunc(p.subs, func(s *Listener) bool { return s.Mode == Persistent })
}

// strongest returns the mode that the subscriptions need.
func (p *placement) strongest() (mode Mode) {
	for _, s := range p.subs {
		mode = max(mode, s.Mode)
	}
	return mode
}

// covers returns the epoch of the placement that will bring the event of a read with a watch, or 0 if the read must leave a watch
// of its own. A placement that is no longer needed does not count: it will be removed, or may never have been made by an
// addWatch that was given up.
func (t *placements) covers(path string, children bool) (epoch uint64) {
	if t.size.Load() == 0 {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.byPath.M[path]
	if p == nil || !p.placed || p.unwanted() || children && p.mode == Recursive {
		return 0
	}
	return p.epoch
}

// takePath removes all subscriptions of a path and returns them.
func (t *placements) takePath(path string) []*Listener {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.byPath.M[path]
	if p == nil {
		return nil
	}
	subs := p.subs
	p.subs = nil
	for _, s := range subs {
		t.countLocked(s, -1)
	}
	t.tidyLocked(path, p)
	return subs
}

// takeAll removes all subscriptions and returns them in the order of registration.
func (t *placements) takeAll() []*Listener {
	t.mu.Lock()
	defer t.mu.Unlock()
	var subs []*Listener
	for path, p := range t.byPath.M {
		subs = append(subs, p.subs...)
		p.subs = nil
		t.tidyLocked(path, p)
	}
	t.recursive = nil
	sortListeners(subs)
	return subs
}

// count returns the number of subscriptions.
func (t *placements) count() (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range t.byPath.M {
		n += len(p.subs)
	}
	return n
}

func sortListeners(subs []*Listener) {
	slices.SortFunc(subs, func(a, b *Listener) int { return cmp.Compare(a.seq, b.seq) })
}
