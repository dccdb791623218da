package cache

import (
	"context"
	"iter"
	"sync"
)

// Subscription is a reader of a cache's changes. It comes from [Cache.Subscribe], and ends with Close and with the
// cache. It is safe for concurrent use, but its events are for one reader.
//
// When the first load is complete, it begins with everything that is cached, as Created, parents first; then come Synced
// and each change from then on. Changes come in the order in which they were made, that of their zxids, across all
// znodes. When one arrives, [Cache.Get] shows it, or something newer, and every change before it.
//
// Several changes of one znode that wait for the reader, or that are made while the cache reads the znode, are merged
// into one from the last reported state to the newest; but a deletion is always reported. So a slow reader delays
// nothing, and what waits for it is bounded by the size of the cache. The place of a deletion during an outage is not
// always known: it is then reported later rather than sooner.
type Subscription struct {
	root  string
	drop  func(*Subscription) // removes it from the cache's list
	since uint64              // the last change that it began with
	wake  chan struct{}       // signals that something waits
	done  chan struct{}       // closed by end
	ch    chan Event          // made by C; closed by pump
	pumps sync.WaitGroup

	mu      sync.Mutex
	tell    func() // called when something waits, for OnChange; nil: there is no callback
	telling bool   // tell was called, and turned has not been called since
	waiting fifo[*item]
	byPath  map[string]*item
	dead    int     // how many of those that wait are dead
	split   []Event // the rest of a change that is reported as two events
	err     error   // why it has ended
}

// item is something to report.
type item struct {
	change
	synced bool
	dead   bool // something later has taken its place
}

// begin adds everything that is cached. seq is the number of the last change in it: later calls of put add only newer ones.
func (s *Subscription) begin(entries []*Entry, seq uint64, synced bool) {
	defer s.signal()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return
	}
	for _, e := range entries {
		s.add(&item{change: change{path: e.Path, new: e}})
	}
	if synced {
		s.add(&item{synced: true})
	}
	s.since = seq
}

// put adds the changes of a slot.
func (s *Subscription) put(from *slot) {
	defer s.rouse()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return
	}
	for _, ch := range from.changes {
		if ch.seq > s.since {
			s.merge(ch)
		}
	}
	if from.synced {
		s.replace("", &item{synced: true})
	}
}

// merge adds a change. It replaces one of the same znode that waits, except that a deletion stays when the znode was created
// again.
func (s *Subscription) merge(ch change) {
	switch was := s.byPath[ch.path]; {
	case was == nil:
	case was.new == nil && ch.new != nil:
		delete(s.byPath, ch.path)
	default:
		ch.old = was.old
	}
	s.replace(ch.path, &item{change: ch})
}

// replace adds an item in place of one with the same path that waits. It adds nothing if both together have changed nothing.
func (s *Subscription) replace(path string, it *item) {
	if was := s.byPath[path]; was != nil {
		was.dead = true
		delete(s.byPath, path)
		s.dead++
	}
	if it.synced || !isSame(it.old, it.new) {
		s.add(it)
	}
	s.sweep()
}

func (s *Subscription) add(it *item) {
	s.byPath[it.path] = it
	s.waiting.push(it)
}

// sweep removes dead items once they are at least half of what waits.
func (s *Subscription) sweep() {
	if s.dead < spareItems || s.dead < s.waiting.len()/2 {
		return
	}
	var kept fifo[*item]
	for _, it := range s.waiting.all() {
		if !it.dead {
			kept.push(it)
		}
	}
	s.waiting, s.dead = kept, 0
}

// next returns the next event, or false if none waits.
func (s *Subscription) next() (Event, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.split) == 0 {
		if s.waiting.len() == 0 {
			return Event{}, false
		}
		it := s.waiting.pop()
		if it.dead {
			s.dead--
			continue
		}
		if s.byPath[it.path] == it {
			delete(s.byPath, it.path)
		}
		if it.synced {
			return Event{Kind: Synced}, true
		}
		s.split = it.events()
	}
	e := s.split[0]
	s.split = s.split[1:]
	return e, true
}

// rouse tells the reader that something may wait. It calls tell without the lock, since a callback may run there.
func (s *Subscription) rouse() {
	s.signal()
	s.mu.Lock()
	due := s.tell != nil && !s.telling && s.waits()
	s.telling = s.telling || due
	s.mu.Unlock()
	if due {
		s.tell()
	}
}

func (s *Subscription) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// tellBy makes s call tell when something waits, and then not again before turned is called.
func (s *Subscription) tellBy(tell func()) {
	s.mu.Lock()
	s.tell = tell
	s.mu.Unlock()
	s.rouse()
}

// turned says that the call of tell has been dealt with.
func (s *Subscription) turned() {
	s.mu.Lock()
	s.telling = false
	s.mu.Unlock()
	s.rouse()
}

func (s *Subscription) waits() bool { return len(s.split) > 0 || s.waiting.len() > s.dead }

// All ranges over the events until s or ctx has ended; the last pair carries the reason, that of Err or of ctx. Events that
// waited when the cache ended still come. Leaving the loop does not end s.
func (s *Subscription) All(ctx context.Context) iter.Seq2[Event, error] {
	if ctx == nil {
		ctx = context.Background()
	}
	return func(yield func(Event, error) bool) {
		for ctx.Err() == nil {
			over := s.Err() // read before next, so that no event is missed
			e, ok := s.next()
			switch {
			case ok:
				if !yield(e, nil) {
					return
				}
				continue
			case over != nil:
				yield(Event{}, over)
				return
			}
			select {
			case <-s.wake:
			case <-s.done:
			case <-ctx.Done():
			}
		}
		yield(Event{}, context.Cause(ctx))
	}
}

// C returns a channel of the events, the same one at each call, as an alternative to All. It needs a goroutine until s has
// ended. Then it is closed; Err says why. Events that have not been received by then are dropped.
func (s *Subscription) C() <-chan Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch == nil {
		s.ch = make(chan Event)
		if s.err != nil {
			close(s.ch)
			return s.ch
		}
		s.pumps.Add(1)
		go s.pump()
	}
	return s.ch
}

// pump is the goroutine that C starts. end joins it.
func (s *Subscription) pump() {
	defer s.pumps.Done()
	defer close(s.ch)
	for e, err := range s.All(context.Background()) {
		if err != nil {
			return
		}
		select {
		case s.ch <- e:
		case <-s.done:
			return
		}
	}
}

// Done returns a channel that is closed when s has ended.
func (s *Subscription) Done() <-chan struct{} { return s.done }

// Err returns why s has ended, or nil if it has not: [ErrClosed] after Close, or what [Cache.Err] says.
func (s *Subscription) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Close ends s at once. Events that wait are dropped.
func (s *Subscription) Close() {
	s.drop(s)
	s.end(&Error{Op: "follow", Path: s.root, Err: ErrClosed})
	s.mu.Lock()
	s.waiting, s.byPath, s.split = fifo[*item]{}, nil, nil
	s.mu.Unlock()
}

func (s *Subscription) end(err error) {
	s.mu.Lock()
	first := s.err == nil
	if first {
		s.err = err
		close(s.done)
	}
	s.mu.Unlock()
	s.pumps.Wait()
}
