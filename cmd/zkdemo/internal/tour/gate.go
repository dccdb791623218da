package tour

import (
	"context"
	"errors"
	"net"
	"sync"
)

// gate is a network that the tour can break: it can hold back what the server sends, and cut connections. So the tour shows
// real failures. It is safe for concurrent use.
type gate struct {
	mu      sync.Mutex
	holding bool          // keep back what arrives
	held    chan struct{} // closed when something has arrived since hold; nil: closed already, or not holding
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

// hold keeps back whatever arrives from now on. It returns a channel that is closed when something has arrived.
func (g *gate) hold() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.holding, g.held = true, make(chan struct{})
	return g.held
}

// cut closes all connections, discards what was held back, and refuses new connections.
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

// arrived records that something has arrived, and reports whether it must be kept back.
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

// Read returns what has arrived. If the gate keeps that back, Read waits until the connection is closed.
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
