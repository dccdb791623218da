package zkproxy

import (
	"context"
	"net"
	"sync"
	"time"
)

const dialTimeout = 5 * time.Second

// link is the connection of a client, and the connection to the server that belongs to it.
type link struct {
	proxy  *Proxy
	id     int
	client net.Conn
	closed chan struct{} // closed by close or reset

	mu     sync.Mutex
	server net.Conn // nil until dialled
	pipes  [2]*pipe // nil until dialled
	ended  bool
}

// run dials the server and forwards both ways until the connection ends.
func (l *link) run(ctx context.Context, target string) {
	defer l.proxy.wg.Done()
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	server, err := (&net.Dialer{}).DialContext(ctx, "tcp", target)
	if err != nil {
		l.reset()
		return
	}
	if !l.attach(server) {
		server.Close()
		return
	}
	var wg sync.WaitGroup
	wg.Add(2 * len(l.pipes))
	for _, p := range l.pipes {
		go p.read(&wg)
		go p.write(&wg)
	}
	wg.Wait()
}

// attach adds the server's side. It returns false if the client's side has ended.
func (l *link) attach(server net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return false
	}
	l.server = server
	l.pipes[ToServer] = newPipe(l, ToServer, l.client, server)
	l.pipes[ToClient] = newPipe(l, ToClient, server, l.client)
	return true
}

func (l *link) inject(d Direction, b []byte) {
	l.mu.Lock()
	p := l.pipes[d]
	l.mu.Unlock()
	if p != nil {
		p.send(chunk{bytes: b})
	}
}

func (l *link) close() { l.end(false) }
func (l *link) reset() { l.end(true) }

func (l *link) end(reset bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return
	}
	l.ended = true
	close(l.closed)
	l.proxy.remove(l)
	for _, conn := range []net.Conn{l.client, l.server} {
		if conn == nil {
			continue
		}
		if tcp, ok := conn.(*net.TCPConn); ok && reset {
			tcp.SetLinger(0) // Close then discards unsent data and sends a reset
		}
		conn.Close()
	}
}
