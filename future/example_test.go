package future_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/zkasync/zkasync-go/future"
)

// A future in select, beside a deadline. It is not spoiled by not being there in
// time.
func ExampleFuture_Done() {
	p := future.NewPromise[string](nil)
	f := p.Future()

	deadline := time.NewTimer(time.Millisecond)
	defer deadline.Stop()
	select {
	case <-f.Done():
		fmt.Println(f.Result())
	case <-deadline.C:
		fmt.Println("not in time")
	}

	p.Resolve("here now")
	<-f.Done()
	fmt.Println(f.Result())
	// Output:
	// not in time
	// here now <nil>
}

func ExampleFuture_C() {
	names, sizes := future.Resolved("config"), future.NewPromise[int](nil).Future()
	select {
	case r := <-names.C():
		fmt.Println(r.Value, r.Err)
	case r := <-sizes.C():
		fmt.Println(r.Value, r.Err)
	}
	// Output: config <nil>
}

func ExampleFuture_Get() {
	p := future.NewPromise[int](nil)
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()

	_, err := p.Future().Get(ctx)
	fmt.Println(errors.Is(err, context.DeadlineExceeded), err)

	p.Resolve(42)
	fmt.Println(p.Future().Get(ctx)) // complete: the context does not matter
	// Output:
	// true future: wait ended: context deadline exceeded
	// 42 <nil>
}

func ExampleFuture_Result() {
	p := future.NewPromise[int](nil)
	_, err := p.Future().Result()
	fmt.Println(p.Future().Ready(), errors.Is(err, future.ErrPending))
	p.Resolve(42)
	fmt.Println(p.Future().Ready())
	fmt.Println(p.Future().Result())
	// Output:
	// false true
	// true
	// 42 <nil>
}

func ExampleFuture_OnDone() {
	p := future.NewPromise[int](nil)
	f := p.Future()
	f.OnDone(func(v int, err error) { fmt.Println("first:", v, err) })
	f.OnDone(func(v int, err error) { fmt.Println("second:", v, err) })
	p.Resolve(42)
	f.OnDone(func(v int, err error) { fmt.Println("late:", v, err) })
	// Output:
	// first: 42 <nil>
	// second: 42 <nil>
	// late: 42 <nil>
}

func ExampleLink_Unlink() {
	p := future.NewPromise[int](nil)
	link := p.Future().OnDone(func(int, error) { fmt.Println("not printed") })
	fmt.Println(link.Unlink())
	p.Resolve(42)
	fmt.Println(link.Unlink())
	// Output:
	// true
	// false
}

// printer is an executor that runs each task at once, saying which.
type printer struct{}

func (printer) Execute(task future.Task) {
	fmt.Println("a task:")
	task.Run()
}

func ExampleExecutor() {
	p := future.NewPromise[int](printer{})
	p.Future().OnDone(func(v int, _ error) { fmt.Println(v) })
	p.Resolve(42)
	// Output:
	// a task:
	// 42
}

func ExampleNewPromise() {
	p := future.NewPromise[int](nil)
	go p.Resolve(42)
	fmt.Println(p.Future().Get(context.Background()))
	// Output: 42 <nil>
}

func ExamplePromise_Resolve() {
	p := future.NewPromise[int](nil)
	fmt.Println(p.Resolve(1), p.Resolve(2))
	fmt.Println(p.Future().Result())
	// Output:
	// true false
	// 1 <nil>
}

func ExamplePromise_Reject() {
	p := future.NewPromise[int](nil)
	p.Reject(errors.New("no such node"))
	fmt.Println(p.Future().Result())
	// Output: 0 no such node
}

func ExamplePromise_Future() {
	size := func(path string) *future.Future[int] {
		p := future.NewPromise[int](nil)
		go p.Resolve(len(path)) // the writing side stays here
		return p.Future()       // the reading side goes to the caller
	}
	fmt.Println(size("/config").Get(context.Background()))
	// Output: 7 <nil>
}

// A promise by value in another struct: one allocation for both.
func ExamplePromise_Init() {
	type operation struct {
		path  string
		reply future.Promise[int]
	}
	op := &operation{path: "/config"}
	op.reply.Init(printer{})
	op.reply.Future().OnDone(func(v int, _ error) { fmt.Println(op.path, v) })
	op.reply.Resolve(42)
	// Output:
	// a task:
	// /config 42
}

func ExampleResolved() {
	fmt.Println(future.Resolved(42).Result())
	// Output: 42 <nil>
}

func ExampleFailed() {
	fmt.Println(future.Failed[int](errors.New("closed")).Result())
	// Output: 0 closed
}

// Whoever makes a promise can learn of its completion, before any callback runs.
func ExamplePromise_Observe() {
	p := future.NewPromise[string](nil)
	p.Future().OnDone(func(v string, _ error) { fmt.Println("callback:", v) })
	p.Observe(func(v string, err error) { fmt.Println("accounted for:", v, err) })
	p.Resolve("done")
	// Output:
	// accounted for: done <nil>
	// callback: done
}
