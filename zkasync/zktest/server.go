package zktest

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/ensemble"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/link"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/serve"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/znode"
)

// Server is a running ZooKeeper server. All methods are safe for concurrent use.
type Server struct {
	w  *world
	in *serve.Server
}

// world is a group of servers with one history and one lock. A single server has a world of its own.
type world struct {
	*serve.Cluster
	cfg     *config
	servers []*Server
	tb      TB // the test that a call with an invalid argument fails
}

// noTest is the TB of servers that belong to no test.
type noTest struct{}

func (noTest) Helper()                           {}
func (noTest) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (noTest) Cleanup(func())                    {}

func newWorld(cfg *config, servers int) *world {
	tree := znode.New()
	if cfg.Forgets {
		tree.AddKeeper()
	}
	w := &world{Cluster: serve.NewCluster(&cfg.Config, tree, servers, cfg.observers), cfg: cfg, tb: noTest{}}
	for _, in := range w.Servers() {
		w.servers = append(w.servers, &Server{w: w, in: in})
	}
	return w
}

// ErrClosed is the error of a server that has been closed.
var ErrClosed = serve.ErrClosed

// New returns a server that runs until it is closed. Tests call [Run] instead.
func New(opts ...Option) (*Server, error) {
	cfg, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	return newWorld(cfg, 1).servers[0], nil
}

// TB is the part of testing.TB that this package needs. It is an interface of this package, so that programs do not import
// package testing. Fatalf must not return.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Cleanup(func())
}

// Run returns a server for one test, which is closed when the test ends.
//
//	srv := zktest.Run(t)
//	c, err := zkasync.Connect(ctx, srv.Addr(), srv.Options()...)
func Run(tb TB, opts ...Option) *Server {
	tb.Helper()
	s, err := New(opts...)
	if err != nil {
		tb.Fatalf("%v", err)
	}
	s.w.tb = tb
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

// Close ends all connections and stops listening. When it returns, all goroutines of the server have ended. In an ensemble
// it closes all servers; [Server.Stop] stops only one. It always returns nil.
func (s *Server) Close() error {
	s.w.Close()
	return nil
}

// Addr returns the address to give to clients. Until [Server.Listen] is called, only [Server.DialContext] can connect to
// it: it is 192.0.2.1:2181 for the first server, from a network that does not exist on the Internet (RFC 5737).
func (s *Server) Addr() string {
	s.w.Lock()
	defer s.w.Unlock()
	return s.in.Addr()
}

// Options returns the options with which a client of package zkasync connects to the server in memory.
func (s *Server) Options() []zkasync.Option {
	opts := []zkasync.Option{zkasync.WithDialer(s.DialContext)}
	if config := s.TLSConfig(); config != nil {
		opts = append(opts, zkasync.WithTLS(config))
	}
	return opts
}

// DialContext connects in memory, without TLS, to the server with the address addr: this one, or another one of its
// ensemble. It replaces net.Dialer's method in a client. The network is ignored.
func (s *Server) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	fail := func(err error) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: network, Addr: link.Addr(addr), Err: err}
	}
	if err := ctx.Err(); err != nil {
		return fail(err)
	}
	s.w.Lock()
	defer s.w.Unlock()
	conn, err := s.w.Connect(addr)
	if err != nil {
		return fail(err)
	}
	return conn, nil
}

// Dial does what DialContext does. It can be used as go-zookeeper's Dialer.
func (s *Server) Dial(network, addr string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return s.DialContext(ctx, network, addr)
}

// Listen makes the server listen on a TCP address, such as "127.0.0.1:0" for a free port, and returns the address with its
// port. After the first call, [Server.Addr] returns this address, and the configuration of an ensemble has it, or 127.0.0.1
// with the port if the server listens on all addresses of the machine. Listen is for clients in other processes, and for those
// whose dialer cannot be replaced. It lasts until Close.
func (s *Server) Listen(addr string) (string, error) {
	return s.in.Listen(addr)
}

// Number returns the server's number, from 1. A single server has the number 1.
func (s *Server) Number() int { return s.in.Number() }

// Member returns the line "server.4=…" with which a client's Reconfig lets the server join its ensemble. Its addresses are
// in memory, except that of [Server.Listen] for clients.
func (s *Server) Member(role ensemble.Role) string { return s.in.Member(role).String() }

// Mode returns the server's role: "standalone", "leader", "follower", "observer", "read-only", or "" if it serves nobody.
func (s *Server) Mode() string {
	s.w.Lock()
	defer s.w.Unlock()
	return s.in.Mode()
}

// Stop takes the server down: it closes its connections and refuses new ones. Its data stay. If it led an ensemble, another
// server becomes the leader, as long as more than half of the voting servers are up.
func (s *Server) Stop() {
	s.w.Lock()
	defer s.w.Unlock()
	s.in.Stop()
}

// Start brings the server up again after Stop. The sessions of a standalone server get their full timeout again.
func (s *Server) Start() {
	s.w.Lock()
	defer s.w.Unlock()
	s.in.Start()
}
