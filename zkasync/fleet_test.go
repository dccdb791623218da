package zkasync_test

import (
	"context"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
)

// fleet is a group of scripted servers with addresses, and a name service that knows them.
type fleet struct {
	t *testing.T

	mu      sync.Mutex
	servers map[string]*zkpeer.Peer // by address
	names   map[string]named
	dialled []string // addresses, in order
	ended   int      // how many sessions were ended
}

// named is what the name service answers for a name, and after what time.
type named struct {
	addrs []string
	err   error
	after time.Duration
}

func newFleet(t *testing.T) *fleet {
	return &fleet{t: t, servers: make(map[string]*zkpeer.Peer), names: make(map[string]named)}
}

// server puts a server at an address. All servers count their sessions together.
func (f *fleet) server(addr string, scripts ...zkpeer.Script) *zkpeer.Peer {
	p := zkpeer.Pipes(f.t, scripts...)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.servers[addr] = p
	return p
}

// gone removes the server at an address.
func (f *fleet) gone(addr string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.servers, addr)
}

// name adds a name to the name service.
func (f *fleet) name(host string, to named) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.names[host] = to
}

// dial connects to the server at an address. If there is none, it swallows whatever is sent to it.
func (f *fleet) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	f.mu.Lock()
	p := f.servers[addr]
	f.dialled = append(f.dialled, addr)
	f.mu.Unlock()
	if p == nil {
		<-ctx.Done()
		return nil, fmt.Errorf("dial %s: %w", addr, ctx.Err())
	}
	return p.Dial(ctx, network, addr)
}

func (f *fleet) lookup(ctx context.Context, host string) ([]string, error) {
	f.mu.Lock()
	to, known := f.names[host]
	f.mu.Unlock()
	if !known {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	select {
	case <-time.After(to.after):
		return to.addrs, to.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// dials returns how often an address was dialled.
func (f *fleet) dials(addr string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, d := range f.dialled {
		if d == addr {
			n++
		}
	}
	return n
}

// client returns a client of the fleet, which is closed at the end of the test.
func (f *fleet) client(servers string, opts ...zkasync.Option) *zkasync.Client {
	f.t.Helper()
	opts = append([]zkasync.Option{zkasync.WithDialer(f.dial), zkasync.WithResolver(f.lookup)}, opts...)
	c, err := zkasync.New(servers, opts...)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() {
		start := time.Now()
		if err := c.Close(); err != nil {
			f.t.Errorf("close: %v", err)
		}
		if took := time.Since(start); took > closeLimit {
			f.t.Errorf("close took %v", took)
		}
	})
	return c
}

// started starts a client and returns how long that took.
func started(t *testing.T, c *zkasync.Client) time.Duration {
	t.Helper()
	start := time.Now()
	if err := c.Start(testContext(t)); err != nil {
		t.Fatal(err)
	}
	return time.Since(start)
}

// slow returns a script of a server that answers the connect request after a while, and is healthy from then on. It counts the
// sessions that are ended.
func (f *fleet) slow(after time.Duration) zkpeer.Script {
	return func(c *zkpeer.Conn) {
		if !c.ReadConnect() {
			return
		}
		time.Sleep(after)
		c.Accept()
		c.Serve(func(r zkpeer.Request) bool {
			if r.Op == wire.OpClose {
				f.mu.Lock()
				f.ended++
				f.mu.Unlock()
			}
			return false
		})
	}
}

func (f *fleet) endedSessions() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ended
}

// hangsUp is a script of a server that closes the connection, as servers without a quorum do.
func hangsUp(c *zkpeer.Conn) { c.ReadConnect() }

// cutWhen returns a script of a server that is healthy until the channel then is closed.
func cutWhen(then <-chan struct{}) zkpeer.Script {
	return func(c *zkpeer.Conn) {
		c.Accept()
		go func() { <-then; c.Cut() }()
		c.Serve(nil)
	}
}
