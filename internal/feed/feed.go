package feed

import "sync"

// Feed delivers values to the reader of a channel. While the reader keeps up, no goroutine is needed; otherwise one moves the
// waiting values into the channel.
type Feed[T any] struct {
	ch    chan T        // closed by End
	done  chan struct{} // closed by End, before ch
	crew  *Crew         // joins the goroutine too, as End does; may be nil
	limit int           // how many values may wait; used only without a queue

	mu      sync.Mutex
	queue   Queue[T] // nil: values wait in the channel
	reading bool     // C has been called
	pumping bool
	err     error // why the feed has ended
	pumps   sync.WaitGroup
}

// Queued returns a feed whose channel has a capacity of room, which must be at least 1. Values that do not fit go into the queue.
// The feed's goroutine belongs to the crew, which may be nil.
func Queued[T any](room int, q Queue[T], crew *Crew) *Feed[T] {
	return &Feed[T]{ch: make(chan T, room), done: make(chan struct{}), queue: q, crew: crew}
}

// Bounded returns a feed in which no more than limit values may wait.
func Bounded[T any](limit int) *Feed[T] {
	return &Feed[T]{ch: make(chan T, limit+1), done: make(chan struct{}), limit: limit}
}

// Put adds one value. On a Bounded feed it returns false if more than limit values are waiting now; the feed must then be ended.
// Values that are put after the end are dropped.
func (f *Feed[T]) Put(v T) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return true
	}
	if f.queue == nil {
		fits := len(f.ch) < f.limit
		f.ch <- v // there is room for one beyond the limit, and only Put sends
		return fits
	}
	if f.queue.Front() == nil {
		select {
		case f.ch <- v:
			return true
		default:
		}
	}
	f.queue.Add(v)
	f.pumpLocked()
	return true
}

// C returns the channel. From then on the feed expects somebody to read from it.
func (f *Feed[T]) C() <-chan T {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reading = true
	f.pumpLocked()
	return f.ch
}

// Done returns a channel that is closed when the feed has ended.
func (f *Feed[T]) Done() <-chan struct{} { return f.done }

// Err returns why the feed has ended, or nil if it has not.
func (f *Feed[T]) Err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// pumpLocked starts the goroutine if there is work for it.
func (f *Feed[T]) pumpLocked() {
	if f.pumping || !f.reading || f.err != nil || f.queue == nil || f.queue.Front() == nil {
		return
	}
	f.pumping = true
	if f.crew != nil {
		f.crew.Enter()
	}
	f.pumps.Add(1)
	go f.pump()
}

// pump moves waiting values into the channel as the reader makes room.
func (f *Feed[T]) pump() {
	if f.crew != nil {
		defer f.crew.Leave()
	}
	defer f.pumps.Done()
	f.mu.Lock()
	defer f.mu.Unlock()
	for front := f.queue.Front(); f.err == nil && front != nil; front = f.queue.Front() {
		v := front.Value.(T)
		f.mu.Unlock()
		sent := false
		select {
		case f.ch <- v:
			sent = true
		case <-f.done:
		}
		f.mu.Lock()
		if sent {
			f.queue.Delivered(front)
		}
	}
	f.pumping = false
}

// End closes the channel after as many of the waiting values as fit, always including the latest. The first error is kept.
func (f *Feed[T]) End(err error) {
	f.mu.Lock()
	if f.err != nil {
		f.mu.Unlock()
		return
	}
	f.err = err
	close(f.done)
	f.mu.Unlock()
	f.pumps.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.queue != nil {
		f.keepLastLocked()
	}
	close(f.ch)
}

// keepLastLocked moves the values that fit into the channel, always including the latest.
func (f *Feed[T]) keepLastLocked() {
	for el := f.queue.Front(); el != nil; el = el.Next() {
		select {
		case f.ch <- el.Value.(T):
			continue
		default:
		}
		select {
		case <-f.ch: // drop the oldest value, unless the reader has just made room
		default:
		}
		f.ch <- f.queue.Back().Value.(T)
		return
	}
}
