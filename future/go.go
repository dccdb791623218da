package future

import "context"

// Go runs fn with ctx on a goroutine of its own and returns a future of its result. A panic in fn fails the future with
// a *PanicError, runtime.Goexit with [ErrGoexit]. Go does not watch ctx; that is up to fn, which receives
// context.Background() if ctx is nil.
//
// The goroutine ends when fn has returned and the future has completed, so waiting for the future means waiting for the
// goroutine. The future has no executor: its callbacks run on that goroutine.
func Go[T any](ctx context.Context, fn func(context.Context) (T, error)) *Future[T] {
	if ctx == nil {
		ctx = context.Background()
	}
	p := NewPromise[T](nil)
	go work(ctx, p, fn)
	return p.Future()
}

func work[T any](ctx context.Context, p *Promise[T], fn func(context.Context) (T, error)) {
	run(nil, nil, fn, ctx, func(v T, err error) { p.f.complete(v, err, nil) })
}
