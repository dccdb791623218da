package zkasync_test

import (
	"context"
	"fmt"

	"github.com/zkasync/zkasync-go/zkasync"
)

// By which identities a server knows the client.
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

// What will be gone with the session.
func ExampleClient_Ephemerals() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()

	c.Create(ctx, "/members", nil)
	c.Create(ctx, "/members/host1", nil, zkasync.Ephemeral())
	fmt.Println(c.Ephemerals(ctx, "/members").Get(ctx))
	// Output: [/members/host1] <nil>
}

// How large a tree is, without reading it.
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
