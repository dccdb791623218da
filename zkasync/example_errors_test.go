package zkasync_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync"
)

// What to do after a failure depends on which of three kinds it is.
func ExampleOutcome() {
	ctx := context.Background()
	network := newDemoNetwork(demoServers()) // one that can break
	defer network.Close()
	c, err := zkasync.Connect(ctx, network.Servers)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()

	judge := func(err error) {
		switch {
		case err == nil:
			fmt.Println("done")
		case errors.Is(err, zkasync.ErrNotSent):
			fmt.Println("not sent: safe to do again")
		case errors.Is(err, zkasync.ErrOutcomeUnknown):
			fmt.Println("outcome unknown: look before you do it again")
		default:
			fmt.Println("rejected:", err)
		}
	}
	_, err = c.Delete(ctx, "/order", 0).Get(ctx)
	judge(err)

	network.LoseNextReply()
	_, err = c.Create(ctx, "/order", []byte("one pizza")).Get(ctx)
	judge(err)

	network.Unplug(c)
	short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	_, err = c.Create(short, "/order", []byte("two pizzas")).Get(ctx)
	judge(err)

	network.Plug()
	stat, err := c.Exists(ctx, "/order").Get(ctx) // waits for the new connection
	fmt.Println("it was made:", stat != nil, err)
	// Output:
	// rejected: zkasync: delete /order: node does not exist
	// outcome unknown: look before you do it again
	// not sent: safe to do again
	// it was made: true <nil>
}

// An error names operation and path, says what is known, and unwraps to the cause.
func ExampleOpError() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	_, err := c.Get(ctx, "/missing").Get(ctx)
	fmt.Println(err)

	var failed *zkasync.OpError
	if errors.As(err, &failed) {
		fmt.Printf("%s, %s, %s, %v\n", failed.Op, failed.Path, failed.Outcome, failed.Err)
	}
	fmt.Println(errors.Is(err, zk.ErrNoNode), errors.Is(err, zkasync.ErrNotSent))

	_, err = c.Get(ctx, "missing").Get(ctx)
	fmt.Println(err)
	fmt.Println(errors.Is(err, zk.ErrInvalidPath), errors.Is(err, zkasync.ErrNotSent))
	// Output:
	// zkasync: get /missing: node does not exist
	// get, /missing, rejected, node does not exist
	// true false
	// zkasync: get missing: not sent: invalid path: must begin with "/"
	// true true
}

// A server's error can be matched by its name, and every code by its number.
func ExampleServerError() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	_, err := c.RemoveWatches(ctx, "/", zkasync.WatcherAny).Get(ctx)
	fmt.Println(errors.Is(err, zkasync.ErrNoWatcher), errors.Is(err, zkasync.ErrThrottled))

	var code zkasync.ServerError
	_, err = c.Get(ctx, "/missing").Get(ctx)
	fmt.Println(errors.As(err, &code), code.Code, errors.Is(err, zk.ErrNoNode))
	// Output:
	// true false
	// true -101 true
}

// A connection loss is one of two kinds. It also matches go-zookeeper's error, so that existing code keeps working.
func ExampleOpError_connectionLoss() {
	ctx := context.Background()
	network := newDemoNetwork(demoServers()) // one that loses a reply
	defer network.Close()
	c, err := zkasync.Connect(ctx, network.Servers)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()

	network.LoseNextReply()
	_, err = c.Set(ctx, "/", nil, zkasync.AnyVersion).Get(ctx)
	fmt.Println(errors.Is(err, zkasync.ErrConnectionLoss), errors.Is(err, zk.ErrConnectionClosed))
	fmt.Println(errors.Is(err, zkasync.ErrOutcomeUnknown), errors.Is(err, zkasync.ErrNotSent))
	// Output:
	// true true
	// true false
}

// An operation that fails because the client's chroot is missing says so: "get /config: the chroot /app does not exist".
func ExampleChrootError() {
	ctx := context.Background()
	c := demoConnect(demoServers() + "/app")
	defer c.Close()
	_, err := c.Get(ctx, "/config").Get(ctx)
	var missing *zkasync.ChrootError
	fmt.Println(errors.As(err, &missing), errors.Is(err, zk.ErrNoNode))

	_, err = c.EnsurePath(ctx, "/").Get(ctx) // makes the chroot
	fmt.Println(err)
	_, err = c.Get(ctx, "/config").Get(ctx)
	fmt.Println(err)
	// Output:
	// true true
	// <nil>
	// zkasync: get /config: node does not exist
}
