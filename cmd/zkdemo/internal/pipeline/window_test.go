package pipeline

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/zkasync/zkasync-go/future"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestWindow_SettlesInTheOrderOfAsking(t *testing.T) {
	t.Parallel()
	w := New(10, 1000, time.Minute)
	var got []int
	promises := make([]*future.Promise[int], 3)
	for i := range promises {
		promises[i] = future.NewPromise[int](nil)
		Add(w, "", 1, promises[i].Future(), func(v int, err error) { got = append(got, v) })
	}
	for i := len(promises) - 1; i >= 0; i-- { // answered in reverse
		promises[i].Resolve(i)
	}
	if err := w.SettleAll(t.Context()); err != nil || !slices.Equal(got, []int{0, 1, 2}) {
		t.Fatalf("settled %v, %v", got, err)
	}
}

func TestWindow_HoldsBackByDepthAndByBytes(t *testing.T) {
	t.Parallel()
	w := New(2, 100, time.Minute)
	ignore := func(int, error) {}
	if !w.Fits(1000) {
		t.Error("an empty window must let in one request that is larger than its budget")
	}
	Add(w, "", 60, future.Resolved(1), ignore)
	if w.Fits(60) || !w.Fits(40) {
		t.Error("the budget of bytes is not kept")
	}
	Add(w, "", 10, future.Resolved(1), ignore)
	if w.Fits(1) {
		t.Error("the depth is not kept")
	}
	if err := w.SettleAll(t.Context()); err != nil || !w.Fits(100) {
		t.Errorf("after settling: %v, fits %v", err, w.Fits(100))
	}
}

func TestWindow_SettlesWhatAnAnswerAdds(t *testing.T) {
	t.Parallel()
	w := New(1, 1, time.Minute)
	steps := 0
	var again func(int, error)
	again = func(int, error) {
		if steps++; steps < 5 {
			Add(w, "", 1, future.Resolved(steps), again)
		}
	}
	Add(w, "", 1, future.Resolved(0), again)
	if err := w.SettleAll(t.Context()); err != nil || steps != 5 {
		t.Fatalf("%d steps, %v", steps, err)
	}
}

func TestWindow_GivesUpAndKeepsWhatIsUnanswered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := New(4, 100, 10*time.Second)
		Add(w, "first", 1, future.NewPromise[int](nil).Future(), func(int, error) { t.Error("settled without an answer") })
		Add(w, "second", 1, future.Resolved(2), func(int, error) { t.Error("settled before its turn") })
		if err := w.Settle(t.Context()); !errors.Is(err, ErrNoAnswer) {
			t.Errorf("patience over: %v", err)
		}
		ctx, stop := context.WithCancelCause(t.Context())
		cause := errors.New("interrupted")
		stop(cause)
		if err := w.Settle(ctx); !errors.Is(err, cause) {
			t.Errorf("interrupted: %v", err)
		}
		if labels := w.Labels(); !slices.Equal(labels, []string{"first", "second"}) {
			t.Errorf("left in the window: %v", labels)
		}
	})
}

func TestWindow_HandsOverTheFailure(t *testing.T) {
	t.Parallel()
	w := New(1, 1, time.Minute)
	cause := errors.New("no")
	var got error
	Add(w, "", 1, future.Failed[int](cause), func(_ int, err error) { got = err })
	if err := w.SettleAll(t.Context()); err != nil || got != cause {
		t.Fatalf("got %v, settle %v", got, err)
	}
}
