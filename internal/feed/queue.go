package feed

import "container/list"

// Queue holds values that wait for a reader. The Feed that it belongs to guards it with a lock.
type Queue[T any] interface {
	// Add adds one value, which may replace others.
	Add(v T)
	// Front returns the element that is read next, and Back the latest one; both return nil if the queue is empty. The
	// elements' values are of type T.
	Front() *list.Element
	Back() *list.Element
	// Delivered removes an element that was read, unless it has been replaced meanwhile.
	Delivered(el *list.Element)
}

// FIFO is a queue that keeps everything.
type FIFO[T any] struct{ list.List }

// Add implements Queue.
func (q *FIFO[T]) Add(v T) { q.PushBack(v) }

// Delivered implements Queue.
func (q *FIFO[T]) Delivered(el *list.Element) { q.Remove(el) }
