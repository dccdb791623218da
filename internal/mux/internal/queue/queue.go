// Package queue holds the requests that have been accepted but not written.
//
// # Goroutines
//
// The end of a context starts guarded.expire, which ends at once; Queue.Wait joins it.
package queue

import (
	"context"
	"sync"

	"github.com/zkasync/zkasync-go/internal/mux/internal/request"
	"github.com/zkasync/zkasync-go/internal/mux/internal/ring"
)

// Queue holds the requests that have been accepted but not written, oldest first. While it guards, it watches the contexts of
// new requests, and a request whose context ends fails at once. The caller of a method must hold the queue's lock, unless the
// method's comment says otherwise.
type Queue struct {
	mu       *sync.Mutex
	waiting  ring.Ring[request.Request]
	Gone     int // elements of waiting that have failed because their contexts ended
	Guarding bool
	guards   sync.WaitGroup // contexts being watched
}

// Init prepares the queue; mu becomes its lock. The queue guards from the beginning.
func (q *Queue) Init(mu *sync.Mutex) { q.mu, q.Guarding = mu, true }

// Push adds a request at the end.
func (q *Queue) Push(r request.Request) {
	if q.Guarding {
		r = q.guarded(r)
	}
	q.waiting.Push(r)
}

// PushFront puts a request before all others.
func (q *Queue) PushFront(r request.Request) {
	if q.Guarding {
		r = q.guarded(r)
	}
	q.waiting.PushFront(r)
}

// Len returns the number of queued requests, including those that have failed since and were not yet removed.
func (q *Queue) Len() int { return q.waiting.Len() }

// At returns the i-th oldest request.
func (q *Queue) At(i int) request.Request {
	r := *q.waiting.At(i)
	if g, ok := r.(*guarded); ok {
		return g.Request
	}
	return r
}

// Take removes the oldest request and returns it, or nil if it has failed because its context ended.
func (q *Queue) Take() request.Request {
	r := q.waiting.Pop()
	if g, ok := r.(*guarded); ok {
		return g.take()
	}
	return r
}

// Drain appends all queued requests to dst, oldest first, and empties the queue.
func (q *Queue) Drain(dst []request.Request) []request.Request {
	for q.Len() > 0 {
		if r := q.Take(); r != nil {
			dst = append(dst, r)
		}
	}
	return dst
}

// Aside holds requests that were taken out of a queue for a while. The zero value is empty.
type Aside struct{ waiting ring.Ring[request.Request] }

// SetAside empties the queue. It returns the requests for which keep returns true, for PutBack, and drops the others.
func (q *Queue) SetAside(keep func(request.Request) bool) (aside Aside) {
	for q.waiting.Len() > 0 {
		if r := q.waiting.Pop(); keep(r) {
			aside.waiting.Push(r)
		}
	}
	return aside
}

// PutBack adds what was set aside to the end of the queue.
func (q *Queue) PutBack(aside Aside) {
	for aside.waiting.Len() > 0 {
		q.waiting.Push(aside.waiting.Pop())
	}
}

// guarded is a queued request whose context is watched because the request may wait long: there is no live connection, or its
// writer is stuck. While the writer keeps up, no context is watched, since the writer checks each just before it writes.
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

// CompactGone is the least number of failed requests in the queue at which it is compacted, if they are at least half of it.
const CompactGone = 64

// guarded returns r wrapped so that its context is watched, or r itself if it has no context.
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

// Guard starts to watch the contexts of all queued requests, and of those that will be queued.
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

// GuardNew starts to watch the contexts of requests that will be queued.
func (q *Queue) GuardNew() { q.Guarding = true }

// Unguard watches no context of requests that will be queued: whoever takes a request checks its context.
func (q *Queue) Unguard() { q.Guarding = false }

// Wait returns when no goroutine that handles the end of a context is left. The caller must not hold the lock.
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

// take stops watching the context and returns the request, or nil if the context has ended first.
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

// SkipGone removes failed requests from the front of the queue.
func (q *Queue) SkipGone() {
	for q.waiting.Len() > 0 {
		if g, ok := (*q.waiting.At(0)).(*guarded); !ok || g.state != guardGone {
			return
		}
		q.Take()
	}
}

// compact removes failed requests, so that they do not pile up during a long outage.
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
