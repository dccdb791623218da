package future

import "sync/atomic"

// Untyped is a *[Future] of any type, for [AllOf] and [SettleOf]. No other type implements it.
type Untyped interface {
	// Done is [Future.Done].
	Done() <-chan struct{}
	// Ready is [Future.Ready].
	Ready() bool

	executor() Executor
	isBound() bool
	hookOutcome(fn func(err error, b *batch)) Link
}

func (f *Future[T]) hookOutcome(fn func(err error, b *batch)) Link {
	return f.hook(nil, hookFunc[T](func(_ T, err error, b *batch) { fn(err, b) }))
}

// AllOf is [All] for futures of different types: it completes when all of them have, and fails at once with the first
// failure, in the order of completion. The values are in the futures.
func AllOf(fs ...Untyped) *Future[Void] {
	fs, ex := present(fs)
	p := NewPromise[Void](ex)
	if len(fs) == 0 {
		p.Resolve(Void{})
	}
	var left atomic.Int64
	left.Store(int64(len(fs)))
	t := tie(&p.f, fs, false)
	gatherOutcomes(fs, func(i int, err error, b *batch) bool {
		t.untie(i)
		if err != nil {
			p.fail(err, b)
			return false
		}
		if left.Add(-1) == 0 {
			p.f.complete(Void{}, nil, b)
		}
		return true
	})
	return p.Future()
}

// SettleOf is [Settle] for futures of different types: it completes when all of them have, and never fails. The value is
// the error of each, nil for a success, in the order of the arguments; errors.Join makes one error of them.
func SettleOf(fs ...Untyped) *Future[[]error] {
	fs, ex := present(fs)
	p := NewPromise[[]error](ex)
	errs := make([]error, len(fs))
	if len(fs) == 0 {
		p.Resolve(errs)
	}
	var left atomic.Int64
	left.Store(int64(len(fs)))
	t := tie(&p.f, fs, false)
	gatherOutcomes(fs, func(i int, err error, b *batch) bool {
		t.untie(i)
		errs[i] = err
		if left.Add(-1) == 0 {
			p.f.complete(errs, nil, b)
		}
		return true
	})
	return p.Future()
}

// present replaces nil interfaces, and returns the first executor.
func present(fs []Untyped) (all []Untyped, ex Executor) {
	all = make([]Untyped, len(fs))
	for i, f := range fs {
		if f == nil {
			f = (*Future[Void])(nil)
		}
		if all[i] = f; ex == nil {
			ex = f.executor()
		}
	}
	return all, ex
}

// gatherOutcomes is gather without values.
func gatherOutcomes(fs []Untyped, each func(i int, err error, b *batch) bool) {
	g := &gathering[Void]{links: make([]Link, 0, len(fs))}
	for i, f := range fs {
		l := f.hookOutcome(func(err error, b *batch) {
			if !each(i, err, b) {
				g.stop()
			}
		})
		if !g.add(l) {
			return
		}
	}
}
