// Package queue holds what has been accepted and not written.
//
// # Goroutines
//
// A context's end starts guarded.expire, which ends at once; Queue.Wait joins it.
package queue

import (
	"context"
	"sync"

	"github.com/zkasync/zkasync-go/internal/mux/internal/request"
	"github.com/zkasync/zkasync-go/internal/mux/internal/ring"
)

// Queue holds what has been accepted and not written, oldest first. While it guards, it watches the contexts of what it
// holds. Its methods want the lock that it is made with held; where they do not, they say so.
type Queue struct {
	mu       *sync.Mutex
	waiting  ring.Ring[request.Request]
	Gone     int // elements of waiting that their contexts took back
	Guarding bool
	guards   sync.WaitGroup // contexts being watched
}

// Init makes a queue that guards, under a lock.
func (q *Queue) Init(mu *sync.Mutex) { q.mu, q.Guarding = mu, true }

// Push adds a request at the end.
func (q *Queue) Push(r request.Request) {
	if q.Guarding {
		r = q.guarded(r)
	}
	q.waiting.Push(r)
}

// PushFront puts a request before all others.
func (q *Queue) PushFront(r request.Request) { q.waiting.PushFront(r) }

// Len counts what is queued, and what its context has taken back and nobody has taken since.
func (q *Queue) Len() int { return q.waiting.Len() }

// At returns the i-th oldest request.
func (q *Queue) At(i int) request.Request {
	r := *q.waiting.At(i)
	if g, ok := r.(*guarded); ok {
		return g.Request
	}
	return r
}

// Take removes the oldest request; nil when its context took it back.
func (q *Queue) Take() request.Request {
	r := q.waiting.Pop()
	if g, ok := r.(*guarded); ok {
		return g.take()
	}
	return r
}

// Drain appends what is queued, oldest first, and leaves the queue empty.
func (q *Queue) Drain(dst []request.Request) []request.Request {
	for q.Len() > 0 {
		if r := q.Take(); r != nil {
			dst = append(dst, r)
		}
	}
	return dst
}

// Aside is what was taken out of a queue for a while. The zero value is nothing.
type Aside struct{ waiting ring.Ring[request.Request] }

// SetAside removes all that is queued and is to be kept, for PutBack; what is not is dropped.
func (q *Queue) SetAside(keep func(request.Request) bool) (aside Aside) {
	for q.waiting.Len() > 0 {
		if r := q.waiting.Pop(); keep(r) {
			aside.waiting.Push(r)
		}
	}
	return aside
}

// PutBack adds what was set aside at the end.
func (q *Queue) PutBack(aside Aside) {
	for aside.waiting.Len() > 0 {
		q.waiting.Push(aside.waiting.Pop())
	}
}

// guarded is a queued request whose context is watched, because it may wait long: there is no live connection, or its
// writer is stuck. On a flowing connection no context is watched, the writer looks at it just before it writes.
type guarded struct {
	request.Request
	q     *Queue
	stop  func() bool
	state guardState
}

type guardState uint8

const (
	guardQueued guardState = iota
	guardTaken
	guardGone
)

// CompactGone is the number of withdrawn requests from which on the queue is compacted when they are the majority.
const CompactGone = 64

// guarded wraps r when its context can end.
func (q *Queue) guarded(r request.Request) request.Request {
	ctx := r.Context()
	if ctx == nil {
		return r
	}
	g := &guarded{Request: r, q: q}
	q.guards.Add(1)
	g.stop = context.AfterFunc(ctx, func() { g.expire(ctx) })
	return g
}

// Guard starts watching the contexts of all that is queued and of what will be.
func (q *Queue) Guard() {
	if q.Guarding {
		return
	}
	q.Guarding = true
	for i := range q.waiting.Len() {
		slot := q.waiting.At(i)
		if _, ok := (*slot).(*guarded); !ok {
			*slot = q.guarded(*slot)
		}
	}
}

// GuardNew starts watching the contexts of what will be queued.
func (q *Queue) GuardNew() { q.Guarding = true }

// Unguard leaves the contexts of what comes to whoever takes it.
func (q *Queue) Unguard() { q.Guarding = false }

// Wait returns when no goroutine of a context's end is left. The lock is not held.
func (q *Queue) Wait() { q.guards.Wait() }

// expire runs when the context has ended.
func (g *guarded) expire(ctx context.Context) {
	defer g.q.guards.Done()
	g.q.mu.Lock()
	withdrawn := g.state == guardQueued
	if withdrawn {
		g.state = guardGone
		g.q.Gone++
		g.q.compact()
	}
	g.q.mu.Unlock()
	if withdrawn {
		g.Fail(request.ContextFailure(ctx))
	}
}

// take ends the watch; nil when the context came first.
func (g *guarded) take() request.Request {
	if g.state == guardGone {
		g.q.Gone--
		return nil
	}
	g.state = guardTaken
	if g.stop() {
		g.q.guards.Done()
	}
	return g.Request
}

// SkipGone drops the oldest requests as far as their contexts took them back.
func (q *Queue) SkipGone() {
	for q.waiting.Len() > 0 {
		if g, ok := (*q.waiting.At(0)).(*guarded); !ok || g.state != guardGone {
			return
		}
		q.Take()
	}
}

// compact drops withdrawn requests, so that a long outage does not collect them.
func (q *Queue) compact() {
	if q.Gone < CompactGone || q.Gone*2 < q.waiting.Len() {
		return
	}
	for range q.waiting.Len() {
		r := q.waiting.Pop()
		if g, ok := r.(*guarded); ok && g.state == guardGone {
			continue
		}
		q.waiting.Push(r)
	}
	q.Gone = 0
}
