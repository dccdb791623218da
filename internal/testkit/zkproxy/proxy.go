package zkproxy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
)

// Proxy listens on a port of its own and forwards to one server. It is safe for
// concurrent use. Its user must close it.
type Proxy struct {
	listener net.Listener
	cancel   context.CancelFunc // ends dials in progress
	wg       sync.WaitGroup     // joins every goroutine

	mu       sync.Mutex
	target   string
	closed   bool
	admit    admission
	links    map[*link]bool
	accepted int
	requests [][]byte
	faults   [2]faults
	changed  chan struct{} // closed, and replaced, when faults change
}

// admission says what happens to a new connection.
type admission int

const (
	admitAll admission = iota
	admitRefuse
	admitHang
)

// Start listens on a free port of 127.0.0.1 and forwards to target, "host:port".
// The target need not listen yet.
func Start(target string) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("zkproxy: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &Proxy{
		listener: l, cancel: cancel, target: target,
		links: map[*link]bool{}, changed: make(chan struct{}),
	}
	p.wg.Add(1)
	go p.accept(ctx)
	return p, nil
}

// TB is the part of testing.TB that Run needs.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Cleanup(func())
}

// Run starts a proxy for one test and closes it when the test ends.
func Run(tb TB, target string) *Proxy {
	tb.Helper()
	p, err := Start(target)
	if err != nil {
		tb.Fatalf("%v", err)
	}
	tb.Cleanup(func() { p.Close() })
	return p
}

// Addr returns the address for clients.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// SetTarget sends connections accepted from now on to another server.
func (p *Proxy) SetTarget(target string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = target
}

// Conns returns the number of open connections.
func (p *Proxy) Conns() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.links)
}

// Accepted returns the number of connections so far, including refused ones.
func (p *Proxy) Accepted() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.accepted
}

// ConnectRequests returns the first frame, without its length, of each connection
// that has sent one, in the order of arrival.
func (p *Proxy) ConnectRequests() [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([][]byte, len(p.requests))
	for i, r := range p.requests {
		all[i] = bytes.Clone(r)
	}
	return all
}

// Refuse resets new connections as soon as they are accepted, until Heal.
func (p *Proxy) Refuse() { p.setAdmission(admitRefuse) }

// Hang accepts new connections, but neither reads nor writes, until Heal.
// Connections that hang by then go on hanging.
func (p *Proxy) Hang() { p.setAdmission(admitHang) }

func (p *Proxy) setAdmission(a admission) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.admit = a
}

// Cut closes all connections on both sides and returns how many there were. Bytes
// that were read and not yet written are lost.
func (p *Proxy) Cut() int { return p.each((*link).close) }

// Reset does what Cut does, with a reset (RST) instead of an orderly end.
func (p *Proxy) Reset() int { return p.each((*link).reset) }

func (p *Proxy) each(do func(*link)) int {
	p.mu.Lock()
	links := make([]*link, 0, len(p.links))
	for l := range p.links {
		links = append(links, l)
	}
	p.mu.Unlock()
	for _, l := range links {
		do(l)
	}
	return len(links)
}

// Close closes the port and all connections, and joins all goroutines. A second call
// does nothing.
func (p *Proxy) Close() error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.cancel()
	err := p.listener.Close()
	if errors.Is(err, net.ErrClosed) {
		err = nil
	}
	p.Cut()
	p.wg.Wait()
	return err
}

func (p *Proxy) accept(ctx context.Context) {
	defer p.wg.Done()
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return // Close was called
		}
		l := &link{proxy: p, client: conn, closed: make(chan struct{})}
		switch admit, target := p.add(l); admit {
		case admitRefuse:
			l.reset()
		case admitAll:
			p.wg.Add(1)
			go l.run(ctx, target)
		}
	}
}

// add registers a connection, and returns what to do with it.
func (p *Proxy) add(l *link) (admission, string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l.id = p.accepted
	p.accepted++
	if p.closed {
		return admitRefuse, ""
	}
	p.links[l] = true
	return p.admit, p.target
}

func (p *Proxy) remove(l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.links, l)
}

func (p *Proxy) recordRequest(body []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = append(p.requests, bytes.Clone(body))
}
