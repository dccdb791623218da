package schedules

import (
	"context"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// direction is the way that bytes go.
type direction int

const (
	toServer direction = iota
	toClient
)

// link is the network between one process and the servers. What goes over it takes time, and can be held up. It delivers everything in its
// order, or ends the connection, as a network with TCP does.
type link struct {
	seed uint64
	srv  *zktest.Server

	mu      sync.Mutex
	held    [2]int        // how many faults hold a direction up
	changed chan struct{} // closed when held changes
	dials   uint64
	slow    time.Duration // bounds the latency
	conns   map[net.Conn]bool

	carriers sync.WaitGroup
}

func newLink(seed uint64, srv *zktest.Server, slow time.Duration) *link {
	return &link{seed: seed, srv: srv, slow: slow, changed: make(chan struct{}), conns: make(map[net.Conn]bool)}
}

// dial is a client's dialer.
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

// addressed gives a pipe the addresses of what it leads to.
type addressed struct {
	net.Conn
	far net.Conn
}

func (a addressed) LocalAddr() net.Addr  { return a.far.LocalAddr() }
func (a addressed) RemoteAddr() net.Addr { return a.far.RemoteAddr() }

// latency draws how long the next bytes take. To the nanosecond, so that no two things happen at one time.
func (l *link) latency(from *rand.Rand) func() time.Duration {
	random := rand.New(rand.NewPCG(from.Uint64(), from.Uint64()))
	return func() time.Duration { return 20*time.Microsecond + rand2N(random, l.slow) }
}

func rand2N(random *rand.Rand, d time.Duration) time.Duration {
	return time.Duration(random.Int64N(int64(d) + 1))
}

// carry takes bytes one way until either end closes.
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

// hold holds directions up until the function that it returns is called.
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
