package future_test

import (
	"sync"
	"testing"

	"github.com/zkasync/zkasync-go/future"
)

func TestOnDone_CallbacksRunInOrderOfLinking(t *testing.T) {
	t.Parallel()
	var q queue
	var tr trace
	p := future.NewPromise[int](&q)
	f := p.Future()
	for _, note := range []string{"a", "b", "c", "d"} {
		f.OnDone(tr.on(note))
	}
	p.Resolve(1)
	tr.want(t)
	f.OnDone(tr.on("late"))
	q.run()
	tr.want(t, "a", "b", "c", "d", "late")
	if n := q.run(); n != 0 {
		t.Errorf("%d tasks more", n)
	}
}

func TestOnDone_GivesTheOutcome(t *testing.T) {
	t.Parallel()
	p := future.NewPromise[int](nil)
	var got []any
	note := func(v int, err error) { got = append(got, v, err) }
	p.Future().OnDone(note)
	p.Future().OnDone(note)
	p.Reject(errTest)
	p.Future().OnDone(note)
	if len(got) != 6 {
		t.Fatalf("the callbacks got %v, want three outcomes", got)
	}
	for i := 0; i < len(got); i += 2 {
		if got[i] != 0 || got[i+1] != errTest {
			t.Errorf("callback %d got %v, %v", i/2, got[i], got[i+1])
		}
	}
}

func TestOnDone_NilFunctionIsIgnored(t *testing.T) {
	t.Parallel()
	var q queue
	p := future.NewPromise[int](&q)
	l := p.Future().OnDone(nil)
	p.Resolve(1)
	if n := q.run(); n != 0 || l.Unlink() {
		t.Errorf("a nil callback was posted as %d tasks", n)
	}
}

// Each goroutine links before, during and after the completion. Whatever the
// completer is doing, one goroutine's callbacks must keep their order, and each runs
// once.
func TestOnDone_StormKeepsOrderOfEachLinker(t *testing.T) {
	t.Parallel()
	const rounds, linkers, links = 100, 4, 40
	l := newLane(t)
	for range rounds {
		p := future.NewPromise[int](l)
		var ran [linkers][]int // written on the lane only
		var linked sync.WaitGroup
		for g := range linkers {
			linked.Go(func() {
				for k := range links {
					p.Future().OnDone(func(int, error) { ran[g] = append(ran[g], k) })
				}
			})
		}
		linked.Go(func() { p.Resolve(1) })
		linked.Wait()
		l.drain()
		for g := range ran {
			if len(ran[g]) != links {
				t.Fatalf("%d callbacks of goroutine %d ran, want %d", len(ran[g]), g, links)
			}
			for k, got := range ran[g] {
				if got != k {
					t.Fatalf("callbacks of goroutine %d ran in the order %v", g, ran[g])
				}
			}
		}
	}
}

// hookedQueue calls before when it is given its first task.
type hookedQueue struct {
	queue
	once   sync.Once
	before func()
}

func (q *hookedQueue) Execute(task future.Task) {
	q.once.Do(q.before)
	q.queue.Execute(task)
}

// While the completer hands the first of its callbacks to the executor, another
// goroutine links one more. It must not get in before the others.
func TestOnDone_LinkedWhilePostingComesAfterEarlierOnes(t *testing.T) {
	t.Parallel()
	var tr trace
	q := &hookedQueue{}
	p := future.NewPromise[int](q)
	q.before = func() {
		linked := make(chan struct{})
		go func() {
			defer close(linked)
			p.Future().OnDone(tr.on("late"))
			p.Future().OnDone(tr.on("later"))
		}()
		<-linked
	}
	p.Future().OnDone(tr.on("a"))
	p.Future().OnDone(tr.on("b"))
	p.Future().OnDone(tr.on("c"))
	p.Resolve(1)
	q.run()
	tr.want(t, "a", "b", "c", "late", "later")
}

func TestOnDone_NilExecutorRunsNestedLinksAfterEarlierOnes(t *testing.T) {
	t.Parallel()
	var tr trace
	p := future.NewPromise[int](nil)
	f := p.Future()
	f.OnDone(func(int, error) {
		tr.add("a")
		f.OnDone(tr.on("nested"))
	})
	f.OnDone(tr.on("b"))
	p.Resolve(1)
	tr.want(t, "a", "b", "nested")
}

func TestOnDone_PanicWithoutExecutorLosesNoCallback(t *testing.T) {
	t.Parallel()
	var tr trace
	p := future.NewPromise[int](nil)
	f := p.Future()
	f.OnDone(tr.on("a"))
	f.OnDone(func(int, error) { panic("first") })
	f.OnDone(tr.on("b"))
	f.OnDone(func(int, error) { panic("second") })
	f.OnDone(tr.on("c"))
	func() {
		defer func() {
			if recover() == nil {
				t.Error("Resolve swallowed the panic")
			}
		}()
		p.Resolve(1)
	}()
	tr.want(t, "a", "b", "c")
	f.OnDone(tr.on("late"))
	tr.want(t, "a", "b", "c", "late")
	wantValue(t, f, 1)
}

func TestOnDone_GoexitWithoutExecutorLosesNoCallback(t *testing.T) {
	t.Parallel()
	var tr trace
	p := future.NewPromise[int](nil)
	p.Future().OnDone(func(int, error) { exitGoroutine() })
	p.Future().OnDone(tr.on("b"))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.Resolve(1)
		t.Error("Resolve returned on a goroutine that ended")
	}()
	<-ended
	tr.want(t, "b")
}
