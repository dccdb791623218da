package future

import (
	"context"
	"fmt"
	"sync"
)

// EachError says which item made an [Each] fail.
type EachError struct {
	Index int // of the item
	Err   error
}

// Error names the item by its index.
func (e *EachError) Error() string { return fmt.Sprintf("future: item %d: %v", e.Index, e.Err) }

// Unwrap returns Err.
func (e *EachError) Unwrap() error { return e.Err }

// EachOption is an option of [Each] and [SettleEach].
type EachOption struct{ apply func(*eachSpec) }

type eachSpec struct{ progress func(done, total int) }

// OnProgress calls fn with the number of items that are done, failures included, and the number of all. The calls are one
// at a time, and the numbers grow; the last one, with both equal, comes before the completion unless something ends the
// work early. Items that are done at the same time share a call. fn runs where start runs, and must not block either.
func OnProgress(fn func(done, total int)) EachOption {
	return EachOption{func(s *eachSpec) { s.progress = fn }}
}

// Each calls start for each item, in order, and returns a future of all values in the order of the items. At most limit
// of the futures that start returns are pending at a time, at least one. It is [All] for work that is too much to begin
// all at once, and holds no goroutine.
//
// When an item fails, or ctx is done, no further item is started. The future fails when those that were started are
// done, so nothing of the work goes on behind it. The error is an [*EachError]: that of the first item to fail, or the
// cause of ctx with the index of the first item that was not started.
//
// Each makes the first calls of start itself, and later ones where [Then] runs its functions. So start must not block:
// it should begin one operation with ctx and return its future. If it panics, the item fails with a [*PanicError]; if it
// returns nil, with [ErrNilFuture]. A nil ctx is never done.
func Each[A, T any](ctx context.Context, limit int, items []A, start func(ctx context.Context, item A) *Future[T], opts ...EachOption) *Future[[]T] {
	p := newBound[[]T](nil)
	values := make([]T, len(items))
	e := newEach(ctx, limit, items, start, opts)
	e.take = func(i int, v T, err error) error {
		if err != nil {
			return &EachError{i, err}
		}
		values[i] = v
		return nil
	}
	return beginEach(e, p, values)
}

// SettleEach is [Each] for work in which one failure does not matter to the rest: every item is started, and the future's
// value is the outcome of each, in the order of the items, as with [Settle]. Items that were not started because ctx was
// done have its cause as their error. The future fails only if a function given to [OnProgress] panics.
func SettleEach[A, T any](ctx context.Context, limit int, items []A, start func(ctx context.Context, item A) *Future[T], opts ...EachOption) *Future[[]Result[T]] {
	p := newBound[[]Result[T]](nil)
	results := make([]Result[T], len(items))
	e := newEach(ctx, limit, items, start, opts)
	e.settles = true
	e.take = func(i int, v T, err error) error {
		results[i] = Result[T]{v, err}
		return nil
	}
	return beginEach(e, p, results)
}

// beginEach starts the first items of e, which completes p with outcomes, or with an error.
func beginEach[A, T, O any](e *each[A, T], p *Promise[O], outcomes O) *Future[O] {
	e.lead = func(f *Future[T]) { p.f.lead(f.executor()) }
	e.end = func(err error, b *batch) {
		if err != nil {
			p.fail(err, b)
			return
		}
		p.f.complete(outcomes, nil, b)
	}
	e.mu.Lock()
	e.fill(nil)
	return p.Future()
}

// each is one Each or SettleEach.
type each[A, T any] struct {
	eachSpec
	ctx     context.Context
	limit   int
	items   []A
	start   func(context.Context, A) *Future[T]
	settles bool                              // go on after failures
	take    func(i int, v T, err error) error // keeps an outcome; an error ends the work
	lead    func(f *Future[T])                // is told of each future that start returns
	end     func(err error, b *batch)         // is called once

	mu      sync.Mutex
	filling bool // a goroutine is in fill
	next    int  // item to be started
	pending int  // started and not done
	done    int
	told    int // of done, by progress
	err     error
	ended   bool
}

func newEach[A, T any](ctx context.Context, limit int, items []A, start func(context.Context, A) *Future[T], opts []EachOption) *each[A, T] {
	if ctx == nil {
		ctx = context.Background()
	}
	e := &each[A, T]{ctx: ctx, limit: max(limit, 1), items: items, start: start}
	for _, o := range opts {
		if o.apply != nil {
			o.apply(&e.eachSpec)
		}
	}
	return e
}

// completed takes the outcome of an item.
func (e *each[A, T]) completed(i int, v T, err error, b *batch) {
	e.mu.Lock()
	e.pending--
	e.done++
	e.keepLocked(i, v, err)
	e.fill(b)
}

func (e *each[A, T]) keepLocked(i int, v T, err error) {
	if err = e.take(i, v, err); err != nil && e.err == nil {
		e.err = err
	}
}

// fill starts items while there is room, and unlocks. One goroutine at a time does so, which keeps the order; an item that
// is done at once is only counted by the call from within.
func (e *each[A, T]) fill(b *batch) {
	if e.filling {
		e.mu.Unlock()
		return
	}
	e.filling = true
	returned := false
	defer func() {
		if !returned { // a user function ends this goroutine, and the lock has been taken again behind it
			e.filling = false
			e.fill(b)
		}
	}()
	for {
		switch {
		case e.progress != nil && e.told != e.done && e.err == nil:
			e.tellLocked(b)
		case e.err == nil && e.next < len(e.items) && e.pending < e.limit:
			e.startLocked(b)
		default:
			e.filling = false
			over := !e.ended && e.pending == 0 && (e.err != nil || e.next == len(e.items))
			e.ended = e.ended || over
			err := e.err
			e.mu.Unlock()
			returned = true
			if over {
				e.end(err, b)
			}
			return
		}
	}
}

// tellLocked calls progress without the lock.
func (e *each[A, T]) tellLocked(b *batch) {
	e.told = e.done
	done := e.told
	e.mu.Unlock()
	tell := func(done int) (struct{}, error) {
		e.progress(done, len(e.items))
		return struct{}{}, nil
	}
	run(b, e.progress, tell, done, func(_ struct{}, err error) {
		e.mu.Lock()
		if err != nil && e.err == nil {
			e.err = err
		}
	})
}

// startLocked starts the next item without the lock, or drops it and those behind it if the context is done.
func (e *each[A, T]) startLocked(b *batch) {
	i := e.next
	if e.ctx.Err() != nil {
		e.dropLocked(context.Cause(e.ctx))
		return
	}
	e.next++
	e.pending++
	e.mu.Unlock()
	begin := func(item A) (*Future[T], error) { return e.start(e.ctx, item), nil }
	run(b, e.start, begin, e.items[i], func(f *Future[T], err error) {
		if err != nil {
			f = Failed[T](err)
		}
		e.lead(f)
		f.hookUsers(func(v T, err error, b *batch) { e.completed(i, v, err, b) })
		e.mu.Lock()
	})
}

func (e *each[A, T]) dropLocked(cause error) {
	var none T
	for ; e.next < len(e.items); e.next++ {
		e.done++
		if e.keepLocked(e.next, none, cause); !e.settles {
			return
		}
	}
}

// lead makes ex run f's callbacks if nothing else does.
func (f *Future[T]) lead(ex Executor) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ex == nil {
		f.ex = ex
	}
}
