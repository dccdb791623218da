package zkasync_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/handler"
	"github.com/zkasync/zkasync-go/zkasync"
)

// New checks its arguments and starts nothing.
func ExampleNew() {
	_, err := zkasync.New("zk1:2181,zk2:2181,zk3:2181/app")
	fmt.Println(err)
	_, err = zkasync.New("zk1:70000")
	fmt.Println(err)
	_, err = zkasync.New("zk1", zkasync.WithSessionTimeout(0))
	fmt.Println(err)
	// Output:
	// <nil>
	// zkasync: servers "zk1:70000": address "zk1:70000": port "70000" is not a number from 1 to 65535, in digits alone
	// zkasync: session timeout 0s is not from 1ms to 596h31m23.647s
}

func ExampleConnect() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	c, err := zkasync.Connect(ctx, demoServers())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	fmt.Println(c.State(), c.Connected(), c.Session().ID != 0)
	// Output: Connected true true
}

// Connecting as on kazoo's page. Always set a limit: there may never be a connection.
func ExampleClient_StartAsync() {
	c, err := zkasync.New(demoServers())
	if err != nil {
		fmt.Println(err)
		return
	}
	started := c.StartAsync() // returns at once
	select {
	case <-started.Done():
	case <-time.After(30 * time.Second):
	}
	if !c.Connected() {
		c.StopAsync() // stop trying to connect
		fmt.Println("unable to connect")
		return
	}
	fmt.Println("connected")
	fmt.Println("closed:", c.Close())
	// Output:
	// connected
	// closed: <nil>
}

// Start gives up and stops the client when its context ends. Here nobody listens.
func ExampleClient_Start() {
	c, err := zkasync.New("127.0.0.1:1")
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	err = c.Start(ctx)
	fmt.Println(errors.Is(err, context.DeadlineExceeded), c.State())
	// Output: true Closed
}

// A callback stops the client with StopAsync: unlike Close, that does not wait for the callback itself.
func ExampleClient_StopAsync() {
	ctx := context.Background()
	c := demoClient()
	stopped := make(chan struct{})
	c.Create(ctx, "/quit", nil).OnDone(func(zkasync.Created, error) {
		c.StopAsync().OnDone(func(future.Void, error) { close(stopped) })
	})
	<-stopped
	fmt.Println(c.State())
	// Output: Closed
}

// Close sends what is queued, ends the session, and runs the callbacks. Afterwards no goroutine is left. Operations that are called
// after that fail as not sent.
func ExampleClient_Close() {
	ctx := context.Background()
	c := demoClient()
	made := c.Create(ctx, "/last", nil)
	fmt.Println("closed:", c.Close())
	_, err := made.Result()
	fmt.Println("create:", err)

	_, err = c.Get(ctx, "/last").Get(ctx)
	fmt.Println(errors.Is(err, zkasync.ErrClosed), errors.Is(err, zkasync.ErrNotSent), err)
	// Output:
	// closed: <nil>
	// create: <nil>
	// true true zkasync: get /last: not sent: client closed
}

// In a callback, Close stops the client and says that it could not wait.
func ExampleClient_Close_inCallback() {
	ctx := context.Background()
	c := demoClient()
	c.Create(ctx, "/quit", nil).OnDone(func(zkasync.Created, error) {
		fmt.Println(errors.Is(c.Close(), handler.ErrInCallback))
	})
	<-c.Create(ctx, "/other", nil).Done()
	fmt.Println(c.Close()) // waits for the callback as well
	// Output:
	// true
	// <nil>
}

// Restart begins a new session.
func ExampleClient_Restart() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	before := c.Session().ID
	fmt.Println(c.Restart(ctx), c.Connected(), c.Session().ID != before)
	// Output: <nil> true true
}

func ExampleClient_Connected() {
	c := demoClient()
	fmt.Println(c.Connected())
	_ = c.Close()
	fmt.Println(c.Connected())
	// Output:
	// true
	// false
}

// The session id is the owner of the session's ephemeral znodes.
func ExampleSession() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	made, err := c.Create(ctx, "/here", nil, zkasync.Ephemeral()).Get(ctx)
	fmt.Println(made.Stat.EphemeralOwner == c.Session().ID, err)
	// Output: true <nil>
}
