package zktest_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// serve returns a server, a client of it, and a function that ends both. Real tests call zktest.Run.
func serve(opts ...zktest.Option) (srv *zktest.Server, c *zkasync.Client, end func()) {
	srv, err := zktest.New(opts...)
	if err != nil {
		panic(err)
	}
	c, err = zkasync.Connect(context.Background(), srv.Addr(), srv.Options()...)
	if err != nil {
		panic(err)
	}
	return srv, c, func() {
		_ = c.Close()
		_ = srv.Close()
	}
}

// The answer to a write is lost: the write has been applied, but the client cannot know that.
func ExampleServer_Fault() {
	ctx := context.Background()
	srv, c, end := serve()
	defer end()
	lost := srv.Fault(zktest.Fault{
		Op: zktest.OpAnyCreate, Path: "/orders/**", Count: 1,
		When: zktest.After, Do: zktest.Drop(),
	})

	_ = srv.Put("/orders", nil)
	_, err := c.Create(ctx, "/orders/1", nil).Get(ctx)
	fmt.Println("unknown:", errors.Is(err, zkasync.ErrOutcomeUnknown), "struck:", lost.Fired())
	fmt.Print(srv.Tree())
	lost.Remove()
	// Output:
	// unknown: true struck: 1
	// /
	// /orders
	// /orders/1
}

// An answer is held while the test does something else, here a change by another client.
func ExampleHold() {
	ctx := context.Background()
	srv, c, end := serve()
	defer end()
	_ = srv.Put("/config", []byte("old"))
	held := srv.Fault(zktest.Fault{Op: zktest.OpGetData, When: zktest.After, Do: zktest.Hold()})

	read := c.Get(ctx, "/config")
	_ = held.Wait(ctx, 1)
	_ = srv.Put("/config", []byte("new"))
	held.Release()
	n, err := read.Get(ctx)
	fmt.Printf("%s %v\n", n.Data, err)
	// Output: old <nil>
}

// Answers can be errors, other answers, or no answers at all.
func ExampleAction() {
	ctx := context.Background()
	srv, c, end := serve()
	defer end()
	srv.Fault(zktest.Fault{Path: "/throttled", Do: zktest.Code(-127)})
	srv.Fault(zktest.Fault{Path: "/forbidden", Do: zktest.Fail(zk.ErrNoAuth)})
	srv.Fault(zktest.Fault{Path: "/deleted", Op: zktest.OpDelete, Do: zktest.Answer(nil)}) // success, but nothing is deleted
	srv.Fault(zktest.Fault{Path: "/half", When: zktest.After, Do: zktest.Cut(6)})
	srv.Fault(zktest.Fault{Path: "/garbage", Do: zktest.Raw([]byte{0, 0, 0, 1, 42})})

	_, err := c.Get(ctx, "/throttled").Get(ctx)
	fmt.Println(err)
	_, err = c.Get(ctx, "/forbidden").Get(ctx)
	fmt.Println(err)
	_, err = c.Delete(ctx, "/deleted", zkasync.AnyVersion).Get(ctx)
	fmt.Println(err)
	for _, path := range []string{"/half", "/garbage"} {
		_, err = c.Get(ctx, path).Get(ctx)
		fmt.Println(path, errors.Is(err, zkasync.ErrConnectionLoss))
	}
	// Output:
	// zkasync: get /throttled: server error -127 (throttled)
	// zkasync: get /forbidden: not authenticated
	// <nil>
	// /half true
	// /garbage true
}

// A function of the test sees every request and decides what happens to it.
func ExampleServer_Intercept() {
	ctx := context.Background()
	srv, c, end := serve()
	defer end()
	srv.Intercept(func(q zktest.Request) zktest.Action {
		if q.Op == zktest.OpDelete {
			return zktest.Fail(zk.ErrNoAuth)
		}
		return zktest.Action{}
	})
	_ = srv.Put("/a", nil)
	_, err := c.Delete(ctx, "/a", zkasync.AnyVersion).Get(ctx)
	fmt.Println(errors.Is(err, zk.ErrNoAuth))
	// Output: true
}

// A session expires now, without waiting for its timeout.
func ExampleServer_Expire() {
	ctx := context.Background()
	srv, c, end := serve()
	defer end()
	_, _ = c.Create(ctx, "/lock", nil, zkasync.Ephemeral()).Get(ctx)
	id := c.Session().ID

	fmt.Println(srv.Expire(id))
	_, _, err := srv.Get("/lock")
	fmt.Println(errors.Is(err, zk.ErrNoNode))
	// Output:
	// <nil>
	// true
}

// A session is replaced by a new one at the next reconnect, as by ClickHouse Keeper.
func ExampleServer_Replace() {
	ctx := context.Background()
	srv, c, end := serve()
	defer end()
	id := c.Session().ID
	srv.Replace(id)
	srv.Drop(id)
	fmt.Println(srv.WaitSessions(ctx, 2)) // the old one lives on until it expires
	// Output: <nil>
}

// A session moves away: the next write over the old connection is not applied.
func ExampleServer_Move() {
	ctx := context.Background()
	srv, c, end := serve()
	defer end()
	id := c.Session().ID
	fmt.Println(srv.Move(id))
	_, err := c.Create(ctx, "/a", nil).Get(ctx)
	fmt.Println(errors.Is(err, zkasync.ErrConnectionLoss))
	fmt.Print(srv.Tree())
	// Output:
	// <nil>
	// true
	// /
}

// A frozen server is as good as a dead network, until it is thawed.
func ExampleServer_Freeze() {
	ctx := context.Background()
	srv, c, end := serve()
	defer end()
	srv.Freeze()
	held := c.Exists(ctx, "/")
	fmt.Println(held.Ready())
	srv.Thaw()
	_, err := held.Get(ctx)
	fmt.Println(err)
	// Output:
	// false
	// <nil>
}

// Connections can be slow, refused or closed on one side only, and can carry bytes that are not an answer.
func ExampleServer_SlowDown() {
	ctx := context.Background()
	srv, c, end := serve()
	defer end()
	srv.SlowDown(20 * time.Millisecond)
	start := time.Now()
	_, err := c.Exists(ctx, "/").Get(ctx)
	fmt.Println(err, time.Since(start) >= 20*time.Millisecond)
	srv.SlowDown(0)

	srv.Refuse(true)
	_, err = srv.DialContext(ctx, "tcp", srv.Addr())
	fmt.Println(err)
	srv.Refuse(false)

	id := c.Session().ID
	srv.Send([]byte("no frame at all"), id)
	srv.HalfClose(id)
	// Output:
	// <nil> true
	// dial tcp 192.0.2.1:2181: connection refused
}
