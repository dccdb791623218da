package zkasync_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/zkasync/zkasync-go/zkasync"
)

func ExampleClient_State() {
	c, err := zkasync.New(demoServers())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.State())
	if err := c.Start(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.State())
	_ = c.Close()
	fmt.Println(c.State())
	// Output:
	// Closed
	// Connected
	// Closed
}

// The channel loses no change, however slow its reader. Its last one is Closed.
func ExampleClient_States() {
	ctx := context.Background()
	c, err := zkasync.New(demoServers())
	if err != nil {
		fmt.Println(err)
		return
	}
	changes := c.States(ctx)
	if err := c.Start(ctx); err != nil {
		fmt.Println(err)
		return
	}
	_ = c.Close()
	for change := range changes {
		fmt.Println(change.State)
	}
	// Output:
	// Connecting
	// Connected
	// Closed
}

// The loop gets all changes of state until the client is closed.
func ExampleClient_AllStates() {
	ctx := context.Background()
	c, err := zkasync.New(demoServers())
	if err != nil {
		fmt.Println(err)
		return
	}
	changes := c.AllStates(ctx)
	c.StartAsync()
	for change, err := range changes {
		if err != nil {
			fmt.Println(errors.Is(err, zkasync.ErrClosed))
			break
		}
		fmt.Println(change.State)
		if change.State == zkasync.StateConnected {
			go c.Close()
		}
	}
	c.Close()
	// Output:
	// Connecting
	// Connected
	// Closed
	// true
}

// State changes come in one sequence with all other callbacks. (kazoo: add_listener, remove_listener.)
func ExampleClient_OnState() {
	ctx := context.Background()
	c, err := zkasync.New(demoServers())
	if err != nil {
		fmt.Println(err)
		return
	}
	remove := c.OnState(func(change zkasync.StateChange) {
		fmt.Println("state:", change.State)
	})
	c.StartAsync()
	if err := c.Start(ctx); err != nil { // joins the start that is under way
		fmt.Println(err)
		return
	}
	c.Create(ctx, "/a", nil).OnDone(func(zkasync.Created, error) {
		fmt.Println("created")
		remove()
	})
	fmt.Println("close:", c.Close())
	// Output:
	// state: Connecting
	// state: Connected
	// created
	// close: <nil>
}

// What depends on the session must be given up on Lost, and restored on Connected with another session.
func ExampleStateChange() {
	ctx := context.Background()
	network := newDemoNetwork(demoServers()) // one that can be unplugged
	defer network.Close()
	c, err := zkasync.New(network.Servers)
	if err != nil {
		fmt.Println(err)
		return
	}
	changes := c.States(ctx)
	c.StartAsync()

	var session int64
	for change := range changes {
		switch change.State {
		case zkasync.StateConnected:
			if change.SessionID == session {
				fmt.Println("connected again, nothing is lost")
				c.StopAsync() // ends the loop
				continue
			}
			session = change.SessionID
			fmt.Println("a new session: make the ephemeral znodes")
			network.Unplug(c)
		case zkasync.StateSuspended:
			fmt.Println("no connection: do nothing that needs the session")
			network.Plug()
		case zkasync.StateLost:
			fmt.Println("the session is over: stop")
		}
	}
	// Output:
	// a new session: make the ephemeral znodes
	// no connection: do nothing that needs the session
	// connected again, nothing is lost
}
