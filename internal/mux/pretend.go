package mux

import (
	"io"

	"github.com/zkasync/zkasync-go/internal/wire"
)

// pretendTimeout is the session timeout in a pretended handshake, in milliseconds. Nothing waits for it.
const pretendTimeout = 10_000

// NewPretended returns a connection to no server, for a client that stops while it has none. go-zookeeper ends at once only if
// its close request is answered; otherwise its goroutines live on for a second or, if a server answers nothing but pings,
// forever.
func (m *Mux) NewPretended() *Conn {
	m.conns.Wait()
	c := m.newConn(nil)
	c.torn = true
	close(c.dead)
	m.use(c)
	return c
}

// pretend replaces the server on a connection that has ended. While the client stops, it accepts the handshake and answers the
// close request. Otherwise, or when that is done, it returns the error that ends go-zookeeper's receive loop.
func (c *Conn) pretend() error {
	if !c.m.stopping.Load() {
		return c.deathCause()
	}
	if !c.shaken {
		c.shaken = true
		c.up = connectFrame(wire.ConnectResponse{Timeout: pretendTimeout, SessionID: 1, Password: make([]byte, 16)})
		return nil
	}
	select {
	case <-c.closed:
		return io.EOF
	case <-c.closeReq:
	}
	if c.closeXid == 0 {
		return io.EOF // answered already
	}
	c.handUpReply(c.closeXid, wire.ReplyHeader{}, nil)
	c.closeXid = 0
	return nil
}
