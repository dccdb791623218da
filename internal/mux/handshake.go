package mux

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/zkasync/zkasync-go/internal/mux/internal/inbox"
	"github.com/zkasync/zkasync-go/internal/mux/internal/request"
	"github.com/zkasync/zkasync-go/internal/wire"
)

const (
	// minConnectResponse is the length of a connect response with an empty password; no server exceeds maxConnectResponse.
	minConnectResponse = 20
	maxConnectResponse = 1024
	// passwordSize is the length of a session's password (ZooKeeperServer.generatePasswd). Other lengths are refused:
	// go-zookeeper encodes its connect request into a buffer of 256 bytes, and if the password did not fit, every later
	// connection would fail before anything is written.
	passwordSize = 16
	// partingTime bounds the time for sending the few bytes that end a session which nobody will use.
	partingTime = 100 * time.Millisecond
)

// Offer is what a handshake offers to the server.
type Offer uint8

const (
	// OfferSession offers the session, if there is one, with the highest zxid seen: a server that is behind it does not
	// answer.
	OfferSession Offer = iota
	// OfferNothing asks for a new session like a client that has seen nothing, for servers that may have been wiped. The
	// zxids seen so far are forgotten with the old session.
	OfferNothing
	// OfferTemporary asks a read-only server, which continues no session of its ensemble, for a session of its own. The
	// session proper is offered again later, or next if the server turns out not to be read-only.
	OfferTemporary
)

// Handshake is a connection to a server before it is given to go-zookeeper. Several may be in progress at the same time, so
// that slow servers do not hold up the others. One goroutine at a time may use it.
type Handshake struct {
	sock   net.Conn
	kind   Offer
	proper bool // there is a session proper, offered or not
	req    wire.ConnectRequest
	resp   wire.ConnectResponse
	asked  bool // the connect request may have been sent, in full or in part
	broken bool // no answer will come

	askedAt time.Time
}

// NewHandshake takes over sock, a fresh connection to a server. Call [Mux.WaitConns] first: until the previous connection has
// been torn down, replies to it may still raise the zxid that the handshake must offer. Only the goroutine that calls
// [Mux.NewConn] may call it.
func (m *Mux) NewHandshake(sock net.Conn, kind Offer) *Handshake {
	h := &Handshake{sock: sock, kind: kind, proper: m.offer.ID != 0}
	h.req = wire.ConnectRequest{
		Timeout:  int32(m.cfg.SessionTimeout.Milliseconds()),
		Password: make([]byte, passwordSize),
		ReadOnly: m.cfg.ReadOnly,
	}
	if kind != OfferNothing {
		h.req.LastZxidSeen = m.lastZxid.Load()
	}
	if kind == OfferSession && h.proper {
		h.req.SessionID, h.req.Password = m.offer.ID, m.offer.Password
		if m.offer.Timeout > 0 {
			h.req.Timeout = m.offer.Timeout
		}
	}
	return h
}

// Ask sends the connect request. Only a deadline on the socket, or closing it, bounds the call.
func (h *Handshake) Ask() error {
	h.asked, h.askedAt = true, time.Now()
	b, start := wire.BeginFrame(nil)
	_, err := h.sock.Write(wire.EndFrame(wire.AppendConnectRequest(b, &h.req), start))
	h.broken = err != nil
	return err
}

// errNotTemporary is why the session proper is offered next.
var errNotTemporary = errors.New("no read-only session granted")

// Answer receives the connect response and checks it, so that go-zookeeper never sees one that it cannot handle.
func (h *Handshake) Answer() error {
	frame, err := h.receive()
	if err == nil {
		h.resp, err = wire.DecodeConnectResponse(frame)
	}
	if err != nil {
		h.broken = !errors.Is(err, os.ErrDeadlineExceeded)
		return err
	}
	resp := h.resp
	if h.kind == OfferTemporary && h.proper && (!resp.ReadOnly || resp.SessionID == 0) {
		return errNotTemporary
	}
	if resp.SessionID == 0 {
		return nil
	}
	if resp.Timeout <= 0 {
		return fmt.Errorf("connect response with a session timeout of %d ms received", resp.Timeout)
	}
	if n := len(resp.Password); n != passwordSize {
		return fmt.Errorf("connect response with a session password of %d bytes received, want %d", n, passwordSize)
	}
	return nil
}

// receive reads the frame and not a byte more: what follows belongs to the Conn.
func (h *Handshake) receive() ([]byte, error) {
	var buf [maxConnectResponse]byte
	if _, err := io.ReadFull(h.sock, buf[:request.FrameHead]); err != nil {
		return nil, err
	}
	length := binary.BigEndian.Uint32(buf[:])
	if length < minConnectResponse || length > maxConnectResponse {
		return nil, &inbox.FrameError{Length: length, Min: minConnectResponse, Max: maxConnectResponse}
	}
	_, err := io.ReadFull(h.sock, buf[:length])
	return buf[:length], err
}

// Offers reports whether the handshake offers an existing session. A session must not be offered to two servers at a time.
func (h *Handshake) Offers() bool { return h.req.SessionID != 0 }

// Granted returns the id of the session that the server has granted, or 0 if it has said that the one offered is over.
func (h *Handshake) Granted() int64 { return h.resp.SessionID }

// ReadOnly reports whether the server has lost its quorum. The session that such a server grants owns nothing, and does not
// end the session proper.
func (h *Handshake) ReadOnly() bool { return h.resp.ReadOnly }

// Replaces reports whether the server has granted a session other than the session proper, which is therefore over.
func (h *Handshake) Replaces() bool {
	return h.proper && h.resp.SessionID != 0 && h.resp.SessionID != h.req.SessionID && !h.resp.ReadOnly
}

// stranger reports whether the server has created, or may still create, a session for this connection alone.
func (h *Handshake) stranger() bool {
	if h.req.SessionID == 0 {
		return h.asked && !h.broken
	}
	return h.resp.SessionID != 0 && h.resp.SessionID != h.req.SessionID
}

// Close gives the connection up. It ends a session that the server has created for it, or will create when it gets to the
// request: servers process the close request behind the connect request even if the connection has ended meanwhile.
func (h *Handshake) Close() {
	if h.stranger() && h.sock.SetDeadline(time.Now().Add(partingTime)) == nil {
		_, _ = h.sock.Write(closeFrame())
	}
	_ = h.sock.Close()
}

// closeFrame returns the request that ends a session, for a connection on which it is the first request.
func closeFrame() []byte {
	b, start := wire.BeginFrame(nil)
	return wire.EndFrame(wire.AppendRequestHeader(b, 1, wire.OpClose), start)
}

// End ends the session that was granted, and waits for the server to confirm it.
func (h *Handshake) End() error {
	if _, err := h.sock.Write(closeFrame()); err != nil {
		return err
	}
	var buf [request.FrameHead + wire.HeaderLen]byte
	if _, err := io.ReadFull(h.sock, buf[:]); err != nil {
		return err
	}
	reply, err := wire.DecodeReplyHeader(buf[request.FrameHead:])
	if err != nil {
		return err
	}
	if reply.Err != 0 {
		return fmt.Errorf("the request to close was answered with code %d", reply.Err)
	}
	return nil
}
