package future_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/zkasync/zkasync-go/future"
)

func TestAll_ValuesInArgumentOrder(t *testing.T) {
	t.Parallel()
	ps, fs := pending(4, nil)
	all := future.All(fs...)
	for _, i := range []int{2, 0, 3} {
		ps[i].Resolve(i)
	}
	wantPending(t, all)
	ps[1].Resolve(1)
	if vs, err := all.Result(); err != nil || !slices.Equal(vs, []int{0, 1, 2, 3}) {
		t.Errorf("All gave (%v, %v)", vs, err)
	}
}

func TestAll_FirstFailureFailsItAtOnce(t *testing.T) {
	t.Parallel()
	ps, fs := pending(4, nil)
	all := future.All(fs...)
	ps[2].Reject(errTest)
	if vs, err := all.Result(); err != errTest || vs != nil {
		t.Errorf("All gave (%v, %v)", vs, err)
	}
	ps[0].Reject(errors.New("later"))
	ps[1].Resolve(1)
	if _, err := all.Result(); err != errTest {
		t.Errorf("All gave %v, want the first failure in the order of completion", err)
	}
	if _, err := future.All(fs...).Result(); err == errTest {
		t.Error("All of complete futures gave the second failure in the order of the arguments")
	}
}

func TestAll_NothingIsAnEmptySlice(t *testing.T) {
	t.Parallel()
	if vs, err := future.All[int]().Result(); vs == nil || len(vs) != 0 || err != nil {
		t.Errorf("All gave (%#v, %v)", vs, err)
	}
	if rs, err := future.Settle[int]().Result(); rs == nil || len(rs) != 0 || err != nil {
		t.Errorf("Settle gave (%#v, %v)", rs, err)
	}
}

func TestSettle_GivesAllOutcomesAndNeverFails(t *testing.T) {
	t.Parallel()
	ps, fs := pending(3, nil)
	settled := future.Settle(fs...)
	ps[1].Reject(errTest)
	ps[2].Resolve(2)
	wantPending(t, settled)
	ps[0].Resolve(0)
	want := []future.Result[int]{{Value: 0}, {Err: errTest}, {Value: 2}}
	if rs, err := settled.Result(); err != nil || !slices.Equal(rs, want) {
		t.Errorf("Settle gave (%v, %v), want %v", rs, err, want)
	}
}

func TestFirst_GivesTheFirstSuccess(t *testing.T) {
	t.Parallel()
	ps, fs := pending(4, nil)
	first := future.First(fs...)
	ps[0].Reject(errTest)
	wantPending(t, first)
	ps[3].Resolve(3)
	wantValue(t, first, 3)
	ps[1].Resolve(1)
	wantValue(t, first, 3)
	wantValue(t, future.First(fs...), 1)
}

func TestFirst_JoinsErrorsInArgumentOrder(t *testing.T) {
	t.Parallel()
	ps, fs := pending(3, nil)
	first := future.First(fs...)
	errs := []error{errors.New("e0"), errors.New("e1"), errors.New("e2")}
	for _, i := range []int{2, 0, 1} {
		ps[i].Reject(errs[i])
	}
	_, err := first.Result()
	for _, e := range errs {
		if !errors.Is(err, e) {
			t.Errorf("%v is not in %v", e, err)
		}
	}
	if err == nil || err.Error() != "e0\ne1\ne2" {
		t.Errorf("First gave %q", err)
	}
}

func TestFirst_NothingIsAnError(t *testing.T) {
	t.Parallel()
	wantError(t, future.First[int](), future.ErrNoFutures)
}

func TestCombinators_OneFutureTwice(t *testing.T) {
	t.Parallel()
	p := future.NewPromise[int](nil)
	f := p.Future()
	all, settled, first := future.All(f, f), future.Settle(f, f), future.First(f, f)
	p.Resolve(3)
	if vs, _ := all.Result(); !slices.Equal(vs, []int{3, 3}) {
		t.Errorf("All gave %v", vs)
	}
	if rs, _ := settled.Result(); len(rs) != 2 || rs[0] != rs[1] || rs[0].Value != 3 {
		t.Errorf("Settle gave %v", rs)
	}
	wantValue(t, first, 3)
	var order []int
	for i, r := range future.AsCompleted(t.Context(), f, f) {
		order = append(order, i, r.Value)
	}
	if !slices.Equal(order, []int{0, 3, 1, 3}) {
		t.Errorf("AsCompleted gave %v", order)
	}
}

// The futures never complete, and the bubble fails the test if a goroutine is still
// running when it returns.
func TestCombinators_StartNoGoroutine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, fs := pending(3, nil)
		f := future.First(fs...)
		future.All(fs...)
		future.Settle(fs...)
		future.Then(f, double)
		future.Recover(f, func(err error) (int, error) { return 0, err })
		future.FlatMap(f, future.Resolved[int])
		for range future.AsCompleted(t.Context(), append(fs, future.Resolved(1))...) {
			break
		}
	})
}

func TestCombinators_CompletedFromManyGoroutines(t *testing.T) {
	t.Parallel()
	const rounds, n = 100, 16
	for round := range rounds {
		ps, fs := pending(n, nil)
		var all *future.Future[[]int]
		var settled *future.Future[[]future.Result[int]]
		var first *future.Future[int]
		var wg sync.WaitGroup
		wg.Go(func() {
			all, settled, first = future.All(fs...), future.Settle(fs...), future.First(fs...)
		})
		for i, p := range ps {
			wg.Go(func() {
				if round%2 == 0 && i%4 == 0 {
					p.Reject(errTest)
				} else {
					p.Resolve(i)
				}
			})
		}
		wg.Wait()
		if vs, err := all.Result(); round%2 == 0 && err != errTest || round%2 == 1 && (err != nil || vs[n-1] != n-1) {
			t.Fatalf("All gave (%v, %v)", vs, err)
		}
		if rs, err := settled.Result(); err != nil || rs[n-1].Value != n-1 {
			t.Fatalf("Settle gave (%v, %v)", rs, err)
		}
		if _, err := first.Result(); err != nil {
			t.Fatalf("First gave %v", err)
		}
	}
}
