package wire_test

import (
	"encoding/binary"
	"io"
	"net"
	"slices"
	"sync"

	"github.com/zkasync/zkasync-go/internal/wire"
)

// recorder pairs the frames that pass through a proxy. Requests belong to the
// cases in order; replies are matched with requests by xid. Pings are omitted.
type recorder struct {
	cases []goldenCase

	mu        sync.Mutex
	exchanges []*recorded
	events    [][]byte // since the last reply
}

type recorded struct {
	exchange
	op       wire.OpCode
	xid      int32 // has no meaning for opConnect
	answered bool
}

func (r *recorder) sent(frame []byte, first bool) (drop bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := &recorded{exchange: exchange{sent: frame}, op: opConnect}
	if !first {
		e.xid = xidOf(frame)
		var err error
		if e.op, err = opOf(frame); err != nil || e.op == wire.OpPing {
			return err != nil
		}
	}
	r.exchanges = append(r.exchanges, e)
	return false
}

// received records a frame of the server. It reports whether the connection must
// be closed after it.
func (r *recorder) received(frame []byte, first bool) (drop bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	xid := xidOf(frame)
	if !first && xid == wire.XidPing {
		return false
	}
	if !first && xid == wire.XidWatch {
		r.events = append(r.events, frame)
		return false
	}
	i := slices.IndexFunc(r.exchanges, func(e *recorded) bool {
		return !e.answered && (e.op == opConnect) == first && (first || e.xid == xid)
	})
	if i < 0 || i >= len(r.cases) {
		return true
	}
	e := r.exchanges[i]
	e.received, e.answered = append(r.events, frame), true
	r.events = nil
	return r.cases[i].drop
}

func xidOf(frame []byte) int32 { return int32(binary.BigEndian.Uint32(frame[4:])) }

// proxy passes frames between clients and a server. Its goroutines:
//
//	(*proxy).accept   until stop closes the listener
//	(*proxy).serve    one per connection, owned by accept
//	pass              one per direction, joined by serve
type proxy struct {
	listener net.Listener
	backend  string
	recorder *recorder
	running  sync.WaitGroup
}

func startProxy(backend string, r *recorder) (*proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{listener: listener, backend: backend, recorder: r}
	p.running.Go(p.accept)
	return p, nil
}

func (p *proxy) address() string { return p.listener.Addr().String() }

// stop waits until all connections have ended. The clients have closed them by
// then.
func (p *proxy) stop() {
	_ = p.listener.Close()
	p.running.Wait()
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.running.Go(func() { p.serve(client) })
	}
}

func (p *proxy) serve(client net.Conn) {
	server, err := net.Dial("tcp", p.backend)
	if err != nil {
		_ = client.Close()
		return
	}
	var directions sync.WaitGroup
	directions.Go(func() { pass(server, client, p.recorder.sent) })
	directions.Go(func() { pass(client, server, p.recorder.received) })
	directions.Wait()
}

// pass passes frames from one side to the other until either is closed or record
// returns true. It then closes both.
func pass(to, from net.Conn, record func(frame []byte, first bool) (drop bool)) {
	defer to.Close()
	defer from.Close()
	for first := true; ; first = false {
		frame, err := readFrame(from)
		if err != nil {
			return
		}
		drop := record(frame, first)
		if _, err := to.Write(frame); err != nil || drop {
			return
		}
	}
}

func readFrame(r io.Reader) ([]byte, error) {
	length := make([]byte, 4)
	if _, err := io.ReadFull(r, length); err != nil {
		return nil, err
	}
	frame := append(length, make([]byte, binary.BigEndian.Uint32(length))...)
	_, err := io.ReadFull(r, frame[len(length):])
	return frame, err
}
