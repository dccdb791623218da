package zkpeer

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"sync/atomic"

	"github.com/zkasync/zkasync-go/internal/wire"
)

// maxRequest is the largest request that a peer reads.
const maxRequest = 64 << 20

// Conn is the server's side of one connection. Except for Cut, its methods are for the goroutine of the script. Once the
// connection has ended, reads return false and writes do nothing, so a script need not check errors.
type Conn struct {
	Number  int                 // of this connection, counted from 0
	Connect wire.ConnectRequest // set by ReadConnect
	Zxid    int64               // the zxid of replies; writes increase it

	peer  *Peer
	sock  net.Conn
	in    *bufio.Reader
	asked bool        // Connect is set
	ended atomic.Bool // a test may send on a goroutine of its own
}

func newConn(p *Peer, sock net.Conn, number int) *Conn {
	return &Conn{Number: number, Zxid: firstZxid, peer: p, sock: sock, in: bufio.NewReader(sock)}
}

// firstZxid is the zxid that a peer starts with: the first one of epoch 1.
const firstZxid = 1 << 32

// ReadConnect reads the connect request.
func (c *Conn) ReadConnect() bool {
	body, ok := c.readFrame()
	if !ok {
		return false
	}
	req, err := wire.DecodeConnectRequest(body)
	c.Connect, c.asked = req, err == nil
	c.ended.Store(err != nil)
	return c.asked
}

// Accept answers the connect request, after reading it if ReadConnect has not. It grants the session that the client offers, or
// a new one, and the timeout that the client asks for.
func (c *Conn) Accept() bool {
	if !c.asked && !c.ReadConnect() {
		return false
	}
	id := c.Connect.SessionID
	if id == 0 {
		id = firstSession + int64(c.Number)
	}
	return c.AcceptWith(wire.ConnectResponse{
		Timeout:   c.Connect.Timeout,
		SessionID: id,
		Password:  []byte("sixteen bytes of"),
	})
}

// firstSession is the id of the session that the first connection gets.
const firstSession = 0x1_0000_0000_0000

// AcceptWith answers the connect request with r. An empty r says that the session has expired.
func (c *Conn) AcceptWith(r wire.ConnectResponse) bool {
	if !c.asked && !c.ReadConnect() {
		return false
	}
	if r.Password == nil {
		r.Password = make([]byte, 16)
	}
	return c.Send(Frame(wire.AppendConnectResponse(nil, &r)))
}

// Next reads a request.
func (c *Conn) Next() (Request, bool) {
	frame, ok := c.readFrame()
	if !ok || len(frame) < requestHeader {
		return Request{}, false
	}
	return parseRequest(frame), true
}

func (c *Conn) readFrame() ([]byte, bool) {
	var head [4]byte
	if c.ended.Load() || !c.read(head[:]) {
		return nil, false
	}
	length := binary.BigEndian.Uint32(head[:])
	if length > maxRequest {
		c.ended.Store(true)
		return nil, false
	}
	frame := make([]byte, length)
	return frame, c.read(frame)
}

func (c *Conn) read(p []byte) bool {
	if _, err := io.ReadFull(c.in, p); err != nil {
		c.ended.Store(true)
	}
	return !c.ended.Load()
}

// More reports whether bytes of another request have arrived already.
func (c *Conn) More() bool { return c.in.Buffered() > 0 }

// Send writes any bytes, with one Write.
func (c *Conn) Send(b []byte) bool {
	if !c.ended.Load() {
		if _, err := c.sock.Write(b); err != nil {
			c.ended.Store(true)
		}
	}
	return !c.ended.Load()
}

// Reply answers r with a record, which may be nil.
func (c *Conn) Reply(r Request, body []byte) bool { return c.Send(ReplyFrame(r.Xid, c.Zxid, 0, body)) }

// Refuse answers r with an error's code.
func (c *Conn) Refuse(r Request, code int32) bool {
	return c.Send(ReplyFrame(r.Xid, c.Zxid, code, nil))
}

// Event sends a watch event as servers before 3.9 do, which do not send the zxid of the change.
func (c *Conn) Event(e wire.WatchEvent) bool { return c.Send(EventFrame(e)) }

// EventAt sends a watch event as servers since 3.9 do, with the zxid of the change.
func (c *Conn) EventAt(e wire.WatchEvent, zxid int64) bool { return c.Send(eventFrame(e, zxid)) }

// Drain reads what arrives, without answering, until the connection ends.
func (c *Conn) Drain() {
	for {
		if _, ok := c.readFrame(); !ok {
			return
		}
	}
}

// Hold keeps the connection open, and neither reads nor writes, until the peer is closed.
func (c *Conn) Hold() { <-c.peer.quit }

// Cut ends the connection. It may be called from any goroutine.
func (c *Conn) Cut() { _ = c.sock.Close() }
