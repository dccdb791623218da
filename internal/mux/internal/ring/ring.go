// Package ring provides a first-in-first-out queue that grows.
package ring

// keepRing is the capacity, in elements, up to which an emptied ring keeps its memory.
const keepRing = 4096

// Ring is a growable first-in-first-out queue. A channel has a fixed capacity and blocks when it is full; a slice that is
// re-sliced from the front would move or leak its head. The zero value is empty and ready to use.
type Ring[T any] struct {
	buf  []T // length is zero or a power of two
	head int
	n    int
}

func (r *Ring[T]) Len() int { return r.n }

func (r *Ring[T]) Push(v T) {
	if r.n == len(r.buf) {
		r.resize(max(16, 2*len(r.buf)))
	}
	r.buf[(r.head+r.n)&(len(r.buf)-1)] = v
	r.n++
}

// At returns a pointer to the i-th oldest element.
func (r *Ring[T]) At(i int) *T { return &r.buf[(r.head+i)&(len(r.buf)-1)] }

// Pop removes the oldest element; the ring must not be empty.
func (r *Ring[T]) Pop() T {
	slot := &r.buf[r.head]
	v := *slot
	var zero T
	*slot = zero
	r.head = (r.head + 1) & (len(r.buf) - 1)
	r.n--
	if r.n == 0 && len(r.buf) > keepRing {
		r.buf, r.head = nil, 0 // a burst is over; give its memory back
	}
	return v
}

// PushFront puts an element before all others.
func (r *Ring[T]) PushFront(v T) {
	if r.n == len(r.buf) {
		r.resize(max(16, 2*len(r.buf)))
	}
	r.head = (r.head - 1) & (len(r.buf) - 1)
	r.buf[r.head] = v
	r.n++
}

// DrainTo appends all elements to dst, oldest first, and empties the ring.
func (r *Ring[T]) DrainTo(dst []T) []T {
	for r.n > 0 {
		dst = append(dst, r.Pop())
	}
	return dst
}

func (r *Ring[T]) resize(size int) {
	buf := make([]T, size)
	for i := range r.n {
		buf[i] = *r.At(i)
	}
	r.buf, r.head = buf, 0
}
