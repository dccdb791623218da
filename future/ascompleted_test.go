package future_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zkasync/zkasync-go/future"
)

func TestAsCompleted_GivesOrderOfCompletion(t *testing.T) {
	t.Parallel()
	ps, fs := pending(5, nil)
	ps[4].Resolve(40)
	ps[1].Reject(errTest)
	rest := []int{3, 0, 2} // completed one by one inside the loop
	var order []int
	for i, r := range future.AsCompleted(t.Context(), fs...) {
		order = append(order, i)
		if i == 1 && r.Err != errTest || i != 1 && (r.Err != nil || r.Value != 10*i) {
			t.Errorf("future %d gave %v", i, r)
		}
		if len(rest) > 0 {
			ps[rest[0]].Resolve(10 * rest[0])
			rest = rest[1:]
		}
	}
	// 1 and 4 were complete at the start and come in the order of the arguments.
	if want := []int{1, 4, 3, 0, 2}; !slices.Equal(order, want) {
		t.Errorf("got the order %v, want %v", order, want)
	}
}

func TestAsCompleted_WaitsForCompletions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ps, fs := pending(3, nil)
		for i, p := range ps {
			time.AfterFunc(time.Duration(3-i)*time.Second, func() { p.Resolve(i) })
		}
		start := time.Now()
		var order []int
		for i := range future.AsCompleted(t.Context(), fs...) {
			order = append(order, i)
			if at := time.Since(start); at != time.Duration(3-i)*time.Second {
				t.Errorf("future %d was given after %v", i, at)
			}
		}
		if want := []int{2, 1, 0}; !slices.Equal(order, want) {
			t.Errorf("got the order %v, want %v", order, want)
		}
	})
}

func TestAsCompleted_NothingEndsAtOnce(t *testing.T) {
	t.Parallel()
	for i := range future.AsCompleted[int](t.Context()) {
		t.Errorf("gave %d", i)
	}
}

func TestAsCompleted_ContextEndsTheWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		ps, fs := pending(3, nil)
		ps[1].Resolve(1)
		start := time.Now()
		var order []int
		for i := range future.AsCompleted(ctx, fs...) {
			order = append(order, i)
		}
		if !slices.Equal(order, []int{1}) || time.Since(start) != time.Second {
			t.Errorf("gave %v and ended after %v", order, time.Since(start))
		}
		ps[0].Resolve(0)
		wantValue(t, fs[0], 0)
	})
}

func TestAsCompleted_GivesWhatIsCompleteThoughContextEnded(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 20 {
		ps, fs := pending(4, nil)
		ps[0].Resolve(0)
		ps[2].Resolve(2)
		var order []int
		for i := range future.AsCompleted(ctx, fs...) {
			order = append(order, i)
		}
		if !slices.Equal(order, []int{0, 2}) {
			t.Fatalf("gave %v, want [0 2]", order)
		}
	}
}

func TestAsCompleted_PrefersOutcomeToContextEnd(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 {
		p := future.NewPromise[int](nil)
		given := false
		for range future.AsCompleted(lateContext{ended, p}, p.Future()) {
			given = true
		}
		if !given {
			t.Fatal("the outcome was not given")
		}
	}
}

func TestAsCompleted_RangesAnewEachTime(t *testing.T) {
	t.Parallel()
	fs := []*future.Future[int]{future.Resolved(1), future.Resolved(2)}
	seq := future.AsCompleted(t.Context(), fs...)
	fs[0] = nil // the sequence has its own copy
	for range 2 {
		sum := 0
		for _, r := range seq {
			sum += r.Value
		}
		if sum != 3 {
			t.Errorf("one range gave %d, want 3", sum)
		}
	}
}

func TestAsCompleted_CompletedFromManyGoroutines(t *testing.T) {
	t.Parallel()
	const rounds, n = 100, 16
	for range rounds {
		ps, fs := pending(n, nil)
		for i, p := range ps {
			go p.Resolve(i)
		}
		seen := make(map[int]bool)
		for i, r := range future.AsCompleted(t.Context(), fs...) {
			if seen[i] || r.Value != i {
				t.Fatalf("future %d gave %v, seen before: %v", i, r, seen[i])
			}
			seen[i] = true
		}
		if len(seen) != n {
			t.Fatalf("gave %d futures, want %d", len(seen), n)
		}
	}
}
