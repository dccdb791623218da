package future

import (
	"context"
	"iter"
	"slices"
)

// AsCompleted ranges over the outcomes of fs as they arrive: each step yields the index of a future among the arguments
// and its outcome. Futures that are complete when the range begins come first, in the order of the arguments; the others
// follow in the order of their completion.
//
// ctx limits the waiting, as in [Future.Get]: once it has ended, the range still yields what has completed, and then
// ends instead of waiting. It yields nothing for futures that are still pending. Ending early, by ctx or by break,
// leaves nothing behind, and the futures complete as before. For a future for which waiting could never end it yields
// [ErrWouldDeadlock], see Future.Get.
//
// Each range over the returned sequence starts anew and yields all of fs.
func AsCompleted[T any](ctx context.Context, fs ...*Future[T]) iter.Seq2[int, Result[T]] {
	fs = slices.Clone(fs) // it is read when the range runs, the caller's may have changed
	return func(yield func(int, Result[T]) bool) {
		type outcome struct {
			i int
			r Result[T]
		}
		outcomes := make(chan outcome, len(fs)) // room for all: a completion never waits
		g := gather(refuseWaits(fs), func(i int, v T, err error, _ *batch) bool {
			outcomes <- outcome{i, Result[T]{v, err}}
			return true
		})
		defer g.stop()
		for range fs {
			o, ok := receive(ctx, outcomes)
			if !ok || !yield(o.i, o.r) {
				return
			}
		}
	}
}

// refuseWaits puts a failure for each future whose completion the caller cannot wait
// for.
func refuseWaits[T any](fs []*Future[T]) []*Future[T] {
	may := fs
	for i, f := range fs {
		if !f.isBound() {
			continue
		}
		if err := f.refuseWait(); err != nil {
			if &may[0] == &fs[0] {
				may = slices.Clone(fs)
			}
			may[i] = Failed[T](err)
		}
	}
	return may
}

// receive waits for a value until ctx ends, and prefers a value that is there to
// the end of ctx.
func receive[T any](ctx context.Context, c <-chan T) (v T, ok bool) {
	select {
	case v = <-c:
		return v, true
	case <-doneOf(ctx):
	}
	select { // with both ready, select takes either
	case v = <-c:
		return v, true
	default:
		return v, false
	}
}
