package zkasync

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
)

// SessionEndError is the cause of contexts of [Client.SessionContext] and [Client.ConnectedContext] that have ended.
type SessionEndError struct {
	SessionID int64 // of the session that the context was for; 0 if there was none
	State     State // that ended it
	Err       error // the error of that state change
}

// Error says what has happened to the session.
func (e *SessionEndError) Error() string {
	text := fmt.Sprintf("zkasync: session %#x: the client is %v", e.SessionID, e.State)
	if e.Err != nil {
		text += ": " + bare(e.Err)
	}
	return text
}

// Unwrap returns Err.
func (e *SessionEndError) Unwrap() error { return e.Err }

// errUnheard says why contexts end although there is a connection.
var errUnheard = errors.New("nothing that was sent within the session timeout was answered")

// scope is a context that ends with a state.
type scope struct {
	id        int64
	seq       uint64 // contexts end in the order in which they were created
	suspended bool   // it survives StateSuspended
	cancel    context.CancelCauseFunc
	unwatch   func() bool // of the context's end
}

// endedBy reports whether a change ends the scope.
func (s *scope) endedBy(change StateChange) bool {
	alive := change.State == StateConnected || change.State == StateSuspended && s.suspended
	return !alive || change.SessionID != s.id
}

func (s *scope) end(change StateChange) {
	s.unwatch() // the context is forgotten, and a goroutine waiting for it could outlive Close
	err := change.Err
	if err == nil && change.State == StateClosed {
		err = ErrClosed
	}
	s.cancel(&SessionEndError{SessionID: s.id, State: change.State, Err: err})
}

// scope returns a context that lives as long as the state is Connected or alive.
func (s *states) scope(parent context.Context, alive State) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(orBackground(parent))
	sc := &scope{suspended: alive == StateSuspended, cancel: cancel}
	sc.unwatch = context.AfterFunc(ctx, func() { s.forget(sc) })
	s.mu.Lock()
	now := s.seen()
	sc.id = s.now.SessionID
	over := sc.endedBy(now) || ctx.Err() != nil
	if !over {
		if s.scopes == nil {
			s.scopes = make(map[*scope]struct{})
		}
		s.scoped++
		sc.seq = s.scoped
		s.scopes[sc] = struct{}{}
	}
	s.mu.Unlock()
	if over {
		sc.end(now)
		return ctx, func() {}
	}
	return ctx, func() {
		sc.unwatch()
		s.forget(sc)
		cancel(context.Canceled)
	}
}

// seen returns the state as contexts see it: a session that is about to be ended is over.
func (s *states) seen() StateChange {
	switch {
	case s.stopping:
		return StateChange{State: StateClosed, SessionID: s.now.SessionID}
	case s.unheard != nil && s.now.State == StateConnected && s.unheard():
		return StateChange{State: StateLost, SessionID: s.now.SessionID, Err: errUnheard}
	default:
		return s.now
	}
}

// doubt ends all contexts, and prevents new ones, while there is a connection but the servers may not have heard from the
// session for its timeout, as unheard reports. Nil ends the doubt.
func (s *states) doubt(unheard func() bool) {
	s.mu.Lock()
	s.unheard = unheard
	now := s.seen()
	ended := s.endedScopesLocked(now)
	s.mu.Unlock()
	endScopes(ended, now)
}

// stopScopes ends all contexts, before the session ends: by the time the state becomes Closed, its znodes are gone.
func (s *states) stopScopes() {
	s.mu.Lock()
	s.stopping = true
	now := s.seen()
	ended := s.endedScopesLocked(now)
	s.mu.Unlock()
	endScopes(ended, now)
}

func (s *states) forget(sc *scope) {
	s.mu.Lock()
	delete(s.scopes, sc)
	s.mu.Unlock()
}

// endedScopesLocked removes the contexts that a change ends.
func (s *states) endedScopesLocked(change StateChange) (ended []*scope) {
	if change.State == StateConnecting {
		s.stopping = false
	}
	for sc := range s.scopes {
		if sc.endedBy(change) {
			delete(s.scopes, sc)
			ended = append(ended, sc)
		}
	}
	slices.SortFunc(ended, func(a, b *scope) int { return cmp.Compare(a.seq, b.seq) })
	return ended
}

// endScopes is called without the lock, because parent contexts may be the user's own and are asked for their values.
func endScopes(ended []*scope, change StateChange) {
	for _, sc := range ended {
		sc.end(change)
	}
}
