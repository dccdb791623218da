package zkasync_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// A subscription follows a whole tree, event by event, until it is closed.
func ExampleClient_AddWatch() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	sub, err := c.AddWatch(ctx, "/jobs", zkasync.PersistentRecursive).Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sub.Close()

	c.Create(ctx, "/jobs", nil) // as a rule, somebody else does all this
	c.Create(ctx, "/jobs/one", nil)
	c.Set(ctx, "/jobs/one", []byte("done"), zkasync.AnyVersion)
	c.Delete(ctx, "/jobs/one", zkasync.AnyVersion)
	deadline := time.After(30 * time.Second)
	for range 4 {
		select {
		case event := <-sub.C():
			fmt.Println(event.Type, event.Path)
		case <-deadline:
			fmt.Println("no event in time")
			return
		}
	}
	// Output:
	// EventNodeCreated /jobs
	// EventNodeCreated /jobs/one
	// EventNodeDataChanged /jobs/one
	// EventNodeDeleted /jobs/one
}

// Servers do not report what happens while there is no connection. A resync event says that it is time to read again.
func ExampleSubscription() {
	ctx := context.Background()
	network := newDemoNetwork(demoServers()) // one that can be unplugged
	defer network.Close()
	c, err := zkasync.Connect(ctx, network.Servers)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	sub, err := c.AddWatch(ctx, "/config", zkasync.Persistent).Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(sub.Path(), sub.Mode())

	c.Create(ctx, "/config", nil)
	for event, err := range sub.All(ctx) {
		if err != nil {
			fmt.Println(err)
			return
		}
		if event.Resync {
			fmt.Println("read again:", errors.Is(event.Err, zkasync.ErrConnectionLoss))
			break
		}
		fmt.Println(event.Type)
		network.Unplug(c)
		network.Plug()
	}
	sub.Close()
	<-sub.Done()
	fmt.Println("ended:", errors.Is(sub.Err(), zkasync.ErrWatchRemoved))
	// Output:
	// /config Persistent
	// EventNodeCreated
	// read again: true
	// ended: true
}

// A zero Zxid means that the server does not send it; servers before 3.9 do not.
func ExampleEvent() {
	show := func(e zkasync.Event) {
		switch {
		case e.Resync:
			fmt.Println("read everything again:", errors.Is(e.Err, zkasync.ErrConnectionLoss))
		case e.Type == zk.EventNodeDeleted:
			fmt.Println("deleted:", e.Path, e.Zxid)
		default:
			fmt.Println(e)
		}
	}
	show(zkasync.Event{Event: zk.Event{Path: "/a", Err: zkasync.ErrConnectionLoss}, Resync: true})
	show(zkasync.Event{Event: zk.Event{Type: zk.EventNodeDeleted, Path: "/a/b"}, Zxid: 7})
	show(zkasync.Event{Event: zk.Event{Type: zk.EventNodeCreated, Path: "/a/c"}})
	// Output:
	// read everything again: true
	// deleted: /a/b 7
	// EventNodeCreated /a/c
}

// With a callback, events come in one sequence with all other callbacks.
func ExampleOnEvent() {
	ctx := context.Background()
	c := demoClient()
	onEvent := zkasync.OnEvent(func(event zkasync.Event) { fmt.Println("event:", event.Type) })
	if _, err := c.AddWatch(ctx, "/config", zkasync.Persistent, onEvent).Get(ctx); err != nil {
		fmt.Println(err)
		return
	}
	c.Create(ctx, "/config", nil).OnDone(func(zkasync.Created, error) { fmt.Println("created") })
	c.Delete(ctx, "/config", zkasync.AnyVersion).OnDone(func(future.Void, error) { fmt.Println("deleted") })
	fmt.Println("closed:", c.Close())
	// Output:
	// event: EventNodeCreated
	// created
	// event: EventNodeDeleted
	// deleted
	// closed: <nil>
}

// A slow reader delays nobody. By default, events that wait for it are reduced to the latest one for each path.
func ExampleCoalesceEvents() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	c.Create(ctx, "/busy", nil)
	sub, err := c.AddWatch(ctx, "/busy", zkasync.Persistent, zkasync.CoalesceEvents(10)).Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 99 {
		c.Set(ctx, "/busy", nil, zkasync.AnyVersion)
	}
	if _, err := c.Set(ctx, "/busy", nil, zkasync.AnyVersion).Get(ctx); err != nil {
		fmt.Println(err)
		return
	}
	sub.Close()
	events := 0
	for range sub.C() {
		events++
	}
	fmt.Println(events > 0, events < 100)
	// Output: true true
}

// With BufferEvents no event is left out, but a reader that is too slow loses the subscription.
func ExampleBufferEvents() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	c.Create(ctx, "/busy", nil)
	sub, err := c.AddWatch(ctx, "/busy", zkasync.Persistent, zkasync.BufferEvents(10)).Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 100 {
		c.Set(ctx, "/busy", nil, zkasync.AnyVersion)
	}
	<-sub.Done()
	fmt.Println(errors.Is(sub.Err(), zkasync.ErrSlowReader))
	// Output: true
}

// RemoveWatches ends all watches of a path, at the server and in the client.
func ExampleClient_RemoveWatches() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	watched, err := c.ExistsW(ctx, "/config").Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = c.RemoveWatches(ctx, "/config", zkasync.WatcherAny).Get(ctx)
	fmt.Println(err)
	_, err = watched.Event.Get(ctx)
	fmt.Println(errors.Is(err, zkasync.ErrWatchRemoved))
	_, err = c.RemoveWatches(ctx, "/config", zkasync.WatcherAny).Get(ctx)
	fmt.Println(errors.Is(err, zkasync.ErrNoWatcher))
	// Output:
	// <nil>
	// true
	// true
}

// Unwatch gives up one watch and leaves the others alone.
func ExampleClient_Unwatch() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	watched, err := c.ExistsW(ctx, "/config").Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.Unwatch(watched.Event), c.Unwatch(watched.Event))
	_, err = watched.Event.Result()
	fmt.Println(errors.Is(err, zkasync.ErrWatchRemoved))
	// Output:
	// true false
	// true
}
