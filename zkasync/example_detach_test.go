package zkasync_test

import (
	"context"
	"fmt"

	"github.com/zkasync/zkasync-go/zkasync"
)

// A program hands its session over to its successor, here in the same process: nobody sees the ephemeral znode go.
func ExampleClient_Detach() {
	ctx := context.Background()
	c := demoClient()
	made := c.Create(ctx, "/worker", nil, zkasync.Ephemeral())
	left, err := c.Detach()
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = made.Result()
	fmt.Println(err, left.Stays > 0)

	// The successor gets left.Session by a pipe or a file that only it may read: whoever has it has the session.
	next := demoClient(zkasync.WithSession(left.Session))
	defer next.Close()
	fmt.Println(next.Session().ID == left.Session.ID)
	// Output:
	// <nil> true
	// true
}

func ExampleClient_DetachAsync() {
	c := demoClient()
	left, err := c.DetachAsync().Get(context.Background())
	fmt.Println(left.Session.ID != 0, err)
	// Output: true <nil>
}
