package zkasync

import "slices"

// show makes a reading the latest and delivers it to everybody, unless it says nothing new.
func (l *Live[T]) show(turn uint64, r Reading[T]) {
	l.mu.Lock()
	if l.err != nil || l.turn != turn {
		l.mu.Unlock()
		return
	}
	l.refused, l.pauses, l.suspect = r.Err != nil, 0, suspicion{}
	if !l.refused {
		l.denials = 0
	}
	same := l.known && l.sameLocked(r)
	l.latest, l.known = r, true
	if r.Exists {
		l.version = l.kind.version(r.Value)
	}
	if same {
		l.mu.Unlock()
		return
	}
	select {
	case <-l.ch: // not received by anybody, and outdated now
	default:
	}
	l.ch <- r
	var due []*liveCall[T]
	for _, call := range l.calls {
		if !call.queued {
			call.queued = true
			due = append(due, call)
		}
	}
	l.mu.Unlock()
	for _, call := range due {
		call.lane.Execute(call)
	}
}

func (l *Live[T]) sameLocked(r Reading[T]) bool {
	was := l.latest
	switch {
	case was.Err != nil || r.Err != nil:
		return was.Err != nil && r.Err != nil && was.Err.Error() == r.Err.Error()
	case was.Exists && r.Exists:
		return l.kind.version(was.Value) == l.kind.version(r.Value) && (l.kind.same == nil || l.kind.same(was.Value, r.Value))
	default:
		return was.Exists == r.Exists
	}
}

// liveCall is a callback, and its call on its way through the handler, of which there is at most one.
type liveCall[T any] struct {
	l      *Live[T]
	fn     func(Reading[T])
	lane   *lane
	queued bool // guarded by l.mu
}

// OnChange calls fn with the current value, if there is one, and with later ones, on the client's handler, in one
// sequence with completions, watch events and state changes. Each call receives the value that is newest when it runs.
// After remove, fn is not called again; a call in progress is not waited for. If l has ended, or fn is nil, fn is never
// called.
func (l *Live[T]) OnChange(fn func(Reading[T])) (remove func()) {
	if fn == nil {
		return func() {}
	}
	call := &liveCall[T]{l: l, fn: fn, lane: l.c.watchLane(l.path)}
	l.mu.Lock()
	post := l.known && l.err == nil
	if l.err == nil {
		l.calls = append(l.calls, call)
	}
	call.queued = post
	l.mu.Unlock()
	if post {
		call.lane.ExecuteHere(call)
	}
	return call.remove
}

func (n *liveCall[T]) remove() {
	n.l.mu.Lock()
	defer n.l.mu.Unlock()
	if i := slices.Index(n.l.calls, n); i >= 0 {
		n.l.calls = slices.Delete(slices.Clone(n.l.calls), i, i+1)
	}
}

func (n *liveCall[T]) Run() {
	n.l.mu.Lock()
	n.queued = false
	latest, wanted := n.l.latest, slices.Contains(n.l.calls, n)
	n.l.mu.Unlock()
	if wanted {
		n.fn(latest)
	}
}

// String names the callback for reports about it.
func (n *liveCall[T]) String() string { return "OnChange callback for " + printable(n.l.path) }
