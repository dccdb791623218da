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
	"github.com/zkasync/zkasync-go/zkasync/sasl"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// The timeouts that matter. The servers limit the session timeout.
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

// After the connect timeout, the client leaves a server that accepts connections and sends nothing, and tries the next one.
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

// Close waits this long for a callback that does not return, and then says so.
func ExampleWithCloseTimeout() {
	ctx := context.Background()
	c := demoClient(zkasync.WithCloseTimeout(200 * time.Millisecond))
	proceed := make(chan struct{})
	c.Create(ctx, "/a", nil).OnDone(func(zkasync.Created, error) { <-proceed })

	err := c.Close()
	var stuck *handler.StuckError
	fmt.Println(errors.As(err, &stuck), errors.Is(err, context.DeadlineExceeded))
	close(proceed) // then the stop completes by itself
	// Output: true true
}

// After this time, the client leaves a server that answers heartbeats but no requests, for example because its disk is stuck.
func ExampleWithRequestTimeout() {
	ctx := context.Background()
	network := newDemoNetwork(demoServers())
	defer network.Close()
	c := demoConnect(network.Servers, zkasync.WithRequestTimeout(200*time.Millisecond))
	defer c.Close()
	network.HoldReplies() // unlike such a server, this holds back heartbeats as well

	_, err := c.Get(ctx, "/").Get(ctx)
	network.Plug()
	fmt.Println(errors.Is(err, zkasync.ErrConnectionLoss), errors.Is(err, zkasync.ErrOutcomeUnknown))
	// Output: true true
}

// The application's own loop runs the callbacks between its other work, so they share data without locks.
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

// The dialer gets the host's name as it is in the connection string.
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
	servers, authorities, stop := demoTLS() // a server that uses TLS, and the authority that has signed its certificate
	defer stop()
	c := demoConnect(servers, zkasync.WithTLS(&tls.Config{RootCAs: authorities}))
	fmt.Println(c.State(), c.Close())
	// Output: Connected <nil>
}

// The credential is sent first on each connection. Znodes that are created without an access control list get the default one.
func ExampleWithAuth() {
	ctx := context.Background()
	c := demoClient(
		zkasync.WithAuth("digest", []byte("ann:secret")),
		zkasync.WithDefaultACL(zk.AuthACL(zk.PermAll)), // only the creator
	)
	defer c.Close()
	c.Create(ctx, "/mine", nil)
	acl, err := c.GetACL(ctx, "/mine").Get(ctx)
	fmt.Println(acl.Entries[0].Scheme, err)
	// Output: digest <nil>
}

// WithReadOnly allows the client to read from a server without a quorum. The session tells whether it does.
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

// The client refuses a request that is so large that the servers would close the connection.
func ExampleWithMaxRequestSize() {
	ctx := context.Background()
	c := demoClient(zkasync.WithMaxRequestSize(4096), zkasync.WithMaxReplySize(1<<20))
	defer c.Close()
	_, err := c.Create(ctx, "/large", make([]byte, 5000)).Get(ctx)
	fmt.Println(errors.Is(err, zkasync.ErrNotSent)) // "request of ... bytes exceeds the limit of 4096 (...)"
	// Output: true
}

// By default, gets that wait are sent together. With false, each is a request of its own, as the server's metrics and logs then
// show.
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

// The client authenticates by SASL on each connection, before anything else.
func ExampleWithSASL() {
	srv, err := zktest.New(zktest.WithSASL(map[string]string{"bob": "builder"}), zktest.WithEnforcedAuthentication())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	_, err = zkasync.Connect(context.Background(), srv.Addr(),
		append(srv.Options(), zkasync.WithSASL(sasl.DigestMD5("bob", "wrong")))...)
	fmt.Println(errors.Is(err, zkasync.ErrAuthFailed))
	// Output: true
}

// Each connection has the certificates that are there when it is made.
func ExampleWithTLSFunc() {
	srv, err := zktest.New(zktest.WithTLS(true))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	renewed := func(context.Context) (*tls.Config, error) { return srv.TLSConfig(), nil } // files.Config of package tlsfiles, say
	c, err := zkasync.Connect(context.Background(), srv.Addr(), append(srv.Options(), zkasync.WithTLSFunc(renewed))...)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	fmt.Println(c.State())
	// Output: Connected
}
