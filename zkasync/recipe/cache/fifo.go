package cache

// fifo is a queue that releases its memory.
type fifo[T any] struct {
	items []T
	head  int // the index of the first item
}

func (q *fifo[T]) len() int    { return len(q.items) - q.head }
func (q *fifo[T]) all() []T    { return q.items[q.head:] }
func (q *fifo[T]) push(item T) { q.items = append(q.items, item) }

func (q *fifo[T]) pop() T {
	var none T
	item := q.items[q.head]
	q.items[q.head] = none
	q.head++
	switch {
	case q.head == len(q.items):
		*q = fifo[T]{items: q.items[:0]}
		if cap(q.items) > spareItems {
			q.items = nil
		}
	case q.head > spareItems && q.head > len(q.items)/2:
		*q = fifo[T]{items: append([]T(nil), q.all()...)}
	}
	return item
}

// spareItems is how much room an empty queue may keep.
const spareItems = 1024
