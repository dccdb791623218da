package zkasync_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync"
)

func ExampleClient_Create() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()

	made, err := c.Create(ctx, "/config", []byte("limit=10")).Get(ctx)
	fmt.Println(made.Path, made.Stat.DataLength, err)

	_, err = c.Create(ctx, "/config", nil).Get(ctx)
	fmt.Println(errors.Is(err, zk.ErrNodeExists), err)
	// Output:
	// /config 8 <nil>
	// true zkasync: create /config: node already exists
}

// An ephemeral znode lives as long as the session.
func ExampleEphemeral() {
	ctx := context.Background()
	servers := demoServers()
	worker, err := zkasync.Connect(ctx, servers)
	if err != nil {
		fmt.Println(err)
		return
	}
	observer, err := zkasync.Connect(ctx, servers)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer observer.Close()

	worker.Create(ctx, "/worker", []byte("host-1"), zkasync.Ephemeral())
	_ = worker.Close() // sends the create, and ends the session
	stat, err := observer.Exists(ctx, "/worker").Get(ctx)
	fmt.Println(stat, err)
	// Output: <nil> <nil>
}

func ExampleSequential() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	for range 2 {
		made, err := c.Create(ctx, "/job-", nil, zkasync.Sequential(), zkasync.Ephemeral()).Get(ctx)
		fmt.Println(made.Path, err)
	}
	// Output:
	// /job-0000000000 <nil>
	// /job-0000000001 <nil>
}

// The server deletes a container some time after its last child is gone.
func ExampleContainer() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	c.Create(ctx, "/locks", nil, zkasync.Container())
	made, err := c.Create(ctx, "/locks/one", nil).Get(ctx)
	fmt.Println(made.Path, err)
	// Output: /locks/one <nil>
}

// Servers accept a TTL only if they run with zookeeper.extendedTypesEnabled, as this one does.
func ExampleTTL() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	made, err := c.Create(ctx, "/cache", nil, zkasync.TTL(time.Hour)).Get(ctx)
	fmt.Println(made.Path, err)
	// Output: /cache <nil>
}

func ExampleWithACL() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	c.Create(ctx, "/public", nil, zkasync.WithACL(zk.WorldACL(zk.PermRead)))
	_, err := c.Set(ctx, "/public", []byte("x"), zkasync.AnyVersion).Get(ctx)
	fmt.Println(err)
	// Output: zkasync: set /public: not authenticated
}

func ExampleMakeParents() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	_, err := c.Create(ctx, "/a/b/c", nil).Get(ctx)
	fmt.Println(err)
	made, err := c.Create(ctx, "/a/b/c", nil, zkasync.MakeParents()).Get(ctx)
	fmt.Println(made.Path, err)
	// Output:
	// zkasync: create /a/b/c: node does not exist
	// /a/b/c <nil>
}

// The answer to a create is lost. Protected finds out whether the znode was created, and creates it only if not.
func ExampleProtected() {
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
	made, err := c.Create(ctx, "/job-", nil, zkasync.Protected(), zkasync.Sequential()).Get(ctx)
	fmt.Println(strings.HasPrefix(made.Path, "/_c_"), strings.HasSuffix(made.Path, "-job-0000000000"), err)

	children, err := c.Children(ctx, "/").Get(ctx)
	fmt.Println(len(children.Names), err)
	// Output:
	// true true <nil>
	// 1 <nil>
}
