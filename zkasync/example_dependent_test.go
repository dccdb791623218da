package zkasync_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// A request needs the answer to another one: the function returns the future of the second request, without waiting.
func ExampleClient_Get_dependent() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	c.Create(ctx, "/current", []byte("/v2"))
	c.Create(ctx, "/v2", []byte("the second"))

	current := c.Get(ctx, "/current")
	node := future.FlatMap(current, func(n zkasync.Node) *future.Future[zkasync.Node] {
		return c.Get(ctx, string(n.Data))
	})
	n, err := node.Get(ctx)
	fmt.Printf("%s, %v\n", n.Data, err)
	// Output:
	// the second, <nil>
}

// A function given to Then may wait for an operation, but not for a future that completes only after its own return.
func ExampleClient_Get_refusedWait() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	length := func(n zkasync.Node) (int, error) { return len(n.Data), nil }

	f := future.Then(c.Get(ctx, "/"), func(zkasync.Node) (int, error) {
		if _, err := c.Exists(ctx, "/").Get(ctx); err != nil {
			return 0, err
		}
		return future.Then(c.Get(ctx, "/"), length).Get(ctx)
	})
	_, err := f.Get(ctx)
	fmt.Println(errors.Is(err, future.ErrWouldDeadlock))
	// Output:
	// true
}
