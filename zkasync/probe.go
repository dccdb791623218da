package zkasync

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"time"

	"github.com/zkasync/zkasync-go/zkasync/internal/mux"
	"github.com/zkasync/zkasync-go/zkasync/internal/wire"
)

// offerTo decides what the next handshake with a server offers. A server that ends handshakes without a word may be one
// without a quorum (then it will come back), a read-only one (which takes up no session of its ensemble's), or one that
// was wiped (which refuses clients that have seen a later state). They are told apart by asking on a connection aside.
func (r *run) offerTo(address string) mux.Offer {
	r.mu.Lock()
	refusals, gone := r.refusals, r.gone
	wiped := !gone.IsZero() && refusals >= r.hosts.Len() && time.Since(gone) > r.timeout
	r.mu.Unlock()
	switch {
	case r.c.cfg.readOnly && refusals > 0 && r.askMode(address) == modeReadOnly:
		return mux.OfferTemporary
	case wiped && r.acceptsStrangers(address):
		return mux.OfferAfresh
	default:
		return mux.OfferSession
	}
}

// The answers to the four-letter word "isro".
const (
	modeReadOnly  = "ro"
	modeReadWrite = "rw"
	isroReply     = 64 // bounds the answer
)

// askMode asks a server by the four-letter word "isro", as the Java client does.
func (r *run) askMode(address string) (mode string) {
	r.aside(address, func(sock net.Conn) error {
		if _, err := io.WriteString(sock, "isro"); err != nil {
			return err
		}
		answer, err := io.ReadAll(io.LimitReader(sock, isroReply))
		mode = string(answer)
		return err
	})
	return mode
}

// acceptsStrangers reports whether a server grants a new session, which is ended at once, to a client that has seen
// nothing.
func (r *run) acceptsStrangers(address string) (accepts bool) {
	r.aside(address, func(sock net.Conn) error {
		b, start := wire.BeginFrame(nil)
		b = wire.AppendConnectRequest(b, &wire.ConnectRequest{
			Timeout:  int32(r.c.cfg.sessionTimeout.Milliseconds()),
			Password: make([]byte, passwordSize),
		})
		if _, err := sock.Write(wire.EndFrame(b, start)); err != nil {
			return err
		}
		resp, err := readConnectResponse(sock)
		accepts = err == nil && resp.SessionID != 0
		b, start = wire.BeginFrame(nil)
		_, _ = sock.Write(wire.EndFrame(wire.AppendRequestHeader(b, 1, wire.OpClose), start))
		return err
	})
	return accepts
}

func readConnectResponse(r io.Reader) (resp wire.ConnectResponse, err error) {
	var buf [1024]byte
	if _, err = io.ReadFull(r, buf[:4]); err != nil {
		return resp, err
	}
	n := binary.BigEndian.Uint32(buf[:])
	if n > uint32(len(buf)) {
		return resp, io.ErrShortBuffer
	}
	if _, err = io.ReadFull(r, buf[:n]); err != nil {
		return resp, err
	}
	return wire.DecodeConnectResponse(buf[:n])
}

// aside has do talk to a server on a connection of its own, for no longer than a connection attempt may take.
func (r *run) aside(address string, do func(net.Conn) error) {
	ctx, cancel := context.WithTimeout(r.ctx, r.c.cfg.dialTimeout())
	defer cancel()
	sock, err := r.c.cfg.connect(r.ctx, "tcp", address)
	if err != nil {
		return
	}
	defer sock.Close()
	stop := context.AfterFunc(ctx, func() { _ = sock.Close() })
	defer stop()
	_ = do(sock)
}
