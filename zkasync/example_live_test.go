package zkasync_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/zkasync/zkasync-go/zkasync"
)

// A configuration is kept current, and read in a select together with other things. (kazoo: DataWatch.)
func ExampleClient_WatchData() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	config := c.WatchData(ctx, "/config")
	defer config.Close()

	deadline := time.After(30 * time.Second)
	for changes := 0; changes < 3; changes++ {
		select {
		case now := <-config.C():
			fmt.Printf("exists: %v, %q, %v\n", now.Exists, now.Value.Data, now.Err)
		case <-deadline:
			fmt.Println("no value in time")
			return
		}
		switch changes { // as a rule, somebody else changes it
		case 0:
			c.Create(ctx, "/config", []byte("limit=10"))
		case 1:
			c.Set(ctx, "/config", []byte("limit=20"), zkasync.AnyVersion)
		}
	}
	// Output:
	// exists: false, "", <nil>
	// exists: true, "limit=10", <nil>
	// exists: true, "limit=20", <nil>
}

// The loop gets the list of workers until there are enough. (kazoo: ChildrenWatch.)
func ExampleClient_WatchChildren() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	workers := c.WatchChildren(ctx, "/")
	for now, err := range workers.All(ctx) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("workers:", len(now.Value.Names))
		if len(now.Value.Names) == 2 {
			workers.Close()
			break
		}
		c.Create(ctx, "/worker-", nil, zkasync.Sequential(), zkasync.Ephemeral()) // as a rule, somebody else does
	}
	<-workers.Done()
	fmt.Println(errors.Is(workers.Err(), zkasync.ErrWatchRemoved))
	// Output:
	// workers: 0
	// workers: 1
	// workers: 2
	// true
}

// Latest looks without waiting, OnChange calls a callback, and Refresh reads again, which is useful after a change of permissions.
func ExampleLive() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	config := c.WatchData(ctx, "/config")
	changed := make(chan bool, 1)
	remove := config.OnChange(func(now zkasync.Reading[zkasync.Node]) { changed <- now.Exists })
	defer remove()
	fmt.Println("exists:", <-changed)
	config.Refresh() // nothing has changed, so nothing is delivered

	c.Create(ctx, "/config", []byte("limit=10"))
	fmt.Println("exists:", <-changed)
	now, known := config.Latest()
	fmt.Printf("%s %v\n", now.Value.Data, known)
	// Output:
	// exists: false
	// exists: true
	// limit=10 true
}
