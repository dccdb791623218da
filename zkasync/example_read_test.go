package zkasync_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync"
)

// A missing znode is an answer, not an error.
func ExampleClient_Exists() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	c.Create(ctx, "/config", []byte("limit=10"))

	stat, err := c.Exists(ctx, "/config").Get(ctx)
	fmt.Println(stat.DataLength, err)
	stat, err = c.Exists(ctx, "/missing").Get(ctx)
	fmt.Println(stat, err)
	// Output:
	// 8 <nil>
	// <nil> <nil>
}

func ExampleClient_Get() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	c.Create(ctx, "/config", []byte("limit=10"))

	node, err := c.Get(ctx, "/config").Get(ctx)
	fmt.Printf("%s, version %d, %v\n", node.Data, node.Stat.Version, err)

	_, err = c.Get(ctx, "/missing").Get(ctx)
	fmt.Println(errors.Is(err, zk.ErrNoNode), err)
	// Output:
	// limit=10, version 0, <nil>
	// true zkasync: get /missing: node does not exist
}

// The context of an operation decides whether it may still be sent. Waiting for it has a context of its own.
func ExampleClient_Get_contexts() {
	c := demoClient()
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	node := c.Get(ctx, "/")

	impatient, stop := context.WithCancel(ctx)
	stop()
	_, err := c.Get(impatient, "/").Get(ctx) // never sent
	fmt.Println(errors.Is(err, zkasync.ErrNotSent), errors.Is(err, context.Canceled))

	_, err = node.Get(ctx) // the wait that has ended does not affect this one
	fmt.Println(err)
	// Output:
	// true true
	// <nil>
}

func ExampleClient_Children() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	c.Create(ctx, "/b", nil)
	c.Create(ctx, "/a", nil)

	children, err := c.Children(ctx, "/").Get(ctx)
	slices.Sort(children.Names) // the server returns them in no particular order
	fmt.Println(children.Names, children.Stat.NumChildren, err)
	// Output: [a b] 2 <nil>
}

// After Sync, a read sees everything that others have written before, on any server. There is no need to wait for it.
func ExampleClient_Sync() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	c.Create(ctx, "/config", []byte("limit=10"))

	c.Sync(ctx, "/config")
	node, err := c.Get(ctx, "/config").Get(ctx)
	fmt.Printf("%s %v\n", node.Data, err)
	// Output: limit=10 <nil>
}

func ExampleClient_GetACL() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	acl, err := c.GetACL(ctx, "/").Get(ctx)
	fmt.Println(acl.Entries, acl.Stat.Aversion, err)
	// Output: [{31 world anyone}] 0 <nil>
}
