package mux

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// world is a Mux between a scripted server and a stand-in for go-zookeeper.
type world struct {
	t    *testing.T
	j    *journal
	obs  *observer
	m    *Mux
	peer *zkpeer.Peer
	asks []*asked
}

const (
	shakeTime   = time.Second
	sessionTime = 6 * time.Second
)

// inBubble runs a test, in parallel, in a synctest bubble with a clock of its own.
func inBubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, test)
}

// newWorld returns a world whose peer runs the scripts, one for each connection. When the test ends, everything is closed, and
// each request must have ended once.
func newWorld(t *testing.T, scripts ...zkpeer.Script) *world {
	t.Helper()
	w := &world{t: t, j: &journal{}}
	w.obs = &observer{j: w.j}
	w.m = New(Config{MaxReply: 1 << 20, SessionTimeout: sessionTime}, w.obs)
	t.Cleanup(func() {
		w.m.Refuse(errStopping)
		w.m.FailWaiting(errStopping)
		w.m.Wait()
		for _, a := range w.asks {
			if n := a.ends.Load(); n != 1 {
				t.Errorf("%s ended %d times", a.name, n)
			}
		}
	})
	w.peer = zkpeer.Pipes(t, scripts...)
	return w
}

// get submits a get of path.
func (w *world) get(path string) { w.m.Submit(w.getRequest(path)) }

// getCtx submits a get of path with a context.
func (w *world) getCtx(ctx context.Context, path string) *asked {
	a := w.getRequest(path)
	a.ctx = ctx
	w.m.Submit(a)
	return a
}

func (w *world) getRequest(path string) *asked {
	return w.request(wire.OpGetData, path, wire.AppendPathWatch(nil, "", path, false))
}

// auth submits a credential.
func (w *world) auth(name string) { w.m.Submit(w.authRequest(name)) }

func (w *world) authRequest(name string) *asked {
	return w.request(wire.OpSetAuth, name, wire.AppendAuth(nil, "digest", []byte("u:p")))
}

// request makes a request whose end newWorld checks.
func (w *world) request(op wire.OpCode, name string, record []byte) *asked {
	a := &asked{j: w.j, name: name, op: op, record: record}
	w.asks = append(w.asks, a)
	return a
}

// upper stands in for go-zookeeper, and uses the connection as go-zookeeper does.
type upper struct {
	w       *world
	sock    net.Conn // until the handshake is done
	offer   Offer
	conn    *Conn // after the handshake
	reading sync.WaitGroup
	err     error // of the last Read; read it after reading
}

// open connects and shakes hands. It returns nil if that fails.
func (w *world) open() *upper {
	w.t.Helper()
	u := w.dial()
	if err := u.shake(); err != nil {
		u.err = err
		if u.conn != nil {
			_ = u.conn.Close()
		}
		return nil
	}
	u.read()
	return u
}

// dial connects to the peer, and leaves the handshake to shake.
func (w *world) dial() *upper {
	w.t.Helper()
	sock, err := w.peer.Dial(w.t.Context(), "tcp", w.peer.Addr())
	if err != nil {
		w.t.Fatal(err)
	}
	return w.on(sock, OfferSession)
}

// on returns the stand-in for go-zookeeper on a fresh connection.
func (w *world) on(sock net.Conn, offer Offer) *upper {
	return w.closing(&upper{w: w, sock: sock, offer: offer})
}

// over returns the stand-in for go-zookeeper on a Conn.
func (w *world) over(c *Conn) *upper { return w.closing(&upper{w: w, conn: c}) }

// closing closes the connection when the test ends.
func (w *world) closing(u *upper) *upper {
	w.t.Cleanup(func() {
		if u.conn != nil {
			_ = u.conn.Close()
		}
		u.reading.Wait()
	})
	return u
}

// meet shakes hands with the server on a fresh connection, within shakeTime.
func (w *world) meet(sock net.Conn, offer Offer) (*Handshake, error) {
	w.m.WaitConns()
	h := w.m.NewHandshake(sock, offer)
	_ = sock.SetDeadline(time.Now().Add(shakeTime))
	err := h.Ask()
	if err == nil {
		err = h.Answer()
	}
	if err != nil {
		h.Close()
		return nil, err
	}
	return h, nil
}

// shake shakes hands with the server unless that is already done. Then it writes go-zookeeper's connect request and reads the
// response.
func (u *upper) shake() error {
	if u.conn == nil {
		h, err := u.w.meet(u.sock, u.offer)
		if err != nil {
			return err
		}
		u.conn = u.w.m.NewConn(h)
	}
	req := wire.ConnectRequest{Timeout: int32(sessionTime / time.Millisecond), Password: make([]byte, 16)}
	if _, err := u.conn.Write(zkpeer.Frame(wire.AppendConnectRequest(nil, &req))); err != nil {
		return err
	}
	frame, err := u.frame()
	if err != nil {
		return err
	}
	resp, err := wire.DecodeConnectResponse(frame)
	if err == nil && resp.SessionID == 0 {
		u.w.j.add("up: expired")
		return net.ErrClosed
	}
	return err
}

func (u *upper) frame() ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(u.conn, head[:]); err != nil {
		return nil, err
	}
	frame := make([]byte, binary.BigEndian.Uint32(head[:]))
	_, err := io.ReadFull(u.conn, frame)
	return frame, err
}

// read reads to the end of the connection and records what is handed up.
func (u *upper) read() {
	u.reading.Go(func() {
		for {
			frame, err := u.frame()
			if err != nil {
				u.err = err
				return
			}
			h, err := wire.DecodeReplyHeader(frame)
			if err != nil {
				u.w.j.add("up: %v", err)
				continue
			}
			u.note(h, frame[wire.HeaderLen:])
		}
	})
}

func (u *upper) note(h wire.ReplyHeader, body []byte) {
	if h.Zxid != 0 {
		u.w.t.Errorf("zxid %d handed up with xid %d: go-zookeeper has a data race about it", h.Zxid, h.Xid)
	}
	data, _, err := wire.DecodeData(body)
	switch {
	case h.Xid == wire.XidWatch:
		u.w.j.add("up: event")
	case h.Err != 0:
		u.w.j.add("up: xid %d code %d", h.Xid, h.Err)
	case err == nil:
		u.w.j.add("up: xid %d %s", h.Xid, data)
	default:
		u.w.j.add("up: xid %d", h.Xid)
	}
}

// write sends a packet as go-zookeeper does: in one Write, with an xid of its own.
func (u *upper) write(xid int32, op wire.OpCode, record []byte) {
	u.w.t.Helper()
	p := zkpeer.Frame(append(wire.AppendRequestHeader(nil, xid, op), record...))
	if n, err := u.conn.Write(p); n != len(p) || err != nil {
		u.w.t.Errorf("write of xid %d: %d of %d bytes, %v", xid, n, len(p), err)
	}
}

func (u *upper) get(xid int32, path string) {
	u.w.t.Helper()
	u.write(xid, wire.OpGetData, wire.AppendPathWatch(nil, "", path, false))
}

// closeWait closes the connection and waits for its reader.
func (u *upper) closeWait() {
	_ = u.conn.Close()
	u.reading.Wait()
}
