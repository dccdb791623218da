package tour

import (
	"context"
	"errors"
	"net"
	"sync"
)

// gate is a bad network: it dials, holds back what the server sends when told to, and cuts connections. It is how the
// tour comes by real failures. It is safe for concurrent use.
type gate struct {
	mu      sync.Mutex
	holding bool          // keep what arrives from the client
	held    chan struct{} // closed when something has arrived since hold; nil: nobody asked
	down    bool          // refuse to dial
	conns   map[*gatedConn]struct{}
}

var errDown = errors.New("the tour has unplugged the network")

func newGate() *gate { return &gate{conns: make(map[*gatedConn]struct{})} }

// dial is for zkasync.WithDialer.
func (g *gate) dial(ctx context.Context, network, address string) (net.Conn, error) {
	g.mu.Lock()
	down := g.down
	g.mu.Unlock()
	if down {
		return nil, errDown
	}
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c := &gatedConn{Conn: conn, gate: g, closed: make(chan struct{})}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.conns[c] = struct{}{}
	return c, nil
}

// hold keeps back whatever arrives from now on. The channel is closed when something has.
func (g *gate) hold() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.holding, g.held = true, make(chan struct{})
	return g.held
}

// cut ends all connections, with what was held back, and refuses new ones.
func (g *gate) cut() {
	g.mu.Lock()
	g.holding, g.held, g.down = false, nil, true
	conns := g.conns
	g.conns = make(map[*gatedConn]struct{})
	g.mu.Unlock()
	for c := range conns {
		_ = c.Close()
	}
}

// mend lets connections through again.
func (g *gate) mend() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.down = false
}

// arrived notes that bytes are there, and reports whether they are to be kept.
func (g *gate) arrived() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.holding && g.held != nil {
		close(g.held)
		g.held = nil
	}
	return g.holding
}

// gatedConn is a connection through the gate.
type gatedConn struct {
	net.Conn
	gate   *gate
	once   sync.Once
	closed chan struct{}
}

// Read gives what has arrived, unless the gate holds it: then it waits for the end of the connection.
func (c *gatedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 && c.gate.arrived() {
		<-c.closed
		return 0, net.ErrClosed
	}
	return n, err
}

func (c *gatedConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}
