package mux

import "context"

// guarded is a queued request whose context is watched, because it may wait long: there is no live connection, or its
// writer is stuck. On a flowing connection no context is watched, the writer looks at it just before it writes.
type guarded struct {
	Request
	m     *Mux
	stop  func() bool
	state guardState // guarded by m.mu
}

type guardState uint8

const (
	guardQueued guardState = iota
	guardTaken
	guardGone
)

// compactGone is the number of withdrawn requests from which on the queue is compacted when they are the majority.
const compactGone = 64

// guardLocked wraps r when its context can end.
func (m *Mux) guardLocked(r Request) Request {
	ctx := r.Context()
	if ctx == nil {
		return r
	}
	g := &guarded{Request: r, m: m}
	m.guards.Add(1)
	g.stop = context.AfterFunc(ctx, func() { g.expire(ctx) })
	return g
}

// guardQueue is guardQueueLocked for who has no lock.
func (m *Mux) guardQueue() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.guardQueueLocked()
}

// guardQueueLocked starts watching the contexts of all that is queued and of what will be.
func (m *Mux) guardQueueLocked() {
	if m.guard {
		return
	}
	m.guard = true
	for i := range m.queue.len() {
		slot := m.queue.at(i)
		if _, ok := (*slot).(*guarded); !ok {
			*slot = m.guardLocked(*slot)
		}
	}
}

// expire runs when the context has ended.
func (g *guarded) expire(ctx context.Context) {
	defer g.m.guards.Done()
	g.m.mu.Lock()
	withdrawn := g.state == guardQueued
	if withdrawn {
		g.state = guardGone
		g.m.gone++
		g.m.compactLocked()
	}
	g.m.mu.Unlock()
	if withdrawn {
		g.Fail(contextFailure(ctx))
	}
}

// takeLocked ends the watch; nil when the context came first.
func (g *guarded) takeLocked() Request {
	if g.state == guardGone {
		g.m.gone--
		return nil
	}
	g.state = guardTaken
	if g.stop() {
		g.m.guards.Done()
	}
	return g.Request
}

// skipGoneLocked drops the oldest requests as far as their contexts took them back.
func (m *Mux) skipGoneLocked() {
	for m.queue.len() > 0 {
		if g, ok := (*m.queue.at(0)).(*guarded); !ok || g.state != guardGone {
			return
		}
		m.takeLocked()
	}
}

// compactLocked drops withdrawn requests, so that a long outage does not collect them.
func (m *Mux) compactLocked() {
	if m.gone < compactGone || m.gone*2 < m.queue.len() {
		return
	}
	for range m.queue.len() {
		r := m.queue.pop()
		if g, ok := r.(*guarded); ok && g.state == guardGone {
			continue
		}
		m.queue.push(r)
	}
	m.gone = 0
}

func contextFailure(ctx context.Context) Failure {
	return Failure{Reason: ReasonContext, Cause: ctx.Err()}
}
