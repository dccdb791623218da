package watch

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/zkasync/zkasync-go/internal/shrink"
)

// placements holds the subscriptions, and what the server has been told of them. The zero value is empty and ready.
//
// Servers before 3.9 know one kind of watch for each connection and path: the last request wins (ZOOKEEPER-4466). A
// one-shot watch left on the path of a persistent one would take its place, and so would a persistent one that of a
// recursive one. So each path has one placement, as strong as any subscription needs it, and reads of that path leave no
// watch at the server: their events come with the placement's. Only "children changed" does not come with a recursive one.
// Reads of the children leave their own watch then, which does no harm, as servers keep watches of children apart; for
// subscriptions it is derived from the events of the children, see implied.
//
// Requests are encoded by one goroutine in the order of the wire, so "placed" is true of the server at the moment when it
// will look at the request that is being encoded.
type placements struct {
	size atomic.Int32 // of byPath, to be looked at without the lock

	mu        sync.Mutex
	byPath    shrink.Map[string, *placement]
	recursive map[int]int // how many subscriptions are recursive, by the length of their path
	seq       uint64      // of subscriptions
	epoch     uint64      // of placements
	conns     uint64      // counts connections
	echo      eventEcho
}

// placement is the persistent watch of one path.
type placement struct {
	subs    []*Listener // in the order of their registration
	pending int         // AddWatch requests that were encoded and have not ended
	placed  bool        // the server has it, as of the last request encoded on the present connection
	mode    Mode        // as placed
	epoch   uint64      // counts placements, so that a reader can tell that it is still the same one
	implies bool        // the server may not report changes of the list of children
	gap     error       // why events may have been missed, until the subscriptions were told
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

// tidyLocked forgets a placement that nobody needs.
func (t *placements) tidyLocked(path string, p *placement) {
	if len(p.subs) == 0 && p.pending == 0 && !p.placed && !p.implies {
		t.byPath.Delete(path)
		t.size.Store(int32(len(t.byPath.M)))
	}
}

// place is called when an AddWatch is encoded, for the first time or again. It returns the mode to ask for.
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

// connection returns the number of the connection.
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

// activate is called when the AddWatch of s was answered.
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

// abandon is called when an AddWatch that was encoded has failed. It reports whether the placement is to be removed. If
// another AddWatch made the same placement, reads in between have relied on what is not there: with a new epoch, they will
// see that.
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

// remove takes s out, if it is in. It reports whether the placement is to be removed.
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
	p.subs = slices.Delete(slices.Clone(p.subs), i, i+1) // others may be walking through the old one
	t.countLocked(s, -1)
	t.tidyLocked(s.Path, p)
	return p.unwanted()
}

// isUnwanted reports whether the server has a placement that nobody needs any more. Left is the connection on which one was left
// that is not noted here, 0 if there is none.
func (t *placements) isUnwanted(path string, left uint64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.byPath.M[path]
	if left != 0 && left == t.conns {
		return p == nil || len(p.subs) == 0 && p.pending == 0
	}
	return p != nil && p.unwanted()
}

// unplace is called when a request is encoded that removes the placement, or a part of it. It returns the number of the
// connection.
func (t *placements) unplace(path string) uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p := t.byPath.M[path]; p != nil {
		p.placed = false
	}
	return t.conns
}

// unplaced is called when that request was answered, or is given up after it was throttled. It reports whether
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

// replace is called when a request is encoded that can place anew what is wanted; ok is false when nothing is. Both says
// that servers which keep modes apart are to have the weaker one as well, fresh that there was no placement.
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

// displace is called when that request was throttled: reads since have relied on what is not there.
func (t *placements) displace(path string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p := t.byPath.M[path]; p != nil {
		p.placed = false
		t.tidyLocked(path, p)
	}
}

// both reports whether a recursive watch is placed where a subscription is not recursive. Servers since 3.9 have one of each
// mode then, and so tell of the list of children also where its znodes are hidden. To others the recursive one, which
// comes last in the request that has both, is what counts.
func (p *placement) both() bool {
	return p.mode == Recursive && slices.ContainsFunc(p.subs, func(s *Listener) bool { return s.Mode == Persistent })
}

// strongest is the mode that the subscriptions need.
func (p *placement) strongest() (mode Mode) {
	for _, s := range p.subs {
		mode = max(mode, s.Mode)
	}
	return mode
}

// covers is called when a read that leaves a watch is encoded. It returns the epoch of the placement that brings the
// watch's events, 0 if there is none. One that nobody needs will be removed, and an AddWatch that was given up may
// never have made it.
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

// takePath takes out all subscriptions of a path and returns them.
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

// takeAll takes out all subscriptions and returns them in the order of their registration.
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

// count counts the subscriptions.
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
