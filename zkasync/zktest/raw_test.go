package zktest_test

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// raw is a connection on which a test sends any bytes.
type raw struct {
	t    testing.TB
	sock net.Conn
	xid  int32

	session  int64
	password []byte
	answer   wire.ConnectResponse
}

// dialRaw connects to a zktest server in memory.
func dialRaw(t testing.TB, srv *zktest.Server) *raw {
	t.Helper()
	sock, err := srv.DialContext(testContext(t), "tcp", srv.Addr())
	if err != nil {
		t.Fatal(err)
	}
	return newRaw(t, sock)
}

func newRaw(t testing.TB, sock net.Conn) *raw {
	t.Cleanup(func() { _ = sock.Close() })
	return &raw{t: t, sock: sock}
}

// openRaw begins a session.
func openRaw(t testing.TB, srv *zktest.Server) *raw {
	t.Helper()
	r := dialRaw(t, srv)
	if !r.handshake(wire.ConnectRequest{Timeout: 10_000, Password: make([]byte, 16)}, true) || r.session == 0 {
		t.Fatal("no session")
	}
	return r
}

// handshake sends a connect request. It returns false if the server closes the connection without an answer.
func (r *raw) handshake(req wire.ConnectRequest, withReadOnly bool) bool {
	b, start := wire.BeginFrame(nil)
	b = wire.AppendConnectRequest(b, &req)
	if !withReadOnly {
		b = b[:len(b)-1]
	}
	r.write(wire.EndFrame(b, start))
	frame, err := r.read()
	if err != nil {
		return false
	}
	if r.answer, err = wire.DecodeConnectResponse(frame); err != nil {
		r.t.Fatal(err)
	}
	r.session, r.password = r.answer.SessionID, r.answer.Password
	return true
}

// write sends bytes. It ignores errors, because the server may have closed the connection.
func (r *raw) write(b []byte) {
	_ = r.sock.SetWriteDeadline(time.Now().Add(wait))
	_, _ = r.sock.Write(b)
}

// send sends a request with the next xid.
func (r *raw) send(op wire.OpCode, body []byte) int32 {
	r.xid++
	r.sendAs(r.xid, op, body)
	return r.xid
}

func (r *raw) sendAs(xid int32, op wire.OpCode, body []byte) { r.write(request(xid, op, body)) }

// request is the frame of a request.
func request(xid int32, op wire.OpCode, body []byte) []byte {
	b, start := wire.BeginFrame(nil)
	b = append(wire.AppendRequestHeader(b, xid, op), body...)
	return wire.EndFrame(b, start)
}

// read returns the next frame, without its length. Any error except a timeout means that the connection is closed.
func (r *raw) read() ([]byte, error) {
	_ = r.sock.SetReadDeadline(time.Now().Add(wait))
	var head [4]byte
	if _, err := io.ReadFull(r.sock, head[:]); err != nil {
		return nil, r.closed(err)
	}
	frame := make([]byte, binary.BigEndian.Uint32(head[:]))
	if _, err := io.ReadFull(r.sock, frame); err != nil {
		return nil, r.closed(err)
	}
	return frame, nil
}

func (r *raw) closed(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		r.t.Fatal("no answer in time")
	}
	return err
}

// reply reads a frame, and returns its header and its record.
func (r *raw) reply() (wire.ReplyHeader, []byte, error) {
	frame, err := r.read()
	if err != nil {
		return wire.ReplyHeader{}, nil, err
	}
	h, err := wire.DecodeReplyHeader(frame)
	if err != nil {
		r.t.Fatal(err)
	}
	return h, frame[wire.HeaderLen:], nil
}

// The functions below append to the records of requests what the functions of package wire cannot: null, and invalid values.

func str(s string) []byte { return wire.AppendString(nil, s) }

func num(v int32) []byte { return wire.AppendInt32(nil, v) }

func long(v int64) []byte { return wire.AppendInt64(nil, v) }

func boolean(v bool) []byte { return wire.AppendBool(nil, v) }

var null = num(-1)

func cat(parts ...[]byte) []byte {
	var b []byte
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

func data(b []byte) []byte { return wire.AppendBuffer(nil, b) }

func acls(entries ...zk.ACL) []byte { return wire.AppendACLs(nil, entries) }

func ace(perms int32, scheme, id string) zk.ACL { return zk.ACL{Perms: perms, Scheme: scheme, ID: id} }

var open = ace(zk.PermAll, "world", "anyone")
