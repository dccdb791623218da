package future

// Promise is the writing side of a [Future]. It is safe for concurrent use. Its zero value is ready to use and has no
// executor. It can be embedded by value in a larger struct, which its future then keeps alive. It must not be copied
// after first use (go vet reports copies).
type Promise[T any] struct {
	f Future[T]
}

// NewPromise returns a promise whose future runs its callbacks on ex. With a nil
// Executor they run on the goroutine that completes the promise, or on the one
// that links them if that comes later.
func NewPromise[T any](ex Executor) *Promise[T] {
	p := new(Promise[T])
	p.Init(ex)
	return p
}

// Init sets p's executor. It is for promises embedded by value in another struct, and must be called before p is used
// in any other way.
func (p *Promise[T]) Init(ex Executor) { p.f.ex = ex }

// Future returns the reading side, the same pointer on each call.
func (p *Promise[T]) Future() *Future[T] { return &p.f }

// Resolve completes the future with a value. It reports whether it did: false
// means that the future was complete already, and nothing has changed.
func (p *Promise[T]) Resolve(v T) bool { return p.f.complete(v, nil, nil) }

// Reject completes the future with an error. It reports whether it did, as
// Resolve does. A nil err becomes [ErrNilError].
func (p *Promise[T]) Reject(err error) bool {
	var zero T
	return p.f.complete(zero, orNilError(err), nil)
}

// Observe calls fn with the outcome when p's future completes, or at once if it is complete. It is for whoever makes the
// promise and accounts for it, not for users of the future: fn runs on the goroutine that completes it, before the
// callbacks, and in no executor. It must not block. Whoever waits for the future may continue before fn has run.
func (p *Promise[T]) Observe(fn func(v T, err error)) {
	p.f.hook(nil, hookFunc[T](func(v T, err error, _ *batch) { fn(v, err) }))
}

// Resolved returns a future that is complete with v. It has no executor.
func Resolved[T any](v T) *Future[T] {
	f := &Future[T]{value: v}
	f.completed.Store(true)
	return f
}

// Failed returns a future that is complete with err. It has no executor. A nil
// err becomes [ErrNilError].
func Failed[T any](err error) *Future[T] {
	f := &Future[T]{err: orNilError(err)}
	f.completed.Store(true)
	return f
}

func orNilError(err error) error {
	if err == nil {
		return ErrNilError
	}
	return err
}
