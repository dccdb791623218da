package schedules

import (
	"context"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// direction is where bytes go.
type direction int

const (
	toServer direction = iota
	toClient
)

// link is the network between one process and the servers. Bytes take time, and can be held up. Like TCP, it delivers them in
// order or ends the connection.
type link struct {
	seed uint64
	srv  *zktest.Server

	mu      sync.Mutex
	held    [2]int        // for each direction, how many faults hold it up
	changed chan struct{} // closed and replaced when held changes
	dials   uint64
	slow    time.Duration // the largest latency
	conns   map[net.Conn]bool

	carriers sync.WaitGroup
}

func newLink(seed uint64, srv *zktest.Server, slow time.Duration) *link {
	return &link{seed: seed, srv: srv, slow: slow, changed: make(chan struct{}), conns: make(map[net.Conn]bool)}
}

// dial is the dialer for the process's client.
func (l *link) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	l.mu.Lock()
	l.dials++
	random := rand.New(rand.NewPCG(l.seed, l.dials))
	up, down := l.latency(random), l.latency(random)
	l.mu.Unlock()
	time.Sleep(up())
	if err := l.pass(ctx, toServer, toClient); err != nil {
		return nil, err
	}
	far, err := l.srv.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	near, inner := net.Pipe()
	l.mu.Lock()
	l.conns[inner] = true
	l.mu.Unlock()
	l.carriers.Go(func() { l.carry(toServer, inner, far, up) })
	l.carriers.Go(func() { l.carry(toClient, far, inner, down) })
	return addressed{near, far}, nil
}

// addressed is a pipe with the addresses of the connection that it leads to.
type addressed struct {
	net.Conn
	far net.Conn
}

func (a addressed) LocalAddr() net.Addr  { return a.far.LocalAddr() }
func (a addressed) RemoteAddr() net.Addr { return a.far.RemoteAddr() }

// latency returns a function that draws how long the next bytes take. Every nanosecond is possible, so that hardly any two
// things happen at the same time.
func (l *link) latency(from *rand.Rand) func() time.Duration {
	random := rand.New(rand.NewPCG(from.Uint64(), from.Uint64()))
	return func() time.Duration { return 20*time.Microsecond + rand2N(random, l.slow) }
}

// rand2N draws a time from 0 to d.
func rand2N(random *rand.Rand, d time.Duration) time.Duration {
	return time.Duration(random.Int64N(int64(d) + 1))
}

// carry carries bytes in one direction until either end is closed.
func (l *link) carry(way direction, from, to net.Conn, latency func() time.Duration) {
	defer l.end(from, to)
	buf := make([]byte, 4096)
	for {
		n, err := from.Read(buf)
		time.Sleep(latency())
		_ = l.pass(context.Background(), way)
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (l *link) end(a, b net.Conn) {
	_, _ = a.Close(), b.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, a)
	delete(l.conns, b)
}

// pass waits until nothing is held up in these directions.
func (l *link) pass(ctx context.Context, ways ...direction) error {
	for {
		l.mu.Lock()
		held, changed := 0, l.changed
		for _, way := range ways {
			held += l.held[way]
		}
		l.mu.Unlock()
		if held == 0 {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// hold holds directions up until release is called.
func (l *link) hold(ways ...direction) (release func()) {
	l.add(1, ways)
	return func() { l.add(-1, ways) }
}

func (l *link) add(n int, ways []direction) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, way := range ways {
		l.held[way] += n
	}
	close(l.changed)
	l.changed = make(chan struct{})
}

// cut ends all connections at once.
func (l *link) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.conns {
		_ = c.Close()
	}
}
