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

// The examples of this package use a real server, with a chroot of its own for each client.

// demoServers returns a connection string, such as "127.0.0.1:port/Example-1", whose chroot exists and is empty.
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
	Servers string // the connection string of the servers behind this network
}

// newDemoNetwork puts a network in front of the servers that demoServers has returned.
func newDemoNetwork(servers string) *demoNetwork {
	address, chroot, _ := strings.Cut(servers, "/")
	proxy, err := zkproxy.Start(address)
	if err != nil {
		panic(err)
	}
	return &demoNetwork{proxy, proxy.Addr() + "/" + chroot}
}

// LoseNextReply breaks the connection while the server's next reply is under way.
func (n *demoNetwork) LoseNextReply() { n.proxy.CutAfter(zkproxy.ToClient, 0, 1) }

// HoldReplies holds back what the server sends, until Plug.
func (n *demoNetwork) HoldReplies() { n.proxy.Hold(zkproxy.ToClient, true) }

// Unplug breaks all connections, lets no new one be made, and returns when c has noticed.
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

// demoTLS starts a server that uses TLS. It also returns the authority that has signed the server's certificate.
func demoTLS() (servers string, authorities *x509.CertPool, stop func()) {
	server, err := zkserver.Start(context.Background(), zkserver.WithTLS())
	if err != nil {
		panic(err)
	}
	return server.TLSAddr(), server.TLSConfig().RootCAs, func() { _ = server.Stop(context.Background()) }
}
