package feed

import "container/list"

// Queue holds values that wait for a reader. It belongs to a Feed, which guards it.
type Queue[T any] interface {
	// Add adds one value, which may replace others.
	Add(v T)
	// Front is the value to be read next, or nil if there is none; Back is the latest. Their Value is a T.
	Front() *list.Element
	Back() *list.Element
	// Delivered removes one that was read, unless it has been replaced meanwhile.
	Delivered(el *list.Element)
}

// FIFO is a queue that keeps everything.
type FIFO[T any] struct{ list.List }

// Add implements Queue.
func (q *FIFO[T]) Add(v T) { q.PushBack(v) }

// Delivered implements Queue.
func (q *FIFO[T]) Delivered(el *list.Element) { q.Remove(el) }
