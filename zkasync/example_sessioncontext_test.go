package zkasync_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/zkasync/zkasync-go/zkasync"
)

// This work must stop when the ephemeral znodes of the client may be gone.
func ExampleClient_SessionContext() {
	c := demoClient()
	ctx, cancel := c.SessionContext(context.Background())
	defer cancel()
	fmt.Println(ctx.Err())
	_ = c.Close()
	<-ctx.Done()
	var end *zkasync.SessionEndError
	fmt.Println(errors.As(context.Cause(ctx), &end), end.State)
	// Output:
	// <nil>
	// true Closed
}

// This work must stop as soon as it is uncertain whether the session will last.
func ExampleClient_ConnectedContext() {
	network := newDemoNetwork(demoServers()) // one that can be unplugged
	defer network.Close()
	c := demoConnect(network.Servers)
	defer c.Close()
	ctx, cancel := c.ConnectedContext(context.Background())
	defer cancel()
	network.Unplug(c)
	<-ctx.Done()
	fmt.Println(errors.Is(context.Cause(ctx), zkasync.ErrConnectionLoss))
	// Output: true
}

// A create with a name like those of kazoo's recipes, which survives a lost answer.
func ExampleProtectedPrefix() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	made, err := c.Create(ctx, "/__lock__", nil, zkasync.Sequential(), zkasync.ProtectedPrefix("0f1e2d3c4b5a69788796a5b4c3d2e1f0")).Get(ctx)
	fmt.Println(made.Path, err)
	// Output: /0f1e2d3c4b5a69788796a5b4c3d2e1f0__lock__0000000000 <nil>
}

// The function runs when the session has ended, and before Close returns.
func ExampleClient_AfterFunc() {
	c := demoClient()
	session, cancel := c.SessionContext(context.Background())
	defer cancel()
	c.AfterFunc(session, func() { fmt.Println("put aside what belonged to the session") })
	fmt.Println(c.Close())
	// Output:
	// put aside what belonged to the session
	// <nil>
}
