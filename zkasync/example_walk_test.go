package zkasync_test

import (
	"context"
	"fmt"

	"github.com/zkasync/zkasync-go/zkasync"
)

// A tree, parents first and children by name. Reads ahead travel together, so it takes a few round trips.
func ExampleClient_Walk() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	c.Create(ctx, "/config", nil)
	c.Create(ctx, "/config/db", nil)
	c.Create(ctx, "/config/db/host", []byte("db1"))
	c.Create(ctx, "/config/cache", []byte("64"))

	for entry, err := range c.Walk(ctx, "/config") {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s %q\n", entry.Path, entry.Data)
	}
	// Output:
	// /config ""
	// /config/cache "64"
	// /config/db ""
	// /config/db/host "db1"
}

// Without data: how many bytes a tree has.
func ExampleStatsOnly() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	c.Create(ctx, "/a", []byte("four"))
	c.Create(ctx, "/a/b", []byte("two"))

	bytes := 0
	for entry, err := range c.Walk(ctx, "/a", zkasync.StatsOnly()) {
		if err != nil {
			fmt.Println(err)
			return
		}
		bytes += int(entry.Stat.DataLength)
	}
	fmt.Println(bytes)
	// Output: 7
}
