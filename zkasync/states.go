package zkasync

import (
	"sync"

	"github.com/zkasync/zkasync-go/future"
)

// states holds the current state and tells listeners of each change, in order.
type states struct {
	hooks *hookCalls

	mu        sync.Mutex
	lane      *lane // of the handler's; nil before the first start
	now       StateChange
	outbox    []StateChange // changes not yet told to any listener
	due       []*notice     // listener calls for the change that is being told
	telling   bool          // a goroutine is in tell
	listeners []*listener
	feeds     map[*stateFeed]struct{}
	ending    map[*stateFeed]struct{} // feeds that have been told of Closed
	scopes    map[*scope]struct{}
	scoped    uint64      // number of scopes created so far
	unheard   func() bool // reports whether the servers may not have heard from the session for its timeout; nil if that need not be feared
	stopping  bool        // the state may still be Connected, but the session is about to end
}

// listener is a callback of OnState.
type listener struct {
	fn      func(StateChange)
	removed bool // guarded by states.mu
}

func newStates(hooks *hookCalls) *states {
	return &states{hooks: hooks, feeds: make(map[*stateFeed]struct{})}
}

// use sets the lane on which listeners are called.
func (s *states) use(l *lane) {
	s.mu.Lock()
	s.lane = l
	s.mu.Unlock()
}

func (s *states) current() StateChange {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// note records the session's id, which the next change will report.
func (s *states) note(id int64) {
	s.mu.Lock()
	s.now.SessionID = id
	s.mu.Unlock()
}

// change makes the transition that next returns for the current state, if any, and tells everybody. If two goroutines do
// so at once, the first tells of both changes, so that there is one order.
func (s *states) change(next func(now StateChange) (StateChange, bool)) {
	s.set(next)
	s.tell((*lane).executeState)
}

// set is change for a caller that holds a lock that listeners may need; tell has to follow. Channels get the change at
// once: the goroutine in tell may be held up by an inline handler's callback, and endFeeds must not come before Closed.
func (s *states) set(next func(now StateChange) (StateChange, bool)) {
	s.mu.Lock()
	var ended []*scope
	change, ok := next(s.now)
	if ok {
		s.now = change
		ended = s.endedScopesLocked(change)
		s.outbox = append(s.outbox, change)
		s.hooks.stateChanged(change)
		for f := range s.feeds {
			f.Put(change)
		}
		if change.State == StateClosed {
			s.ending, s.feeds = s.feeds, make(map[*stateFeed]struct{})
		}
	}
	s.mu.Unlock()
	endScopes(ended, change)
}

// tell tells everybody of what has changed, unless another goroutine is in tell, which then tells of this as well. It passes
// the calls to execute. That may run them on a goroutine of the user's, and a callback may end that goroutine: then another
// one continues.
func (s *states) tell(execute func(*lane, future.Task)) {
	returned := false
	defer func() {
		if returned {
			return
		}
		s.mu.Lock()
		s.telling = false
		s.mu.Unlock()
		s.tell((*lane).executeState)
	}()
	s.tellAll(execute)
	returned = true
}

func (s *states) tellAll(execute func(*lane, future.Task)) {
	s.mu.Lock()
	if s.telling {
		s.mu.Unlock()
		return
	}
	s.telling = true
	for n := s.nextLocked(); n != nil; n = s.nextLocked() {
		lane := s.lane
		s.mu.Unlock()
		execute(lane, n)
		s.mu.Lock()
	}
	s.telling = false
	s.mu.Unlock()
}

// nextLocked returns the next call of a listener, or nil if there is none. Which listeners get a change is decided when its
// turn comes.
func (s *states) nextLocked() *notice {
	for len(s.due) == 0 && len(s.outbox) > 0 {
		for _, l := range s.listeners {
			s.due = append(s.due, &notice{s: s, l: l, change: s.outbox[0]})
		}
		s.outbox = s.outbox[1:]
	}
	if len(s.due) == 0 {
		return nil
	}
	n := s.due[0]
	s.due = s.due[1:]
	return n
}

// notice is the call of a listener on its way through the handler.
type notice struct {
	s      *states
	l      *listener
	change StateChange
}

func (n *notice) Run() {
	n.s.mu.Lock()
	removed := n.l.removed
	n.s.mu.Unlock()
	if !removed {
		n.l.fn(n.change)
	}
}

// String names the callback for reports about it.
func (n *notice) String() string { return "OnState callback for " + n.change.State.String() }

func (s *states) remove(l *listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l.removed = true
	for i, known := range s.listeners {
		if known == l {
			s.listeners = append(s.listeners[:i:i], s.listeners[i+1:]...)
			return
		}
	}
}

// drop ends one feed. endFeeds waits until that is done.
func (s *states) drop(f *stateFeed) {
	defer close(f.dropped)
	f.end()
	s.mu.Lock()
	delete(s.feeds, f)
	s.mu.Unlock()
}

// endFeeds ends the feeds that were told of Closed.
func (s *states) endFeeds() {
	s.mu.Lock()
	ending := s.ending
	s.ending = nil
	s.mu.Unlock()
	for f := range ending {
		if f.stopCtx() {
			f.end()
		} else {
			<-f.dropped
		}
	}
}
