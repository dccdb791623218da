package zkpeer

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
)

// Script plays the server on one connection. The connection ends when the script returns. A script runs on a goroutine of its
// own, so it must not call a test's FailNow.
type Script func(c *Conn)

// Peer accepts connections and runs a script on each: the first script on the first connection, and so on. The last script
// runs on all later connections too.
type Peer struct {
	addr    string
	ln      net.Listener // nil: connections are pipes
	scripts []Script
	quit    chan struct{} // closed by Close

	running sync.WaitGroup

	mu       sync.Mutex
	accepted int
	closed   bool
	socks    map[net.Conn]struct{}
}

var errClosed = errors.New("zkpeer: closed")

// Listen starts a peer on a free port of 127.0.0.1, and closes it when the test ends.
func Listen(tb testing.TB, scripts ...Script) *Peer {
	tb.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	p := newPeer(tb, ln.Addr().String(), scripts)
	p.ln = ln
	p.running.Add(1)
	go p.accept()
	return p
}

// Pipes starts a peer that can be reached only through its Dial method, and closes it when the test ends. A pipe has no buffer:
// a Write returns when the other side has read all of it, and what was written before a Close is never lost.
func Pipes(tb testing.TB, scripts ...Script) *Peer {
	tb.Helper()
	return newPeer(tb, "peer.test:2181", scripts)
}

func newPeer(tb testing.TB, addr string, scripts []Script) *Peer {
	if len(scripts) == 0 {
		scripts = []Script{Healthy}
	}
	p := &Peer{addr: addr, scripts: scripts, quit: make(chan struct{}), socks: make(map[net.Conn]struct{})}
	tb.Cleanup(p.Close)
	return p
}

// Addr returns the address to give to a client. For a peer of Pipes it is a made-up name.
func (p *Peer) Addr() string { return p.addr }

// Accepted returns the number of connections so far.
func (p *Peer) Accepted() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.accepted
}

// Open returns the number of connections whose scripts are running.
func (p *Peer) Open() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.socks)
}

// Dial connects to the peer, whatever the address is. It can be passed to zkasync.WithDialer.
func (p *Peer) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	if p.ln != nil {
		return new(net.Dialer).DialContext(ctx, "tcp", p.addr)
	}
	near, far := net.Pipe()
	if !p.start(far) {
		return nil, errClosed
	}
	return near, nil
}

// Close ends all connections, and returns when all scripts have returned.
func (p *Peer) Close() {
	p.mu.Lock()
	if !p.closed {
		p.closed = true
		close(p.quit)
		if p.ln != nil {
			_ = p.ln.Close()
		}
		for sock := range p.socks {
			_ = sock.Close()
		}
	}
	p.mu.Unlock()
	p.running.Wait()
}

func (p *Peer) accept() {
	defer p.running.Done()
	for {
		sock, err := p.ln.Accept()
		if err != nil || !p.start(sock) {
			return
		}
	}
}

// start runs the script for a new connection. It returns false if the peer is closed.
func (p *Peer) start(sock net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		_ = sock.Close()
		return false
	}
	c := newConn(p, sock, p.accepted)
	script := p.scripts[min(p.accepted, len(p.scripts)-1)]
	p.accepted++
	p.socks[sock] = struct{}{}
	p.running.Add(1)
	go p.play(c, script)
	return true
}

func (p *Peer) play(c *Conn, script Script) {
	defer p.running.Done()
	defer func() {
		_ = c.sock.Close()
		p.mu.Lock()
		delete(p.socks, c.sock)
		p.mu.Unlock()
	}()
	script(c)
}
