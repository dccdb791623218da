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
// ctx limits the waiting, as in [Future.Get]: once it is done, the range yields what has completed by then and ends
// without waiting for the rest. Ending early, by ctx or by break, leaves nothing behind, and the futures complete as
// before. A future for which waiting could never end yields [ErrWouldDeadlock], see Future.Get.
//
// Each range over the returned sequence starts afresh and yields all of fs.
func AsCompleted[T any](ctx context.Context, fs ...*Future[T]) iter.Seq2[int, Result[T]] {
	fs = slices.Clone(fs) // copied because it is read when the range runs, and the caller's slice may have changed by then
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

// refuseWaits replaces each future whose completion the caller cannot wait for with
// a failed one.
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

// receive waits for a value until ctx is done. A value that is available wins over
// a done ctx.
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
