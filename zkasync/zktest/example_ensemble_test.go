package zktest_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/ensemble"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// In a test, RunEnsemble closes the servers when the test ends.
func ExampleRunEnsemble() {
	t := new(exampleT) // in a test: t *testing.T
	defer t.end()
	ctx := context.Background()

	ens := zktest.RunEnsemble(t, 3)
	c, err := zkasync.Connect(ctx, ens.ConnectString(), ens.Options()...)
	if err != nil {
		t.Fatalf("%v", err)
	}
	defer c.Close()
	for _, s := range ens.Servers() {
		fmt.Println(s.Number(), s.Mode())
	}
	// Output:
	// 1 leader
	// 2 follower
	// 3 follower
}

// A stale read: a client of a lagging follower reads data that another client has already replaced.
func ExampleServer_Lag() {
	ctx := context.Background()
	ens, err := zktest.NewEnsemble(3)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ens.Close()
	behind := ens.Followers()[0]
	c, err := zkasync.Connect(ctx, behind.Addr(), ens.Options()...)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	_ = ens.Leader().Put("/config", []byte("old"))
	behind.Lag(1)
	_ = ens.Leader().Put("/config", []byte("new"))

	n, _ := c.Get(ctx, "/config").Get(ctx)
	fmt.Printf("%s\n", n.Data)
	_, _ = c.Sync(ctx, "/config").Get(ctx)
	n, _ = c.Get(ctx, "/config").Get(ctx)
	fmt.Printf("%s\n", n.Data)

	// A server can also lag by a time, or for as long as the test wants.
	behind.LagFor(time.Minute)
	behind.Stall()
	behind.CatchUp()
	// Output:
	// old
	// new
}

// A fourth server joins an ensemble of three as an observer.
func ExampleEnsemble_AddServer() {
	ctx := context.Background()
	ens, err := zktest.NewEnsemble(3, zktest.WithReconfig(), zktest.WithSuperuser("secret"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ens.Close()
	c, err := zkasync.Connect(ctx, ens.ConnectString(), append(ens.Options(), zkasync.WithAuth("digest", []byte("super:secret")))...)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()

	fourth := ens.AddServer()
	config, err := c.Reconfig(ctx, zkasync.Joining(fourth.Member(ensemble.Observer))).Get(ctx)
	fmt.Println(config, err)
	fmt.Println(fourth.Mode())
	// Output:
	// server.1=192.0.2.1:2888:3888:participant;192.0.2.1:2181
	// server.2=192.0.2.2:2888:3888:participant;192.0.2.2:2181
	// server.3=192.0.2.3:2888:3888:participant;192.0.2.3:2181
	// server.4=192.0.2.4:2888:3888:observer;192.0.2.4:2181
	// version=100000002 <nil>
	// observer
}

// A leader is deposed: a new epoch begins, clients reconnect, sessions live on.
func ExampleEnsemble_Depose() {
	ens, err := zktest.NewEnsemble(5, zktest.WithObservers(2))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ens.Close()
	fmt.Printf("%x\n", ens.Leader().Zxid())
	fmt.Println(ens.Depose(ens.Servers()[1]))
	fmt.Printf("%x %s %s\n", ens.Leader().Zxid(), ens.Servers()[0].Mode(), ens.Servers()[4].Mode())
	// Output:
	// 100000000
	// <nil>
	// 200000000 follower observer
}

// Some servers are cut off. The others go on, and the ones that were cut off catch up when the partition is over.
func ExampleEnsemble_Partition() {
	ctx := context.Background()
	ens, err := zktest.NewEnsemble(3, zktest.WithReadOnlyMode())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ens.Close()
	alone := ens.Servers()[2]
	ens.Partition(alone)
	fmt.Println(alone.Mode())
	c, err := zkasync.Connect(ctx, alone.Addr(), append(ens.Options(), zkasync.WithReadOnly(true))...)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = c.Create(ctx, "/a", nil).Get(ctx)
	fmt.Println(err)
	_ = c.Close()
	ens.Heal()
	fmt.Println(alone.Mode())
	// Output:
	// read-only
	// zkasync: create /a: server error -119 (not read-only)
	// follower
}

// A server is down for a while.
func ExampleServer_Stop() {
	ctx := context.Background()
	srv, c, end := serve()
	defer end()
	srv.Stop()
	limited, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	_, err := c.Exists(limited, "/").Get(ctx)
	fmt.Println(errors.Is(err, zkasync.ErrNotSent) || errors.Is(err, zkasync.ErrConnectionLoss))
	srv.Start()
	// Output: true
}
