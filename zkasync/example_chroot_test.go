package zkasync_test

import (
	"context"
	"fmt"

	"github.com/zkasync/zkasync-go/future"
)

// Each tenant works below a root of its own, over one session.
func ExampleClient_Chroot() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close() // closes the session of all views

	for _, tenant := range []string{"/red", "/blue"} {
		view, err := c.Chroot("/tenants" + tenant)
		if err != nil {
			fmt.Println(err)
			return
		}
		root := view.EnsurePath(ctx, "/") // creates /tenants/red
		made, _ := future.FlatMap(root, func(string) *future.Future[string] {
			return view.EnsurePath(ctx, "/config")
		}).Get(ctx)
		fmt.Println(made)
	}
	names, err := c.Children(ctx, "/tenants").Get(ctx)
	fmt.Println(len(names.Names), err)
	// Output:
	// /config
	// /config
	// 2 <nil>
}
