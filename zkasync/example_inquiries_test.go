package zkasync_test

import (
	"context"
	"fmt"

	"github.com/zkasync/zkasync-go/zkasync"
)

// The identities by which a server knows the client.
func ExampleClient_WhoAmI() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()

	c.AddAuth(ctx, "digest", []byte("ann:secret"))
	ids, err := c.WhoAmI(ctx).Get(ctx)
	for _, id := range ids {
		if id.Scheme == "digest" {
			fmt.Println(id.ID, err)
		}
	}
	// Output: ann <nil>
}

// The znodes that will be deleted with the session.
func ExampleClient_Ephemerals() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()

	c.Create(ctx, "/members", nil)
	c.Create(ctx, "/members/host1", nil, zkasync.Ephemeral())
	fmt.Println(c.Ephemerals(ctx, "/members").Get(ctx))
	// Output: [/members/host1] <nil>
}

// The children of a znode with their data, in one call.
func ExampleClient_ChildrenData() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()

	c.Create(ctx, "/members", nil)
	c.Create(ctx, "/members/host1", []byte("10.0.0.1:80"))
	c.Create(ctx, "/members/host2", []byte("10.0.0.2:80"))
	members, err := c.ChildrenData(ctx, "/members").Get(ctx)
	for _, m := range members {
		fmt.Printf("%s %s\n", m.Name, m.Data)
	}
	fmt.Println(err)
	// Output:
	// host1 10.0.0.1:80
	// host2 10.0.0.2:80
	// <nil>
}

// The number of znodes in a tree, without reading it.
func ExampleClient_DescendantCount() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()

	if _, err := c.EnsurePath(ctx, "/app/config/db").Get(ctx); err != nil {
		fmt.Println(err)
	}
	fmt.Println(c.DescendantCount(ctx, "/app").Get(ctx))
	// Output: 2 <nil>
}
