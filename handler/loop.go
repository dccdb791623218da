package handler

import "context"

// Loop is a handler whose callbacks run where the application wants, typically in the select of its main loop, along
// with other channels:
//
//	for {
//		select {
//		case run := <-loop.C():
//			run()
//		case <-ticker.C:
//			…
//		}
//	}
//
// All callbacks are in one sequence and run one at a time. Nothing runs while the loop does something else; the queue
// grows meanwhile. Stop runs what is left, on a goroutine that it joins. So if loop and callbacks share data without a
// lock, call Stop on the loop's goroutine or after the loop has ended.
//
// Create a Loop with NewLoop. It is safe for concurrent use.
type Loop struct{ core }

// NewLoop returns a Loop. Options: WithLogger, WithPanicHook.
func NewLoop(opts ...Option) *Loop {
	o := newOptions(opts)
	l := &Loop{}
	l.setUp(byLoop, 1, o, o.noTwoQueues())
	q := &l.queues[0]
	q.ready, q.run = make(chan func(), 1), l.runQueued
	return l
}

// C returns the channel that delivers a function whenever callbacks are queued. Calling it runs the callbacks queued by
// then; for those they queue, the channel delivers another, so that the loop gets to its other channels. A function that
// was received must be called, otherwise nothing runs until Stop. It may be called late, twice, from within a callback,
// or after Stop; it then runs what is left, if anything.
//
// The channel is the same for the life of the Loop and is never closed.
func (l *Loop) C() <-chan func() { return l.queues[0].ready }

// Run runs callbacks as they arrive until ctx is done, and returns ctx.Err(). What is queued by then is left for another
// Run, for C, or for Stop. Run does not return when the handler is stopped.
func (l *Loop) Run(ctx context.Context) error {
	ctx = orBackground(ctx)
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case run := <-l.C():
			run()
		}
	}
	return ctx.Err()
}

// Lane implements Handler.
func (l *Loop) Lane(Kind, string) Lane { return &l.queues[0] }

// runQueued runs what is queued now, unless another goroutine is doing so, which then
// makes sure that the loop is woken again.
func (l *Loop) runQueued() {
	q := &l.queues[0]
	l.mu.Lock()
	if q.held || q.waiting.empty() {
		l.mu.Unlock()
		return
	}
	q.acquireLocked()
	l.mu.Unlock()
	enter(q, byLoop)
}
