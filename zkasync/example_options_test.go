package zkasync_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/handler"
	"github.com/zkasync/zkasync-go/zkasync"
)

// The times that matter. The servers bound the session timeout.
func ExampleOption() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	c, err := zkasync.Connect(ctx, demoServers(),
		zkasync.WithSessionTimeout(4*time.Second), // how long the servers wait for us
		zkasync.WithConnectTimeout(time.Second),   // how long one server may take to accept us
		zkasync.WithCloseTimeout(5*time.Second),   // how long Close may take
		zkasync.WithShuffle(false),                // the first server first
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.State(), c.Close())
	// Output: Connected <nil>
}

// A server that accepts connections and says nothing is given up after the connect timeout, and the next one is tried.
func ExampleWithConnectTimeout() {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer silent.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	c, err := zkasync.Connect(ctx, silent.Addr().String()+","+demoServers(),
		zkasync.WithShuffle(false), zkasync.WithConnectTimeout(100*time.Millisecond))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.State(), c.Close())
	// Output: Connected <nil>
}

// Close gives a callback that does not return this long, and then says so.
func ExampleWithCloseTimeout() {
	ctx := context.Background()
	c := demoClient(zkasync.WithCloseTimeout(200 * time.Millisecond))
	proceed := make(chan struct{})
	c.Create(ctx, "/a", nil).OnDone(func(zkasync.Created, error) { <-proceed })

	err := c.Close()
	var stuck *handler.StuckError
	fmt.Println(errors.As(err, &stuck), errors.Is(err, context.DeadlineExceeded))
	close(proceed) // the stop goes on by itself
	// Output: true true
}

// A server that answers heartbeats and never a request, as one with a stuck disk may do, is left after this long.
func ExampleWithRequestTimeout() {
	ctx := context.Background()
	network := newDemoNetwork(demoServers())
	defer network.Close()
	c := demoConnect(network.Servers, zkasync.WithRequestTimeout(200*time.Millisecond))
	defer c.Close()
	network.HoldReplies() // in truth it answers heartbeats

	_, err := c.Get(ctx, "/").Get(ctx)
	network.Plug()
	fmt.Println(errors.Is(err, zkasync.ErrConnectionLoss), errors.Is(err, zkasync.ErrOutcomeUnknown))
	// Output: true true
}

// The application's own loop runs the callbacks beside its other work, so they share data without locks.
func ExampleWithHandler() {
	ctx := context.Background()
	loop := handler.NewLoop()
	c := demoClient(zkasync.WithHandler(loop))
	created := 0
	for i := range 3 {
		c.Create(ctx, fmt.Sprintf("/%d", i), nil).OnDone(func(zkasync.Created, error) { created++ })
	}

	deadline := time.After(30 * time.Second)
	for created < 3 {
		select {
		case run := <-loop.C():
			run()
		case <-deadline:
			fmt.Println("not in time")
			return
		}
	}
	fmt.Println(created, c.Close())
	// Output: 3 <nil>
}

// The client logs nothing unless it is given a logger.
func ExampleWithLogger() {
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == "id" {
				return slog.Attr{} // they differ from run to run
			}
			return a
		},
	}))
	c := demoClient(zkasync.WithLogger(logger))
	_ = c.Close()
	// Output: level=INFO msg="zkasync: session established" timeout=10s
}

// The dialer is given the host's name as it stands in the connection string.
func ExampleWithDialer() {
	dialer := &net.Dialer{KeepAlive: time.Minute}
	c := demoClient(zkasync.WithDialer(func(ctx context.Context, network, address string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(address)
		fmt.Println("dial", network, host, err)
		return dialer.DialContext(ctx, network, address)
	}))
	defer c.Close()
	fmt.Println(c.State())
	// Output:
	// dial tcp 127.0.0.1 <nil>
	// Connected
}

func ExampleWithTLS() {
	servers, authorities, stop := demoTLS() // a server that speaks TLS, and who has signed its certificate
	defer stop()
	c := demoConnect(servers, zkasync.WithTLS(&tls.Config{RootCAs: authorities}))
	fmt.Println(c.State(), c.Close())
	// Output: Connected <nil>
}

// The credential is sent first on each connection. The access control list is that of all znodes made without one.
func ExampleWithAuth() {
	ctx := context.Background()
	c := demoClient(
		zkasync.WithAuth("digest", []byte("ann:secret")),
		zkasync.WithDefaultACL(zk.AuthACL(zk.PermAll)), // whoever has made it
	)
	defer c.Close()
	c.Create(ctx, "/mine", nil)
	acl, err := c.GetACL(ctx, "/mine").Get(ctx)
	fmt.Println(acl.Entries[0].Scheme, err)
	// Output: digest <nil>
}

// With WithReadOnly the client also reads from a server that has lost its quorum, and the state says so.
func ExampleWithReadOnly() {
	ctx := context.Background()
	c, err := zkasync.New(demoServers(), zkasync.WithReadOnly(true))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	changes := c.States(ctx)
	c.StartAsync()
	for change := range changes {
		if change.State == zkasync.StateConnected {
			fmt.Println("read-only:", change.ReadOnly)
			break
		}
	}
	// Output: read-only: false
}

// See also the example of Session.
func ExampleWithSession() {
	_, err := zkasync.New("zk1:2181", zkasync.WithSession(zkasync.Session{ID: 0x1234, Password: []byte("too short")}))
	fmt.Println(err)
	// Output: zkasync: session 0x1234 with a password of 9 bytes: want an id other than 0 and 16 bytes
}

// What the servers would cut the connection for is refused here.
func ExampleWithMaxRequestSize() {
	ctx := context.Background()
	c := demoClient(zkasync.WithMaxRequestSize(4096), zkasync.WithMaxReplySize(1<<20))
	defer c.Close()
	_, err := c.Create(ctx, "/large", make([]byte, 5000)).Get(ctx)
	fmt.Println(errors.Is(err, zkasync.ErrNotSent)) // "request of ... bytes exceeds the limit of 4096 (...)"
	// Output: true
}

// Gets that wait travel together. Turned off, each is a request of its own, which a server's metrics and logs then name.
func ExampleWithCoalescedReads() {
	ctx := context.Background()
	c := demoClient(zkasync.WithCoalescedReads(false))
	defer c.Close()
	gets := make([]*future.Future[zkasync.Node], 1000)
	for i := range gets {
		gets[i] = c.Get(ctx, "/")
	}
	nodes, err := future.All(gets...).Get(ctx)
	fmt.Println(len(nodes), err)
	// Output: 1000 <nil>
}
