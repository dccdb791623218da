package zkasync_test

import (
	"context"
	"fmt"

	"github.com/zkasync/zkasync-go/zkasync"
)

// Several reads of one moment: no write comes between them, and one that fails does not affect the others.
func ExampleClient_MultiRead() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	c.Create(ctx, "/limits", []byte("10"))
	c.Create(ctx, "/limits/disk", nil)

	read, err := c.MultiRead(ctx, zkasync.GetOp("/limits"), zkasync.ChildrenOp("/limits"), zkasync.GetOp("/missing")).Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s %v\n", read[0].Node.Data, read[1].Names)
	fmt.Println(read[2].Err)
	// Output:
	// 10 [disk]
	// zkasync: get /missing: node does not exist
}
