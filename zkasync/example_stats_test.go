package zkasync_test

import (
	"context"
	"fmt"

	"github.com/zkasync/zkasync-go/zkasync"
)

// Some of what an operator wants to know about a client.
func ExampleClient_Stats() {
	ctx := context.Background()
	c, err := zkasync.Connect(ctx, demoServers())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	_, _ = c.Create(ctx, "/service", nil).Get(ctx)
	_, _ = c.Get(ctx, "/missing").Get(ctx)

	s := c.Stats()
	fmt.Println(s.State, "connections:", s.Connections, "losses:", s.Losses)
	fmt.Println("create:", s.Requests["create"], "get:", s.Requests["get"], "rejected:", s.Rejected)
	fmt.Println("queued:", s.Queued, "in flight:", s.InFlight)
	// Output:
	// Connected connections: 1 losses: 0
	// create: 1 get: 1 rejected: 1
	// queued: 0 in flight: 0
}

// A program that submits faster than the servers answer waits when too much is pending.
func ExampleClient_Pending() {
	ctx := context.Background()
	c, err := zkasync.Connect(ctx, demoServers())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	const most = 100
	for range 1000 {
		f := c.Exists(ctx, "/")
		if queued, inFlight := c.Pending(); queued+inFlight >= most {
			_, _ = f.Get(ctx) // the newest: all before it are answered by then
		}
	}
	_, _ = c.Exists(ctx, "/").Get(ctx)
	queued, inFlight := c.Pending()
	fmt.Println("pending:", queued+inFlight)
	// Output:
	// pending: 0
}
