package future_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/zkasync/zkasync-go/future"
)

func ExampleGo() {
	f := future.Go(context.Background(), func(context.Context) (string, error) {
		return "done by a goroutine", nil // may block
	})
	fmt.Println(f.Get(context.Background()))
	// Output: done by a goroutine <nil>
}

func ExampleThen() {
	name := future.Resolved("config")
	path := future.Then(name, func(s string) (string, error) { return "/app/" + s, nil })
	fmt.Println(path.Result())
	// Output: /app/config <nil>
}

func ExampleFlatMap() {
	read := func(path string) *future.Future[string] { return future.Resolved("data of " + path) }
	f := future.FlatMap(future.Resolved("/app"), read)
	fmt.Println(f.Result())
	// Output: data of /app <nil>
}

// What is to be done next depends on how it has ended.
func ExampleTransform() {
	errNoNode := errors.New("no such node")
	create := func() *future.Future[string] { return future.Resolved("created") }
	read := future.Failed[string](errNoNode)
	f := future.Transform(read, func(data string, err error) *future.Future[string] {
		if errors.Is(err, errNoNode) {
			return create()
		}
		return read
	})
	fmt.Println(f.Result())
	// Output: created <nil>
}

func ExampleRecover() {
	errNoNode := errors.New("no such node")
	f := future.Recover(future.Failed[string](errNoNode), func(err error) (string, error) {
		if errors.Is(err, errNoNode) {
			return "default", nil
		}
		return "", err
	})
	fmt.Println(f.Result())
	// Output: default <nil>
}

func ExamplePanicError() {
	f := future.Then(future.Resolved(1), func(int) (int, error) { panic("out of luck") })
	_, err := f.Result()
	fmt.Println(err)
	var p *future.PanicError
	if errors.As(err, &p) {
		fmt.Println(p.Value, strings.Contains(string(p.Stack), "ExamplePanicError"))
	}
	// Output:
	// future: function panicked: out of luck
	// out of luck true
}

func ExampleAll() {
	fs := []*future.Future[int]{future.Resolved(1), future.Resolved(2), future.Resolved(3)}
	fmt.Println(future.All(fs...).Get(context.Background()))
	// Output: [1 2 3] <nil>
}

func ExampleSettle() {
	rs, _ := future.Settle(
		future.Resolved("config"),
		future.Failed[string](errors.New("no such node")),
	).Get(context.Background())
	for _, r := range rs {
		fmt.Printf("%q %v\n", r.Value, r.Err)
	}
	// Output:
	// "config" <nil>
	// "" no such node
}

func ExampleFirst() {
	f := future.First(
		future.Failed[string](errors.New("refused")),
		future.Resolved("second server"),
	)
	fmt.Println(f.Get(context.Background()))
	// Output: second server <nil>
}

func ExampleAsCompleted() {
	a, b := future.NewPromise[string](nil), future.NewPromise[string](nil)
	b.Resolve("b is there")
	for i, r := range future.AsCompleted(context.Background(), a.Future(), b.Future()) {
		fmt.Println(i, r.Value, r.Err)
		a.Resolve("a is there too")
	}
	// Output:
	// 1 b is there <nil>
	// 0 a is there too <nil>
}
