package zkasync_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/ensemble"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// Config tells which servers are in the ensemble, and where clients reach them.
func ExampleClient_Config() {
	ctx := context.Background()
	ens, err := zktest.NewEnsemble(3, zktest.WithObservers(1))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ens.Close()
	c, err := zkasync.Connect(ctx, ens.ConnectString()+"/app", ens.Options()...)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()

	config, err := c.Config(ctx).Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range config.Servers {
		fmt.Println(s.ID, s.Role, s.ClientAddr())
	}
	// Output:
	// 1 participant 192.0.2.1:2181
	// 2 participant 192.0.2.2:2181
	// 3 observer 192.0.2.3:2181
}

// A server joins and another leaves, unless somebody else has changed the ensemble meanwhile.
func ExampleClient_Reconfig() {
	ctx := context.Background()
	ens, err := zktest.NewEnsemble(3, zktest.WithReconfig(), zktest.WithSuperuser("secret"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ens.Close()
	superuser := zkasync.WithAuth("digest", []byte("super:secret"))
	c, err := zkasync.Connect(ctx, ens.ConnectString(), append(ens.Options(), superuser)...)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()

	fourth := ens.AddServer().Member(ensemble.Participant) // a real one has been started by now, and knows the others
	config, err := c.Config(ctx).Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	next, err := c.Reconfig(ctx, zkasync.Joining(fourth), zkasync.Leaving(2), zkasync.FromVersion(config.Version)).Get(ctx)
	fmt.Println(next, err)

	_, err = c.Reconfig(ctx, zkasync.Leaving(3), zkasync.FromVersion(config.Version)).Get(ctx)
	fmt.Println(errors.Is(err, zk.ErrBadVersion))

	// The configuration can be replaced as a whole: servers that are not listed leave.
	next, err = c.Reconfig(ctx, zkasync.NewMembers(
		"server.1=192.0.2.1:2888:3888;2181",
		"server.3=192.0.2.3:2888:3888;2181",
		"server.4=192.0.2.4:2888:3888:observer;2181",
	)).Get(ctx)
	fmt.Println(len(next.Servers), next.Participants(), err)
	// Output:
	// server.1=192.0.2.1:2888:3888:participant;192.0.2.1:2181
	// server.3=192.0.2.3:2888:3888:participant;192.0.2.3:2181
	// server.4=192.0.2.4:2888:3888:participant;192.0.2.4:2181
	// version=100000002 <nil>
	// true
	// 3 2 <nil>
}

// Who follows the ensemble learns of each change.
func ExampleClient_WatchConfig() {
	ctx := context.Background()
	ens, err := zktest.NewEnsemble(3, zktest.WithReconfig(), zktest.WithSuperuser("secret"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ens.Close()
	superuser := zkasync.WithAuth("digest", []byte("super:secret"))
	c, err := zkasync.Connect(ctx, ens.ConnectString(), append(ens.Options(), superuser)...)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()

	live := c.WatchConfig(ctx)
	defer live.Close()
	for now, err := range live.All(ctx) {
		if err != nil || now.Err != nil {
			fmt.Println(err, now.Err)
			return
		}
		fmt.Println(len(now.Value.Servers), "servers")
		if len(now.Value.Servers) < 3 {
			return
		}
		c.Reconfig(ctx, zkasync.Leaving(3))
	}
	// Output:
	// 3 servers
	// 2 servers
}

// A client that was given one server finds the others, and goes on when that one is down.
func ExampleWithEnsembleTracker() {
	ctx := context.Background()
	ens, err := zktest.NewEnsemble(3)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ens.Close()
	second := ens.Servers()[1]
	c, err := zkasync.Connect(ctx, second.Addr(), append(ens.Options(),
		zkasync.WithEnsembleTracker(true), zkasync.WithRetry(zkasync.RetryPolicy{}))...)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()

	session := c.Session().ID
	if _, err := c.Config(ctx).Get(ctx); err != nil { // by now the client has read it for itself
		fmt.Println(err)
	}
	second.Stop()
	_, err = c.Exists(ctx, "/").Get(ctx)
	fmt.Println(err, c.Session().ID == session)
	// Output: <nil> true
}

// The servers are those of SRV records, which a name service has.
func ExampleWithSRVResolver() {
	server, chroot, _ := strings.Cut(demoServers(), "/")
	host, port, err := net.SplitHostPort(server)
	if err != nil {
		fmt.Println(err)
		return
	}
	number, _ := strconv.ParseUint(port, 10, 16)
	c, err := zkasync.Connect(context.Background(), "_zookeeper._tcp.example.org/"+chroot,
		zkasync.WithSRVResolver(func(_ context.Context, _, _, name string) (string, []*net.SRV, error) {
			return name, []*net.SRV{{Target: host, Port: uint16(number)}}, nil
		}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.State(), c.Close())
	// Output: Connected <nil>
}
