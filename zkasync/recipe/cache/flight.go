package cache

import (
	"github.com/zkasync/zkasync-go/future"
)

// flying is a request that has been sent. Replies come in the order of the requests, so the oldest is always the next.
type flying interface {
	ready() bool
	done() <-chan struct{}
	settle(l *loop)
}

// request is a flying request whose reply is a T.
type request[T any] struct {
	f   *future.Future[T]
	w   *work
	use func(*loop, *work, T, error)
}

func (r *request[T]) ready() bool           { return r.f.Ready() }
func (r *request[T]) done() <-chan struct{} { return r.f.Done() }

func (r *request[T]) settle(l *loop) {
	v, err := r.f.Result()
	r.use(l, r.w, v, err)
}

func fly[T any](l *loop, f *future.Future[T], w *work, use func(*loop, *work, T, error)) {
	l.flight.push(&request[T]{f, w, use})
}
