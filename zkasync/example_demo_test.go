package zkasync_test

import (
	"context"
	"crypto/x509"
	"strings"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// What the examples of this package stand on: a real server, and a chroot of its own for each client.

// demoServers returns a connection string, "127.0.0.1:port/Example-1" say, whose chroot exists and is empty.
func demoServers() string { return exampleServers("Example") }

// demoClient returns a client that is connected to demoServers.
func demoClient(opts ...zkasync.Option) *zkasync.Client {
	return demoConnect(demoServers(), opts...)
}

func demoConnect(servers string, opts ...zkasync.Option) *zkasync.Client {
	ctx, cancel := context.WithTimeout(context.Background(), demoPatience)
	defer cancel()
	c, err := zkasync.Connect(ctx, servers, opts...)
	if err != nil {
		panic(err)
	}
	return c
}

const demoPatience = 30 * time.Second

// demoNetwork is a network that can break.
type demoNetwork struct {
	proxy   *zkproxy.Proxy
	Servers string // the connection string by way of this network
}

// newDemoNetwork puts a network before what demoServers returned.
func newDemoNetwork(servers string) *demoNetwork {
	address, chroot, _ := strings.Cut(servers, "/")
	proxy, err := zkproxy.Start(address)
	if err != nil {
		panic(err)
	}
	return &demoNetwork{proxy, proxy.Addr() + "/" + chroot}
}

// LoseNextReply has the connection break while the server's next reply is under way.
func (n *demoNetwork) LoseNextReply() { n.proxy.CutAfter(zkproxy.ToClient, 0, 1) }

// HoldReplies has what the server sends come no further until Plug.
func (n *demoNetwork) HoldReplies() { n.proxy.Hold(zkproxy.ToClient, true) }

// Unplug breaks all connections, so that no new one can be made, and returns when c has noticed.
func (n *demoNetwork) Unplug(c *zkasync.Client) {
	n.proxy.Refuse()
	n.proxy.Cut()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	deadline := time.After(demoPatience)
	for c.Connected() {
		select {
		case <-tick.C:
		case <-deadline:
			panic("the client does not notice that it has no connection")
		}
	}
}

// Plug repairs the network.
func (n *demoNetwork) Plug() { n.proxy.Heal() }

// Close ends the network.
func (n *demoNetwork) Close() { _ = n.proxy.Close() }

// demoTLS starts a server that speaks TLS. It returns who has signed the server's certificate, too.
func demoTLS() (servers string, authorities *x509.CertPool, stop func()) {
	server, err := zkserver.Start(context.Background(), zkserver.WithTLS())
	if err != nil {
		panic(err)
	}
	return server.TLSAddr(), server.TLSConfig().RootCAs, func() { _ = server.Stop(context.Background()) }
}
