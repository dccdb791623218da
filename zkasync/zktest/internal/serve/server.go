package serve

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/acl"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/history"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/link"
)

// Server is one server of a cluster: a replica of the data, and the connections of clients.
type Server struct {
	*history.Replica
	w    *Cluster
	addr string // for connections in memory

	conns     map[*conn]bool
	connsMade int
	bySession map[int64]*conn
	locals    map[int64]*localSession // while the server is read-only
	listeners map[net.Listener]bool
	bound     string // the address of the first listener

	refusing  bool
	frozenAll bool
	frozen    map[int64]bool // sessions
	delay     time.Duration

	received, sent int64
}

// AddServer adds a server that follows the leader but is not a member yet.
func (w *Cluster) AddServer() *Server {
	s := w.newServer()
	s.Replica = w.Join(s.addr, s)
	return s
}

// newServer makes a server without a replica.
func (w *Cluster) newServer() *Server {
	s := &Server{
		w:         w,
		addr:      fmt.Sprintf("192.0.2.%d:2181", len(w.servers)+1),
		conns:     make(map[*conn]bool),
		bySession: make(map[int64]*conn),
		locals:    make(map[int64]*localSession),
		listeners: make(map[net.Listener]bool),
		frozen:    make(map[int64]bool),
	}
	w.servers = append(w.servers, s)
	return s
}

// Addr returns the address to give to clients: that of the first listener, or one in memory.
func (s *Server) Addr() string {
	if s.bound != "" {
		return s.bound
	}
	return s.addr
}

// reachable returns an address at which clients reach a listener: one that listens on all addresses of the machine is reached by
// loopback, since nobody knows which of the others a client can reach.
func reachable(bound string) string {
	addr, err := netip.ParseAddrPort(bound)
	if err != nil || !addr.Addr().IsUnspecified() {
		return bound
	}
	return fmt.Sprintf("127.0.0.1:%d", addr.Port())
}

// SessionEnded implements history.Clients.
func (s *Server) SessionEnded(id int64) {
	if c := s.bySession[id]; c != nil && !c.leaving {
		c.drop()
	}
}

// DropAll implements history.Clients.
func (s *Server) DropAll() {
	for _, c := range s.connsInOrder() {
		c.drop()
	}
	clear(s.locals)
}

func (s *Server) connsInOrder() []*conn {
	return slices.SortedFunc(maps.Keys(s.conns), func(a, b *conn) int { return cmp.Compare(a.number, b.number) })
}

var errRefused = errors.New("connection refused")

// Connect connects a client in memory to the server with this address.
func (w *Cluster) Connect(addr string) (net.Conn, error) {
	i := slices.IndexFunc(w.servers, func(s *Server) bool { return s.addr == addr || s.bound == addr || reachable(s.bound) == addr })
	switch {
	case i < 0:
		return nil, fmt.Errorf("zktest: no server has this address, only %s", w.servers[0].addr)
	case w.Ended():
		return nil, ErrClosed
	}
	to := w.servers[i]
	ours, theirs := link.Pipe(w.cfg.Buffer, link.Addr(to.addr), link.Addr(fmt.Sprintf("127.0.0.1:%d", 40000+to.connsMade)))
	if !to.welcomeConn(ours) {
		return nil, errRefused
	}
	return theirs, nil
}

// welcomeConn starts to serve a connection. It returns false if the server refuses it.
func (s *Server) welcomeConn(sock net.Conn) bool {
	host, _, err := net.SplitHostPort(sock.RemoteAddr().String())
	if err != nil {
		host = sock.RemoteAddr().String()
	}
	host = acl.HostAddress(host)
	if s.w.Ended() || s.Stopped() || s.refusing || s.full(host) {
		_ = sock.Close()
		return false
	}
	s.connsMade++
	c := &conn{srv: s, number: s.connsMade, sock: sock, raw: sock, ip: host, since: s.w.Now()}
	if s.w.cfg.TLS != nil {
		c.sock = tls.Server(sock, s.w.cfg.TLS)
	}
	c.ids = []acl.Identity{acl.New(acl.IP, host)}
	c.out.Init()
	c.impatient = s.w.After(handshakePatience, c.drop)
	s.conns[c] = true
	s.w.live[c] = true
	s.w.Running.Add(2)
	go c.readLoop()
	go c.writeLoop()
	return true
}

// full reports whether an address has as many connections as it may have.
func (s *Server) full(ip string) bool {
	if s.w.cfg.MaxConns == 0 {
		return false
	}
	n := 0
	for c := range s.conns {
		if c.ip == ip {
			n++
		}
	}
	return n >= s.w.cfg.MaxConns
}
