package recipe_test

import (
	"context"
	"fmt"
	"strconv"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

func ExampleUpdate() {
	c, end := demo()
	defer end()
	ctx := context.Background()
	node, err := recipe.Update(ctx, c, "/config/limit", func(old []byte) ([]byte, error) {
		if old == nil {
			return []byte("100"), nil // the znode does not exist yet
		}
		n, err := strconv.Atoi(string(old))
		return strconv.AppendInt(nil, int64(n*2), 10), err
	}).Get(ctx)
	fmt.Println(string(node.Data), err)
	// Output: 100 <nil>
}

func ExampleCounter() {
	c, end := demo()
	defer end()
	ctx := context.Background()
	n := recipe.NewCounter(c, "/visits", recipe.Int64) // Curator's DistributedAtomicLong
	if _, err := n.Add(ctx, 41).Get(ctx); err != nil {
		fmt.Println(err)
		return
	}
	sum, err := n.Add(ctx, 1).Get(ctx)
	fmt.Println(sum, err)
	sum, err = n.Get(ctx).Get(ctx)
	fmt.Println(sum, err)
	// Output:
	// 42 <nil>
	// 42 <nil>
}

// The change sees the znode's stat, here to write at most once a version.
func ExampleUpdateNode() {
	c, end := demo()
	defer end()
	ctx := context.Background()
	node, err := recipe.UpdateNode(ctx, c, "/log", func(old zkasync.Node, exists bool) ([]byte, error) {
		if !exists {
			return []byte("created"), nil
		}
		return fmt.Appendf(nil, "written as version %d", old.Stat.Version+1), nil
	}).Get(ctx)
	fmt.Printf("%s %v\n", node.Data, err)
	// Output: created <nil>
}
