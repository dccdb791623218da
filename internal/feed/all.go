package feed

import (
	"context"
	"iter"
)

// All ranges over a channel until it is closed or ctx is done. The last pair carries the reason: the cause of ctx, or what why
// returns for the channel.
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
