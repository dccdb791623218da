package future_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zkasync/zkasync-go/future"
)

func TestGo_GivesWhatFnReturns(t *testing.T) {
	t.Parallel()
	f := future.Go(t.Context(), func(context.Context) (int, error) { return 5, nil })
	<-f.Done()
	wantValue(t, f, 5)
	f = future.Go(t.Context(), func(context.Context) (int, error) { return 5, errTest })
	<-f.Done()
	wantError(t, f, errTest)
}

func TestGo_HandsTheContextToFn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		f := future.Go(ctx, func(ctx context.Context) (int, error) {
			<-ctx.Done()
			return 0, ctx.Err()
		})
		synctest.Wait()
		wantPending(t, f)
		<-f.Done()
		wantError(t, f, context.DeadlineExceeded)
	})
}

// If the goroutine outlived the completion by more than its last step, the bubble
// would find it.
func TestGo_GoroutineEndsWithTheFuture(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		f := future.Go(t.Context(), func(context.Context) (int, error) { <-release; return 1, nil })
		synctest.Wait()
		wantPending(t, f)
		close(release)
		if v, err := f.Get(t.Context()); v != 1 || err != nil {
			t.Errorf("Get gave (%v, %v)", v, err)
		}
	})
}
