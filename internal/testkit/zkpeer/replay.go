package zkpeer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"

	"github.com/zkasync/zkasync-go/internal/wire"
)

// Replay configures the answers of a replay server. Such a server knows neither paths nor state, and copies replies that it has
// encoded beforehand. It answers get, multi-reads of gets, exists, children, set, create, delete, sync, ping and close, and
// anything else with "unimplemented".
type Replay struct {
	DataSize int // of every znode, in bytes
	Children int // of every znode
}

// StartReplay starts a replay server within this process and returns its address. It stops the server when the test ends.
func StartReplay(tb testing.TB, cfg Replay) (addr string) {
	tb.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	r := newReplayer(cfg)
	r.running.Add(1)
	go r.accept(ln)
	tb.Cleanup(func() {
		_ = ln.Close()
		r.stop()
	})
	return ln.Addr().String()
}

// replayer is a replay server. Its replies are whole frames that lack only their xid and zxid.
type replayer struct {
	data, stat, children, bare, unknown []byte

	running sync.WaitGroup
	mu      sync.Mutex
	stopped bool
	socks   map[net.Conn]struct{}
}

// unimplemented is the code with which a server answers a request that it does not know.
const unimplemented = -6

func newReplayer(cfg Replay) *replayer {
	st := Stat("")
	st.DataLength, st.NumChildren = int32(cfg.DataSize), int32(cfg.Children)
	names := make([]string, cfg.Children)
	for i := range names {
		names[i] = fmt.Sprintf("child-%010d", i)
	}
	return &replayer{
		data:     ReplyFrame(0, 0, 0, wire.AppendStat(wire.AppendBuffer(nil, make([]byte, cfg.DataSize)), &st)),
		stat:     ReplyFrame(0, 0, 0, wire.AppendStat(nil, &st)),
		children: ReplyFrame(0, 0, 0, wire.AppendStat(wire.AppendStrings(nil, names), &st)),
		bare:     ReplyFrame(0, 0, 0, nil),
		unknown:  ReplyFrame(0, 0, unimplemented, nil),
		socks:    make(map[net.Conn]struct{}),
	}
}

func (r *replayer) accept(ln net.Listener) {
	defer r.running.Done()
	for {
		sock, err := ln.Accept()
		if err != nil {
			return
		}
		r.mu.Lock()
		if r.stopped {
			r.mu.Unlock()
			_ = sock.Close()
			return
		}
		r.socks[sock] = struct{}{}
		r.running.Add(1)
		r.mu.Unlock()
		go r.serve(sock)
	}
}

func (r *replayer) stop() {
	r.mu.Lock()
	r.stopped = true
	for sock := range r.socks {
		_ = sock.Close()
	}
	r.mu.Unlock()
	r.running.Wait()
}

func (r *replayer) serve(sock net.Conn) {
	defer r.running.Done()
	defer func() {
		_ = sock.Close()
		r.mu.Lock()
		delete(r.socks, sock)
		r.mu.Unlock()
	}()
	c := &replayConn{replayer: r, sock: sock, in: make([]byte, replayBuffer), zxid: firstZxid}
	if c.handshake() == nil {
		_ = c.run()
	}
}

// replayBuffer is the size of the read buffer, and the size of gathered replies from which they are written before the batch ends.
const replayBuffer = 256 << 10

// replayConn is one connection of a replay server. It answers all requests of one read with one write.
type replayConn struct {
	*replayer
	sock       net.Conn
	in         []byte
	start, end int // unread bytes of in
	out        []byte
	zxid       int64
	closing    bool // the close request was answered
}

var errRequest = errors.New("zkpeer: request too long or too short")

func (c *replayConn) handshake() error {
	frame, err := c.wait()
	if err != nil {
		return err
	}
	req, err := wire.DecodeConnectRequest(frame)
	if err != nil {
		return err
	}
	id := req.SessionID
	if id == 0 {
		id = firstSession
	}
	resp := wire.ConnectResponse{Timeout: req.Timeout, SessionID: id, Password: make([]byte, 16)}
	_, err = c.sock.Write(Frame(wire.AppendConnectResponse(nil, &resp)))
	return err
}

// wait returns the next frame, and reads as often as that takes.
func (c *replayConn) wait() ([]byte, error) {
	for {
		frame, err := c.next()
		if frame != nil || err != nil {
			return frame, err
		}
		if err := c.fill(); err != nil {
			return nil, err
		}
	}
}

// next returns the next frame without its length, or nil if it has not arrived in full.
func (c *replayConn) next() ([]byte, error) {
	have := c.in[c.start:c.end]
	if len(have) < 4 {
		return nil, nil
	}
	length := int(binary.BigEndian.Uint32(have))
	if length < requestHeader || length > maxRequest {
		return nil, errRequest
	}
	if len(have) < 4+length {
		if 4+length > len(c.in) {
			c.in = append(c.in, make([]byte, 4+length-len(c.in))...)
		}
		return nil, nil
	}
	c.start += 4 + length
	return have[4 : 4+length], nil
}

func (c *replayConn) fill() error {
	c.end = copy(c.in, c.in[c.start:c.end])
	c.start = 0
	n, err := c.sock.Read(c.in[c.end:])
	c.end += n
	if n > 0 {
		return nil
	}
	return err
}

func (c *replayConn) run() error {
	for !c.closing {
		frame, err := c.next()
		if err != nil {
			return err
		}
		if frame != nil {
			c.answer(frame)
		}
		if frame == nil || len(c.out) >= replayBuffer {
			if err := c.flush(); err != nil {
				return err
			}
		}
		if frame == nil {
			if err := c.fill(); err != nil {
				return err
			}
		}
	}
	return c.flush()
}

func (c *replayConn) flush() error {
	if len(c.out) == 0 {
		return nil
	}
	_, err := c.sock.Write(c.out)
	c.out = c.out[:0]
	return err
}

func (c *replayConn) answer(frame []byte) {
	op := wire.OpCode(binary.BigEndian.Uint32(frame[4:]))
	switch op {
	case wire.OpGetData:
		c.reply(frame, c.data)
	case wire.OpMultiRead:
		c.gets(frame)
	case wire.OpExists:
		c.reply(frame, c.stat)
	case wire.OpGetChildren2:
		c.reply(frame, c.children)
	case wire.OpSetData:
		c.zxid++
		c.reply(frame, c.stat)
	case wire.OpCreate, wire.OpCreate2, wire.OpSync:
		c.zxid++
		c.echo(frame, op == wire.OpCreate2)
	case wire.OpDelete:
		c.zxid++
		c.reply(frame, c.bare)
	case wire.OpPing:
		c.reply(frame, c.bare)
	case wire.OpClose:
		c.closing = true
		c.reply(frame, c.bare)
	default:
		c.reply(frame, c.unknown)
	}
}

// reply appends a prepared reply with the xid of the request in frame.
func (c *replayConn) reply(frame, prepared []byte) {
	at := len(c.out)
	c.out = append(c.out, prepared...)
	head := c.out[at+4 : at+16]
	copy(head, frame[:4])
	binary.BigEndian.PutUint64(head[4:], uint64(c.zxid))
}

// gets answers a multi-read of gets.
func (c *replayConn) gets(frame []byte) {
	at := len(c.out)
	c.reply(frame, c.bare)
	for body := frame[requestHeader:]; ; {
		_, done, _, rest, err := wire.DecodeMultiHeader(body)
		if err != nil || done || len(rest) < 5 {
			break
		}
		c.out = wire.AppendMultiHeader(c.out, wire.OpGetData, false, 0)
		c.out = append(c.out, c.data[4+wire.HeaderLen:]...)
		body = rest[min(4+int(binary.BigEndian.Uint32(rest))+1, len(rest)):]
	}
	c.out = wire.AppendMultiHeader(c.out, wire.OpError, true, -1)
	c.out = wire.EndFrame(c.out, at)
}

// echo answers with the request's path, followed by a Stat if withStat is true.
func (c *replayConn) echo(frame []byte, withStat bool) {
	body := frame[requestHeader:]
	size := 4
	if len(body) >= 4 {
		size += int(binary.BigEndian.Uint32(body))
	}
	if size > len(body) {
		c.reply(frame, c.unknown)
		return
	}
	at := len(c.out)
	c.reply(frame, c.bare)
	c.out = append(c.out, body[:size]...)
	if withStat {
		c.out = append(c.out, c.stat[4+wire.HeaderLen:]...)
	}
	c.out = wire.EndFrame(c.out, at)
}
