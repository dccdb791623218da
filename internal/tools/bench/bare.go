package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/wire"
)

// bare shows what a client can reach at most. It writes frames that were encoded beforehand, and counts replies by their lengths.
// It checks error codes, but matches, decodes, keeps and delivers nothing.
type bare struct{ sock net.Conn }

func newBare(ctx context.Context, addr string) (*bare, error) {
	sock, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	b, start := wire.BeginFrame(nil)
	b = wire.AppendConnectRequest(b, &wire.ConnectRequest{Timeout: int32(sessionTimeout.Milliseconds()), Password: make([]byte, 16)})
	if _, err = sock.Write(wire.EndFrame(b, start)); err == nil {
		err = readFrame(sock)
	}
	if err != nil {
		_ = sock.Close()
		return nil, err
	}
	return &bare{sock}, nil
}

func readFrame(r io.Reader) error {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return err
	}
	_, err := io.CopyN(io.Discard, r, int64(binary.BigEndian.Uint32(head[:])))
	return err
}

func (b *bare) close() {
	frame, start := wire.BeginFrame(nil)
	frame = wire.EndFrame(wire.AppendRequestHeader(frame, 1, wire.OpClose), start)
	if _, err := b.sock.Write(frame); err == nil {
		_ = readFrame(b.sock)
	}
	_ = b.sock.Close()
}

func (*bare) submitter(*load, func(int, error)) func(int) { return nil }

// batchBytes is the largest write, as in the client.
const batchBytes = 64 << 10

// run uses one goroutine for writing and one for reading. At depth 1, a single one does both.
func (b *bare) run(l *load) {
	frames := newFrames(l)
	replies := &replyCounter{sock: b.sock, buf: make([]byte, 256<<10)}
	if l.depth == 1 {
		b.turns(l, frames, replies)
		return
	}
	room, ended := newCredit(l.depth), make(chan error, 1)
	quit := make(chan int64, 1)
	go func() { ended <- b.write(l, frames, room, quit) }()
	read, done, target := int64(0), int64(0), int64(-1)
	for target < 0 || read < target {
		select {
		case target = <-quit:
			continue
		default:
		}
		n, err := replies.next()
		if err != nil {
			l.fail(err)
			_ = b.sock.Close()
			room.giveMany(l.depth) // the writer must not wait for replies that will not come
			break
		}
		read += int64(n)
		room.giveMany(int(read/int64(frames.perOp) - done))
		done = read / int64(frames.perOp)
	}
	l.fail(<-ended)
	l.count.Add(done)
}

func (b *bare) turns(l *load, frames *frames, replies *replyCounter) {
	n := 0
	for ; !l.stop.Load(); n++ {
		if _, err := b.sock.Write(frames.some(1)); err != nil {
			l.fail(err)
			return
		}
		for got := 0; got < frames.perOp; {
			k, err := replies.next()
			if err != nil {
				l.fail(err)
				return
			}
			got += k
		}
	}
	l.count.Add(int64(n))
}

// write writes batches until the run is stopped. Just before the last batch it sends the total number of replies to quit, so that
// the reader never waits for more.
func (b *bare) write(l *load, frames *frames, room *credit, quit chan<- int64) error {
	written := int64(0)
	for {
		room.take()
		n := min(room.room+1, frames.count)
		room.room -= n - 1
		written += int64(n)
		last := l.stop.Load()
		if last {
			quit <- written * int64(frames.perOp)
		}
		if _, err := b.sock.Write(frames.some(n)); err != nil || last {
			return err
		}
	}
}

// frames are the requests of several operations, one after the other.
type frames struct {
	buf   []byte
	ends  []int // where each operation ends in buf
	count int   // of operations
	perOp int   // requests of each operation
}

func newFrames(l *load) *frames {
	f := &frames{perOp: 1}
	if l.op == opPair {
		f.perOp = 2
	}
	for i := 0; i < l.depth && len(f.buf) < batchBytes; i++ {
		f.buf = appendRequests(f.buf, l, i)
		f.ends = append(f.ends, len(f.buf))
	}
	f.count = len(f.ends)
	return f
}

func (f *frames) some(n int) []byte { return f.buf[:f.ends[n-1]] }

func appendRequests(b []byte, l *load, i int) []byte {
	path := l.path(i)
	add := func(op wire.OpCode, record func([]byte) []byte) {
		frame, start := wire.BeginFrame(b)
		b = wire.EndFrame(record(wire.AppendRequestHeader(frame, 1, op)), start)
	}
	asked := func(b []byte) []byte { return wire.AppendPathWatch(b, "", path, false) }
	switch l.op {
	case opGet:
		add(wire.OpGetData, asked)
	case opExists:
		add(wire.OpExists, asked)
	case opChildren:
		add(wire.OpGetChildren2, asked)
	case opSet:
		add(wire.OpSetData, func(b []byte) []byte { return wire.AppendSetData(b, "", path, l.data, -1) })
	case opPair:
		add(wire.OpCreate, func(b []byte) []byte {
			return wire.AppendCreate(b, "", path, l.data, zk.WorldACL(zk.PermAll), 0)
		})
		add(wire.OpDelete, func(b []byte) []byte { return wire.AppendPathVersion(b, "", path, -1) })
	}
	return b
}

// replyCounter reads replies and counts them.
type replyCounter struct {
	sock net.Conn
	buf  []byte
	have int // bytes at the start of buf that belong to an unfinished header
	skip int // bytes of a frame still to come
}

var errRejected = errors.New("the server rejected a request")

// next reads once, and returns how many replies became complete.
func (r *replyCounter) next() (replies int, err error) {
	n, err := r.sock.Read(r.buf[r.have:])
	if err != nil {
		return 0, err
	}
	b := r.buf[:r.have+n]
	r.have = 0
	for {
		if r.skip > len(b) {
			r.skip -= len(b)
			return replies, nil
		}
		if r.skip > 0 {
			b, r.skip = b[r.skip:], 0
			replies++
		}
		if len(b) < 4+wire.HeaderLen {
			r.have = copy(r.buf, b)
			return replies, nil
		}
		if code := int32(binary.BigEndian.Uint32(b[16:])); code != 0 {
			return replies, fmt.Errorf("%w: %d", errRejected, code)
		}
		r.skip = 4 + int(binary.BigEndian.Uint32(b))
	}
}
