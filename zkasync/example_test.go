package zkasync_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// In the examples, demoServers returns a connection string, such as "127.0.0.1:2181/demo", with an empty chroot.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	c, err := zkasync.Connect(ctx, demoServers())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()

	made := c.Create(ctx, "/config", []byte("limit=10")) // sent, not waited for
	node := c.Get(ctx, "/config")                        // sent right behind
	select {
	case <-node.Done():
	case <-time.After(30 * time.Second):
		fmt.Println("not in time")
		return
	}
	read, err := node.Result()
	fmt.Printf("%s %v %v\n", read.Data, err, made.Ready())
	// Output: limit=10 <nil> true
}

// A thousand znodes at once, without a goroutine for each. The answers come in the order of the calls.
func Example_many() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()

	var created []*future.Future[zkasync.Created]
	for i := range 1000 {
		created = append(created, c.Create(ctx, fmt.Sprintf("/%04d", i), nil))
	}
	if _, err := future.All(created...).Get(ctx); err != nil {
		fmt.Println(err)
		return
	}

	var nodes []*future.Future[zkasync.Node]
	for i := range 1000 {
		nodes = append(nodes, c.Get(ctx, fmt.Sprintf("/%04d", i)))
	}
	all, err := future.All(nodes...).Get(ctx)
	fmt.Println(len(all), err)
	// Output: 1000 <nil>
}

// The callback of kazoo's page. It gets the value and the error, and deals with both. OnDone returns at once.
func Example_callback() {
	ctx := context.Background()
	c := demoClient()

	myCallback := func(children zkasync.Children, err error) {
		switch {
		case errors.Is(err, zkasync.ErrConnectionLoss), errors.Is(err, zk.ErrNoAuth):
			fmt.Println("cannot go on:", err)
		case err != nil:
			fmt.Println(err)
		default:
			fmt.Println("children:", children.Names)
		}
	}
	c.Create(ctx, "/some", nil)
	c.Create(ctx, "/some/node", nil)
	c.Children(ctx, "/some").OnDone(myCallback)
	c.Children(ctx, "/other").OnDone(myCallback)

	fmt.Println("closed:", c.Close()) // sends what is queued and runs the callbacks
	// Output:
	// children: [node]
	// zkasync: children /other: node does not exist
	// closed: <nil>
}
