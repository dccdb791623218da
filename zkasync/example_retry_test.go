package zkasync_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

func ExampleRetry() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := zkasync.Connect(ctx, exampleServers("ExampleRetry"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()

	policy := zkasync.RetryPolicy{FirstPause: 10 * time.Millisecond, MaxAttempts: 5}
	children := zkasync.Retry(ctx, c, policy, func(ctx context.Context) *future.Future[zkasync.Children] {
		return c.Children(ctx, "/")
	})
	// After an unknown outcome, a write is repeated only if the mark says that this does no harm.
	ready := zkasync.Retry(zkasync.MarkIdempotent(ctx), c, policy, func(ctx context.Context) *future.Future[string] {
		return c.EnsurePath(ctx, "/app/ready")
	})
	_, err = children.Get(ctx)
	fmt.Println(err)
	fmt.Println(ready.Get(ctx))
	// Output:
	// <nil>
	// /app/ready <nil>
}

func ExampleWithRetry() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	policy := zkasync.RetryPolicy{MaxElapsed: 30 * time.Second}
	c, err := zkasync.Connect(ctx, exampleServers("ExampleWithRetry"), zkasync.WithRetry(policy))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()

	// When the connection is lost, the get is repeated, and so is the create if it has not been sent yet. If the create is in flight,
	// it fails with an unknown outcome.
	made := c.Create(ctx, "/config", []byte("v1"))
	read := c.Get(ctx, "/config")
	if _, err := made.Get(ctx); errors.Is(err, zkasync.ErrOutcomeUnknown) {
		fmt.Println("look whether it was created")
	}
	node, err := read.Get(ctx)
	fmt.Printf("%s %v\n", node.Data, err)
	// Output: v1 <nil>
}

func ExampleMarkIdempotent() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := zkasync.Connect(ctx, exampleServers("ExampleMarkIdempotent"), zkasync.WithRetry(zkasync.RetryPolicy{}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()

	// The only writer of a status may write it twice.
	again := zkasync.MarkIdempotent(ctx)
	c.Create(again, "/status", nil)
	written := c.Create(again, "/status/host1", []byte("up"), zkasync.Ephemeral())
	_, err = written.Get(ctx)
	fmt.Println(err)
	// Output: <nil>
}
