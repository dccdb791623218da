package future

import "runtime/debug"

// Then returns a future of what fn returns for f's value. If f fails, it fails with the same error and fn is not called.
// A panic in fn fails it with a *[PanicError].
//
// fn runs on the goroutine that completes f, or inside Then if f is complete. For futures of a client, it runs on a
// goroutine that the client keeps for this purpose, or inside Then if f is complete and no function of a future that
// completed earlier is still to run. An fn that blocks delays whatever completes after f: for work that blocks, use [Go]
// or [Future.OnDone].
func Then[T, U any](f *Future[T], fn func(T) (U, error)) *Future[U] {
	p := newBound[U](f.executor())
	f.hookUsers(func(v T, err error, b *batch) {
		if err != nil {
			p.fail(err, b)
			return
		}
		run(b, fn, fn, v, func(u U, err error) { p.f.complete(u, err, b) })
	})
	return p.Future()
}

// Recover returns a future of f's value or, if f fails, of what fn returns for the error. A panic in fn fails it with a
// *PanicError. See [Then] for where fn runs and what it delays.
func Recover[T any](f *Future[T], fn func(error) (T, error)) *Future[T] {
	p := newBound[T](f.executor())
	f.hookUsers(func(v T, err error, b *batch) {
		if err == nil {
			p.f.complete(v, nil, b)
			return
		}
		run(b, fn, fn, err, func(v T, err error) { p.f.complete(v, err, b) })
	})
	return p.Future()
}

// FlatMap returns a future that completes like the future that fn returns for f's value. If f fails, it fails with the
// same error and fn is not called. A panic in fn fails it with a *[PanicError], a nil future with [ErrNilFuture], and
// the very future that FlatMap returned with [ErrCycle]. See [Then] for where fn runs and what it delays.
func FlatMap[T, U any](f *Future[T], fn func(T) *Future[U]) *Future[U] {
	p := newBound[U](f.executor())
	f.hookUsers(func(v T, err error, b *batch) {
		if err != nil {
			p.fail(err, b)
			return
		}
		step := func(v T) (*Future[U], error) { return fn(v), nil }
		run(b, fn, step, v, func(inner *Future[U], err error) { p.adopt(inner, err, b) })
	})
	return p.Future()
}

// Transform is [FlatMap] for both outcomes of f: fn is always called, with f's value or with the zero value and f's error.
func Transform[T, U any](f *Future[T], fn func(T, error) *Future[U]) *Future[U] {
	p := newBound[U](f.executor())
	f.hookUsers(func(v T, err error, b *batch) { transform(b, p, fn, v, err) })
	return p.Future()
}

// transform is run for [Transform], without closures: packages built on futures call it for each step.
func transform[T, U any](b *batch, p *Promise[U], fn func(T, error) *Future[U], v T, outcome error) {
	var inner *Future[U]
	err := ErrGoexit
	defer func() {
		b.leave()
		if r := recover(); r != nil {
			err = &PanicError{Value: r, Stack: debug.Stack()}
		}
		p.adopt(inner, err, b)
	}()
	b.enter(fn)
	inner, err = fn(v, outcome), nil
}

// adopt completes p like inner, the future that a user function has returned.
func (p *Promise[T]) adopt(inner *Future[T], err error, b *batch) {
	switch {
	case err != nil:
		p.fail(err, b)
	case inner == p.Future():
		p.fail(ErrCycle, b)
	default:
		p.f.follows(inner)
		if inner != nil && inner.completed.Load() {
			p.f.complete(inner.value, inner.err, b)
			return
		}
		inner.hook(b, hookFunc[T](p.follow))
	}
}

// newBound returns a promise that needs a user function to run first.
func newBound[T any](ex Executor) *Promise[T] {
	p := NewPromise[T](ex)
	p.f.needs = true
	return p
}

// follow completes p with the outcome of another future.
func (p *Promise[T]) follow(v T, err error, b *batch) { p.f.complete(v, err, b) }

func (p *Promise[T]) fail(err error, b *batch) {
	var zero T
	p.f.complete(zero, err, b)
}
