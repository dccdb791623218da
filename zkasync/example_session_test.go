package zkasync_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync"
)

// Another client takes over the session of a client that was cut off, with its ephemeral znodes.
func ExampleClient_Session() {
	ctx := context.Background()
	servers := demoServers()
	network := newDemoNetwork(servers) // one that can be unplugged
	defer network.Close()
	first, err := zkasync.Connect(ctx, network.Servers)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer first.Close()
	if _, err := first.Create(ctx, "/worker", nil, zkasync.Ephemeral()).Get(ctx); err != nil {
		fmt.Println(err)
		return
	}
	session := first.Session()
	network.Unplug(first)

	second, err := zkasync.Connect(ctx, servers, zkasync.WithSession(session))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer second.Close()
	stat, err := second.Exists(ctx, "/worker").Get(ctx)
	fmt.Println(second.Session().ID == session.ID, stat.EphemeralOwner == session.ID, err)
	// Output: true true <nil>
}

// The servers limit the session timeout, and what they have granted counts.
func ExampleClient_Session_timeout() {
	c := demoClient(zkasync.WithSessionTimeout(time.Hour))
	defer c.Close()
	fmt.Println(c.Session().Timeout)
	// Output: 1m0s
}

// The client moves to the servers of the new list, without losing an operation.
func ExampleClient_UpdateServers() {
	servers := demoServers()
	c, err := zkasync.Connect(context.Background(), servers)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	fmt.Println(c.UpdateServers(servers))
	fmt.Println(c.UpdateServers("zk4:2181/elsewhere") != nil) // the chroot has to stay
	// Output:
	// <nil>
	// true
}

// Code that was written for go-zookeeper works on the same session. It sees the paths that the server sees, without the
// client's chroot.
func ExampleClient_Conn() {
	c := demoClient()
	defer c.Close()
	count := func(conn *zk.Conn, path string) int {
		names, _, err := conn.Children(path)
		if err != nil {
			fmt.Println(err)
		}
		return len(names)
	}
	fmt.Println(count(c.Conn(), "/zookeeper")) // config and quota
	// Output: 2
}

// The end of a session: its ephemeral znodes are gone, its watches fail, and the client begins a new one by itself.
func Example_sessionExpired() {
	ctx := context.Background()
	servers := demoServers()
	network := newDemoNetwork(servers) // one that can be unplugged
	defer network.Close()
	leader, err := zkasync.Connect(ctx, network.Servers, zkasync.WithSessionTimeout(2*time.Second))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer leader.Close()
	changes := leader.States(ctx)
	leader.Create(ctx, "/leader", nil, zkasync.Ephemeral())
	mine, err := leader.GetW(ctx, "/leader").Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}

	follower, err := zkasync.Connect(ctx, servers)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer follower.Close()
	theirs, err := follower.GetW(ctx, "/leader").Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}

	network.Unplug(leader)
	event, err := theirs.Event.Get(ctx) // comes when the session timeout has passed at the server
	fmt.Println("the follower sees", event.Type, err)
	network.Plug()

	_, err = mine.Event.Get(ctx)
	fmt.Println("the leader learns", errors.Is(err, zkasync.ErrSessionExpired), err)
	for change := range changes {
		fmt.Println("the leader's state is", change.State)
		if change.State == zkasync.StateConnected {
			fmt.Println("another session:", change.SessionID != mine.Value.Stat.EphemeralOwner)
			break
		}
	}
	// Output:
	// the follower sees EventNodeDeleted <nil>
	// the leader learns true zkasync: watch /leader: session expired
	// the leader's state is Suspended
	// the leader's state is Lost
	// the leader's state is Connected
	// another session: true
}
