package zkasync_test

import (
	"context"
	"fmt"
	"time"

	"github.com/zkasync/zkasync-go/zkasync"
)

// A watch is a future as well, so it works in a select together with other things.
func ExampleClient_GetW() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	c.Create(ctx, "/config", []byte("limit=10"))

	watched, err := c.GetW(ctx, "/config").Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("now: %s\n", watched.Value.Data)

	c.Set(ctx, "/config", []byte("limit=20"), zkasync.AnyVersion) // as a rule, somebody else does
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	select {
	case event := <-watched.Event.C():
		fmt.Println(event.Value.Type, event.Value.Path, event.Err)
	case <-deadline.C:
		fmt.Println("no change so far; the watch stays")
	}
	// Output:
	// now: limit=10
	// EventNodeDataChanged /config <nil>
}

// ExistsW can also watch for the creation of a znode that does not exist yet.
func ExampleClient_ExistsW() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	watched, err := c.ExistsW(ctx, "/ready").Get(ctx)
	fmt.Println(watched.Value, err)

	c.Create(ctx, "/ready", nil)
	select {
	case <-watched.Event.Done():
		event, err := watched.Event.Result()
		fmt.Println(event.Type, err)
	case <-time.After(30 * time.Second):
		fmt.Println("not ready in time")
	}
	// Output:
	// <nil> <nil>
	// EventNodeCreated <nil>
}

// Each read sets a one-shot watch again, and also shows what has changed since the last one.
func ExampleClient_ChildrenW() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	deadline := time.After(30 * time.Second)
	for round := range 3 {
		watched, err := c.ChildrenW(ctx, "/").Get(ctx)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("children:", len(watched.Value.Names))

		c.Create(ctx, fmt.Sprintf("/worker-%d", round), nil) // as a rule, somebody else does
		select {
		case <-watched.Event.Done():
		case <-deadline:
			fmt.Println("no change in time")
			return
		}
	}
	// Output:
	// children: 0
	// children: 1
	// children: 2
}

// The callback of a watch runs in its place among all other callbacks.
func ExampleWatched() {
	ctx := context.Background()
	c := demoClient()
	c.Create(ctx, "/config", nil)
	watched, err := c.GetW(ctx, "/config").Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	watched.Event.OnDone(func(event zkasync.Event, err error) {
		fmt.Println(event.Type, err)
	})
	c.Delete(ctx, "/config", zkasync.AnyVersion)
	fmt.Println("closed:", c.Close())
	// Output:
	// EventNodeDeleted <nil>
	// closed: <nil>
}
