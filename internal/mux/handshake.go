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
	// minConnectResponse is the length of a connect response with an empty password, maxConnectResponse one that no server
	// exceeds.
	minConnectResponse = 20
	maxConnectResponse = 1024
	// passwordSize is the length of a session's password (ZooKeeperServer.generatePasswd). Others are refused: go-zookeeper
	// encodes its connect request into 256 bytes, and fails before it writes on each connection that follows when the
	// password does not fit.
	passwordSize = 16
	// partingTime bounds the sending of the few bytes that end a session which nobody is going to use.
	partingTime = 100 * time.Millisecond
)

// Offer is what a handshake offers to the server.
type Offer uint8

const (
	// OfferSession offers the session, if there is one, with the highest zxid seen: the server answers if it is as far as
	// that.
	OfferSession Offer = iota
	// OfferNothing comes as a stranger who has seen nothing, to servers that may have been wiped. What they grant is
	// another session, and time begins anew for it.
	OfferNothing
	// OfferTemporary asks a read-only server, which takes up no session of its ensemble's, for one of its own. The
	// session proper is offered again later, and next if the server turns out not to be read-only.
	OfferTemporary
)

// Handshake is a connection to a server before go-zookeeper is given it. Several may be under way: servers that are slow
// need not hold up the others. It is for one goroutine at a time.
type Handshake struct {
	sock   net.Conn
	kind   Offer
	proper bool // there is a session proper, offered or not
	req    wire.ConnectRequest
	resp   wire.ConnectResponse
	asked  bool // the connect request was sent, or a part of it
	broken bool // no answer will come

	askedAt time.Time
}

// NewHandshake takes over sock, a fresh connection to a server. Call [Mux.WaitConns] before: until the last connection is
// torn down, replies may come that the handshake has to tell of. It is for the goroutine that calls [Mux.NewConn].
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

// Ask sends the connect request. Only the socket's deadline and its end bound it.
func (h *Handshake) Ask() error {
	h.asked, h.askedAt = true, time.Now()
	b, start := wire.BeginFrame(nil)
	_, err := h.sock.Write(wire.EndFrame(wire.AppendConnectRequest(b, &h.req), start))
	h.broken = err != nil
	return err
}

// errNotTemporary is why the session proper is offered next.
var errNotTemporary = errors.New("no read-only session granted")

// Answer receives the connect response and checks it: go-zookeeper sees none that it could choke on.
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

// receive reads the frame and not a byte more: what follows is for the Conn.
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

// Offers reports whether the handshake offers a session, which then is not one to ask for twice at a time.
func (h *Handshake) Offers() bool { return h.req.SessionID != 0 }

// Granted returns the id of the session that the server has granted, 0 if it has said that the one offered is over.
func (h *Handshake) Granted() int64 { return h.resp.SessionID }

// ReadOnly reports whether the server has lost its quorum. What it grants holds nothing, and ends nothing.
func (h *Handshake) ReadOnly() bool { return h.resp.ReadOnly }

// Replaces reports whether the server has granted another session than the session proper, which thereby is over.
func (h *Handshake) Replaces() bool {
	return h.proper && h.resp.SessionID != 0 && h.resp.SessionID != h.req.SessionID && !h.resp.ReadOnly
}

// stranger reports whether there is, or may come to be, a session on this connection's account alone.
func (h *Handshake) stranger() bool {
	if h.req.SessionID == 0 {
		return h.asked && !h.broken
	}
	return h.resp.SessionID != 0 && h.resp.SessionID != h.req.SessionID
}

// Close gives the connection up. A session that was granted on its account, or will be when the server gets to it, is
// ended: servers read the request to close behind the connect request even when the connection has ended meanwhile.
func (h *Handshake) Close() {
	if h.stranger() && h.sock.SetDeadline(time.Now().Add(partingTime)) == nil {
		_, _ = h.sock.Write(closeFrame())
	}
	_ = h.sock.Close()
}

// closeFrame is the request that ends a session, as the first one of a connection.
func closeFrame() []byte {
	b, start := wire.BeginFrame(nil)
	return wire.EndFrame(wire.AppendRequestHeader(b, 1, wire.OpClose), start)
}

// End ends the session that was granted, and waits for the server to say so.
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
