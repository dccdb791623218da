package feed

import (
	"context"
	"iter"
)

// All ranges over a channel until it is closed or ctx ends. The error in the last pair says which: it is what why returns if the
// channel was closed, or the cause of ctx.
func All[T any](ctx context.Context, ch <-chan T, why func() error) iter.Seq2[T, error] {
	if ctx == nil {
		ctx = context.Background()
	}
	return func(yield func(T, error) bool) {
		var zero T
		for ctx.Err() == nil {
			select {
			case v, open := <-ch:
				if !open {
					yield(zero, why())
					return
				}
				if !yield(v, nil) {
					return
				}
			case <-ctx.Done():
			}
		}
		yield(zero, context.Cause(ctx))
	}
}
