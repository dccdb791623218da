package mux

import (
	"errors"
	"fmt"
	"time"

	"github.com/zkasync/zkasync-go/zkasync/internal/wire"
)

// minConnectResponse is the length of a connect response with an empty password, maxConnectResponse one that no server
// exceeds.
const (
	minConnectResponse = 20
	maxConnectResponse = 1024
)

// passwordSize is the length of a session's password (ZooKeeperServer.generatePasswd). Others are refused: go-zookeeper
// encodes its connect request into 256 bytes, and fails before it writes on each connection that follows when the
// password does not fit.
const passwordSize = 16

// writeConnect sends go-zookeeper's connect request with the highest zxid of any reply in it: go-zookeeper knows only
// of the replies to its own requests.
func (c *Conn) writeConnect(p []byte) error {
	if c.sock == nil {
		return nil
	}
	if len(p) < frameHead {
		return errors.New("connect request too short")
	}
	req, err := wire.DecodeConnectRequest(p[frameHead:])
	if err != nil {
		return err
	}
	c.openZxid = c.m.lastZxid.Load()
	if c.kind == OfferAfresh {
		c.openZxid = 0
	}
	req.LastZxidSeen = c.openZxid
	req.ReadOnly = c.m.cfg.ReadOnly
	req.SessionID, req.Password = c.m.offer.ID, c.m.offer.Password
	if c.kind == OfferTemporary || req.SessionID == 0 {
		req.SessionID, req.Password = 0, make([]byte, passwordSize)
	}
	b, start := wire.BeginFrame(nil)
	b = wire.EndFrame(wire.AppendConnectRequest(b, &req), start)
	_, err = c.sock.Write(b)
	return err
}

// receiveHandshake reads the connect response, whole and bounded in time and size, before go-zookeeper sees a byte.
func (c *Conn) receiveHandshake() error {
	limit := c.in.limit
	c.in.limit = maxConnectResponse
	defer func() { c.in.limit = limit }()
	for {
		frame, ok, err := c.in.next(minConnectResponse)
		if err != nil {
			return err
		}
		if ok {
			return c.finishHandshake(frame)
		}
		if err := c.fill(); err != nil {
			return err
		}
	}
}

// errNotTemporary is why the session proper is offered next.
var errNotTemporary = errors.New("no read-only session granted")

func (c *Conn) finishHandshake(frame []byte) error {
	resp, err := wire.DecodeConnectResponse(frame)
	if err != nil {
		return err
	}
	c.stopShakeClock()
	switch {
	case c.kind == OfferAfresh:
		c.m.lastZxid.Store(0)
		resp.SessionID = 0
	case c.kind == OfferTemporary && c.m.offer.ID != 0 && (!resp.ReadOnly || resp.SessionID == 0):
		return errNotTemporary
	}
	if resp.SessionID == 0 {
		c.m.offer = Session{}
		c.expired(resp)
		return nil
	}
	if resp.Timeout <= 0 {
		return fmt.Errorf("connect response with a session timeout of %d ms received", resp.Timeout)
	}
	if n := len(resp.Password); n != passwordSize {
		return fmt.Errorf("connect response with a session password of %d bytes received, want %d", n, passwordSize)
	}
	_ = c.sock.SetDeadline(time.Time{})
	c.up = connectFrame(resp)
	c.established(resp)
	return nil
}

// established starts the connection's goroutines and the restoration of what the session had.
func (c *Conn) established(resp wire.ConnectResponse) {
	s := Session{ID: resp.SessionID, Password: resp.Password, Timeout: resp.Timeout, ReadOnly: resp.ReadOnly}
	if !s.ReadOnly {
		c.m.offer = s
	}
	restore := c.m.obs.Established(s)
	c.shaken = true
	m := c.m
	m.mu.Lock()
	c.open = true
	c.restoring = len(restore)
	for _, r := range restore {
		c.restore = append(c.restore, &restoring{Request: r, c: c})
	}
	m.mu.Unlock()
	c.workers.Add(2)
	go c.writeLoop()
	go c.watchLoop(time.Duration(resp.Timeout) * time.Millisecond)
	if len(restore) == 0 {
		c.goLive()
	}
}

// restoring is a request that goes out before anything queued. The last reply of its kind opens the queue.
type restoring struct {
	Request
	c *Conn
}

func (r *restoring) Reply(code int32, body []byte) {
	r.Request.Reply(code, body)
	r.c.m.mu.Lock()
	r.c.restoring--
	last := r.c.restoring == 0
	r.c.m.mu.Unlock()
	if last {
		r.c.goLive()
	}
}

// Fail ends the connection if it goes on: what is not restored must not be taken to be so.
func (r *restoring) Fail(f Failure) {
	r.Request.Fail(f)
	r.c.die(f.Cause)
}

// goLive lets the queue go out, unless one of the replies had the connection given up, or who was told of the
// restoration did: what waits for the next connection then has to be watched.
func (c *Conn) goLive() {
	if c.isDead() {
		return
	}
	c.m.obs.Restored()
	m := c.m
	m.mu.Lock()
	if m.cur == c && !c.moving.Load() && !c.isDead() {
		m.live, m.guard = true, false
		m.wakeLocked()
	}
	m.mu.Unlock()
}

// expired ends the connection of a session that the server no longer knows. go-zookeeper learns it from the response,
// but leaves the connection open, so it is closed here.
func (c *Conn) expired(resp wire.ConnectResponse) {
	m := c.m
	defer m.conns.Done()
	c.die(errors.New("session expired"))
	c.torn = true
	m.obs.Expired()
	m.mu.Lock()
	if m.cur == c {
		m.cur = nil
	}
	expired := Failure{Reason: ReasonExpired}
	waiting := m.keepLocked(m.drainQueueLocked(nil), expired)
	m.mu.Unlock()
	failAll(waiting, expired)
	m.obs.ExpiredDone()
	c.shaken = true
	c.up = connectFrame(resp)
}

// connectFrame encodes the response anew, without whatever else the server put into its frame.
func connectFrame(resp wire.ConnectResponse) []byte {
	b, start := wire.BeginFrame(nil)
	return wire.EndFrame(wire.AppendConnectResponse(b, &resp), start)
}
