package future_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/zkasync/zkasync-go/future"
)

// begun is a start function for promises that the test completes.
type begun struct {
	mu sync.Mutex
	ps []*future.Promise[int]
}

func (b *begun) start(_ context.Context, item int) *future.Future[int] {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := future.NewPromise[int](nil)
	b.ps = append(b.ps, p)
	return p.Future()
}

func (b *begun) wants(t *testing.T, n int) {
	t.Helper()
	if len(b.ps) != n {
		t.Fatalf("%d items were started, want %d", len(b.ps), n)
	}
}

func numbers(n int) []int {
	items := make([]int, n)
	for i := range items {
		items[i] = i
	}
	return items
}

func TestEach_BoundsWhatIsPending(t *testing.T) {
	t.Parallel()
	var b begun
	var told []int
	all := future.Each(t.Context(), 3, numbers(5), b.start, future.OnProgress(func(done, total int) { told = append(told, done, total) }))
	b.wants(t, 3)
	b.ps[1].Resolve(10)
	b.wants(t, 4)
	b.ps[0].Resolve(0)
	b.wants(t, 5)
	b.ps[4].Resolve(40)
	b.ps[2].Resolve(20)
	wantPending(t, all)
	b.ps[3].Resolve(30)
	if vs, err := all.Result(); err != nil || !slices.Equal(vs, []int{0, 10, 20, 30, 40}) {
		t.Errorf("Each gave (%v, %v)", vs, err)
	}
	if !slices.Equal(told, []int{1, 5, 2, 5, 3, 5, 4, 5, 5, 5}) {
		t.Errorf("progress was told as %v", told)
	}
}

func TestEach_FailureStartsNothingMoreAndWaitsForTheRest(t *testing.T) {
	t.Parallel()
	var b begun
	all := future.Each(t.Context(), 3, numbers(10), b.start)
	b.ps[1].Reject(errTest)
	b.ps[0].Reject(errors.New("later"))
	b.wants(t, 3)
	wantPending(t, all)
	b.ps[2].Resolve(2)
	var e *future.EachError
	if vs, err := all.Result(); vs != nil || !errors.Is(err, errTest) || !errors.As(err, &e) || e.Index != 1 {
		t.Errorf("Each gave (%v, %v)", vs, err)
	}
}

func TestEach_ContextEndsIt(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	var b, s begun
	all := future.Each(ctx, 2, numbers(10), b.start)
	settled := future.SettleEach(ctx, 2, numbers(4), s.start)
	cancel(errTest)
	b.ps[0].Resolve(0)
	s.ps[0].Resolve(7)
	wantPending(t, all)
	wantPending(t, settled)
	b.ps[1].Resolve(1)
	s.ps[1].Resolve(8)
	b.wants(t, 2)
	s.wants(t, 2)
	var e *future.EachError
	if _, err := all.Result(); !errors.Is(err, errTest) || !errors.As(err, &e) || e.Index != 2 {
		t.Errorf("Each gave %v", err)
	}
	rs, err := settled.Result()
	if err != nil || rs[0].Value != 7 || rs[1].Value != 8 || rs[2].Err != errTest || rs[3].Err != errTest {
		t.Errorf("SettleEach gave (%v, %v)", rs, err)
	}
}

func TestSettleEach_GoesOnAfterFailures(t *testing.T) {
	t.Parallel()
	odd := func(_ context.Context, item int) *future.Future[int] {
		switch item % 4 {
		case 0:
			return future.Resolved(item)
		case 1:
			return future.Failed[int](errTest)
		case 2:
			return nil
		default:
			panic("no")
		}
	}
	const n = 20_000         // recursion would not come so far
	var none context.Context // counts as Background
	rs, err := future.SettleEach(none, 0, numbers(n), odd).Result()
	if err != nil || len(rs) != n {
		t.Fatalf("SettleEach gave %d results, %v", len(rs), err)
	}
	var panicked *future.PanicError
	for i := 0; i < n; i += 4 {
		if rs[i].Value != i || rs[i+1].Err != errTest || rs[i+2].Err != future.ErrNilFuture || !errors.As(rs[i+3].Err, &panicked) {
			t.Fatalf("results %v", rs[i:i+4])
		}
	}
}

func TestEach_NothingIsAnEmptySlice(t *testing.T) {
	t.Parallel()
	var b begun
	if vs, err := future.Each(t.Context(), 1, nil, b.start).Result(); vs == nil || len(vs) != 0 || err != nil {
		t.Errorf("Each gave (%#v, %v)", vs, err)
	}
	if rs, err := future.SettleEach(t.Context(), 1, []int{}, b.start).Result(); rs == nil || len(rs) != 0 || err != nil {
		t.Errorf("SettleEach gave (%#v, %v)", rs, err)
	}
}

// A start that ends its goroutine costs its own item, and one that panics in the progress ends the work; neither leaves the
// future pending.
func TestEach_FunctionsThatDoNotReturn(t *testing.T) {
	t.Parallel()
	p := future.NewPromise[int](nil)
	all := future.SettleEach(t.Context(), 1, numbers(3), func(_ context.Context, item int) *future.Future[int] {
		switch item {
		case 0:
			return p.Future()
		case 1:
			runtime.Goexit()
		}
		return future.Resolved(item)
	})
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		p.Resolve(0)
	}()
	<-exited
	if rs, err := all.Result(); err != nil || rs[1].Err != future.ErrGoexit || rs[2].Value != 2 {
		t.Errorf("SettleEach gave (%v, %v)", rs, err)
	}
	var b begun
	broken := future.SettleEach(t.Context(), 1, numbers(3), b.start, future.OnProgress(func(int, int) { panic("no") }))
	b.ps[0].Resolve(0)
	var panicked *future.PanicError
	if _, err := broken.Result(); !errors.As(err, &panicked) {
		t.Errorf("SettleEach gave %v", err)
	}
	b.wants(t, 1)
}

func TestEach_ManyGoroutinesCompleteIt(t *testing.T) {
	t.Parallel()
	const n = 2000
	var mu sync.Mutex
	pending, most, last := 0, 0, 0
	all := future.Each(t.Context(), 7, numbers(n), func(ctx context.Context, item int) *future.Future[int] {
		mu.Lock()
		pending++
		most = max(most, pending)
		mu.Unlock()
		return future.Go(ctx, func(context.Context) (int, error) {
			mu.Lock()
			pending--
			mu.Unlock()
			return item, nil
		})
	}, future.OnProgress(func(done, _ int) {
		if done <= last {
			t.Errorf("progress fell from %d to %d", last, done)
		}
		last = done
	}))
	vs, err := all.Get(t.Context())
	if err != nil || !slices.Equal(vs, numbers(n)) || most > 7 || last != n {
		t.Errorf("Each gave %d values and %v, with %d at a time and the progress %d", len(vs), err, most, last)
	}
}

func TestAllOf_FuturesOfDifferentTypes(t *testing.T) {
	t.Parallel()
	number, word := future.NewPromise[int](nil), future.NewPromise[string](nil)
	all, settled := future.AllOf(number.Future(), word.Future()), future.SettleOf(number.Future(), word.Future(), nil)
	number.Resolve(1)
	wantPending(t, all)
	wantPending(t, settled)
	word.Reject(errTest)
	if _, err := all.Result(); err != errTest {
		t.Errorf("AllOf gave %v", err)
	}
	if errs, err := settled.Result(); err != nil || errs[0] != nil || errs[1] != errTest || errs[2] != future.ErrNilFuture {
		t.Errorf("SettleOf gave (%v, %v)", errs, err)
	}
	if _, err := future.AllOf(future.Resolved(1), future.Resolved("a")).Result(); err != nil {
		t.Errorf("AllOf gave %v", err)
	}
	if _, err := future.AllOf().Result(); err != nil {
		t.Errorf("AllOf gave %v", err)
	}
	if errs, err := future.SettleOf().Result(); err != nil || errs == nil || len(errs) != 0 {
		t.Errorf("SettleOf gave (%#v, %v)", errs, err)
	}
}

// A failed AllOf keeps nothing on the futures that are still pending.
func TestAllOf_FailsAtOnceWithTheFirstFailure(t *testing.T) {
	t.Parallel()
	never := future.NewPromise[int](nil)
	if _, err := future.AllOf(never.Future(), future.Failed[string](errTest)).Result(); err != errTest {
		t.Errorf("AllOf gave %v", err)
	}
}
