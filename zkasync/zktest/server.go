package zktest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/zkasync/zkasync-go/zkasync"
)

// Server is a ZooKeeper server. It works from the moment it is made. All methods are safe for concurrent use.
type Server struct {
	w    *world
	id   int // its number, from 1
	addr string

	// The rest is guarded by the world's lock.
	tree     *tree
	data     *watchTable
	children *watchTable
	events   uint64 // see nextEvent

	conns     map[*conn]bool
	connsMade int
	bySession map[int64]*conn
	listeners map[net.Listener]bool
	bound     string // the address of the first listener

	backlog []*txn // transactions that it has yet to apply
	applied *txn   // the last that it has applied, and what came of it
	result  result
	waiting map[int64]func(result) // by zxid: what to do when it is applied

	refusing  bool
	frozenAll bool
	frozen    map[int64]bool // sessions
	delay     time.Duration

	serving        bool // follows a leader, or is one
	stopped        bool
	cutOff         bool // on the other side of a partition
	observer       bool
	readOnly       bool // serves nobody but read-only clients
	lag            lag
	dueAt          time.Time // when an alarm for takeAged goes off
	sessionsMade   int64
	received, sent int64
}

// ErrClosed is what a server says that has been closed.
var ErrClosed = errors.New("zktest: the server is closed")

// New returns a server that runs until it is closed. Tests call [Run] instead.
func New(opts ...Option) (*Server, error) {
	cfg, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	w := newWorld(cfg)
	s := w.addServer(cfg.newTree())
	s.tree.last = cfg.firstZxid
	w.leader = s
	return s, nil
}

// TB is the part of testing.TB that this package needs. Being its own, it keeps package testing out of programs.
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
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

// addServer adds a server that is as far as its tree. Nobody else has the world yet, or its lock is held.
func (w *world) addServer(t *tree) *Server {
	s := &Server{
		w:         w,
		serving:   true,
		id:        len(w.servers) + 1,
		tree:      t,
		data:      newWatchTable(w.cfg.behaviour.modesApart),
		children:  newWatchTable(w.cfg.behaviour.modesApart),
		conns:     make(map[*conn]bool),
		bySession: make(map[int64]*conn),
		listeners: make(map[net.Listener]bool),
		waiting:   make(map[int64]func(result)),
		frozen:    make(map[int64]bool),
	}
	s.addr = fmt.Sprintf("192.0.2.%d:2181", s.id)
	w.servers = append(w.servers, s)
	return s
}

// Close ends all connections and stops listening. When it returns, all goroutines of the server are gone. A server of an
// ensemble takes the others with it; [Server.Stop] is for one. It always returns nil.
func (s *Server) Close() error {
	s.w.close()
	return nil
}

func (w *world) close() {
	w.lock()
	w.closed = true
	for _, s := range w.servers {
		for l := range s.listeners {
			_ = l.Close()
		}
	}
	for c := range w.live {
		c.drop()
		c.cut()
	}
	w.thawed.Broadcast()
	w.tell()
	w.release()
	w.running.Wait()
}

// Addr returns the address to give to clients. Until [Server.Listen] is called it is one that exists for
// [Server.DialContext] alone: 192.0.2.1:2181, from a network that is never on the Internet (RFC 5737). A client that is
// not told how to dial it cannot connect.
func (s *Server) Addr() string {
	s.w.lock()
	defer s.w.release()
	if s.bound != "" {
		return s.bound
	}
	return s.addr
}

// Options returns the options with which a client of package zkasync connects to the server in memory.
func (s *Server) Options() []zkasync.Option {
	opts := []zkasync.Option{zkasync.WithDialer(s.DialContext)}
	if config := s.TLSConfig(); config != nil {
		opts = append(opts, zkasync.WithTLS(config))
	}
	return opts
}

// DialContext connects to the server in memory, without TLS, or to another of its ensemble, which addr tells. It has the shape of
// net.Dialer's method, whose place it takes in a client. The network is not looked at.
func (s *Server) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	fail := func(err error) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: network, Addr: memAddr(addr), Err: err}
	}
	if err := ctx.Err(); err != nil {
		return fail(err)
	}
	s.w.lock()
	defer s.w.release()
	to := s.w.serverAt(addr)
	switch {
	case to == nil:
		return fail(fmt.Errorf("zktest: no server has this address, only %s", s.addr))
	case s.w.closed:
		return fail(ErrClosed)
	}
	ours, theirs := pipe(s.w.cfg.buffer, memAddr(to.addr), memAddr(fmt.Sprintf("127.0.0.1:%d", 40000+to.connsMade)))
	if !to.welcomeConn(ours) {
		return fail(errRefused)
	}
	return theirs, nil
}

// Dial is DialContext in the shape of go-zookeeper's Dialer.
func (s *Server) Dial(network, addr string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return s.DialContext(ctx, network, addr)
}

func (w *world) serverAt(addr string) *Server {
	for _, s := range w.servers {
		if s.addr == addr || s.bound == addr {
			return s
		}
	}
	return nil
}

var errRefused = errors.New("connection refused")

// welcomeConn starts to serve a connection; false if the server refuses it.
func (s *Server) welcomeConn(sock net.Conn) bool {
	host, _, err := net.SplitHostPort(sock.RemoteAddr().String())
	if err != nil {
		host = sock.RemoteAddr().String()
	}
	if s.w.closed || s.stopped || s.refusing || s.full(host) {
		_ = sock.Close()
		return false
	}
	s.connsMade++
	c := &conn{srv: s, number: s.connsMade, sock: sock, raw: sock, ip: host, since: s.w.now}
	if setup := s.w.cfg.tls; setup != nil {
		c.sock = tls.Server(sock, setup.server)
	}
	c.ids = []identity{{schemeIP, host}}
	c.out.init()
	c.impatient = s.w.after(handshakePatience, c.drop)
	s.conns[c] = true
	s.w.live[c] = true
	s.w.running.Add(2)
	go c.readLoop()
	go c.writeLoop()
	return true
}

// full reports whether an address has as many connections as it may.
func (s *Server) full(ip string) bool {
	if s.w.cfg.maxConns == 0 {
		return false
	}
	n := 0
	for c := range s.conns {
		if c.ip == ip {
			n++
		}
	}
	return n >= s.w.cfg.maxConns
}
