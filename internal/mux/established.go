package mux

import (
	"errors"
	"time"

	"github.com/zkasync/zkasync-go/internal/mux/internal/request"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// finishHandshake handles the server's answer, on the reading goroutine, before go-zookeeper sees it.
func (c *Conn) finishHandshake() error {
	if c.isDead() {
		return c.deathCause()
	}
	if c.resp.SessionID == 0 {
		c.m.offer = Session{}
		c.expired()
		return nil
	}
	c.up = connectFrame(c.resp)
	c.established(c.resp)
	return nil
}

// established starts the connection's goroutines, and restores the credentials and watches of the session.
func (c *Conn) established(resp wire.ConnectResponse) {
	s := Session{ID: resp.SessionID, Password: resp.Password, Timeout: resp.Timeout, ReadOnly: resp.ReadOnly}
	if addr := c.sock.RemoteAddr(); addr != nil {
		s.Server = addr.String()
	}
	if !s.ReadOnly {
		c.m.offer = s
	}
	opening := c.m.obs.Established(s)
	c.shaken = true
	c.session = time.Duration(s.Timeout) * time.Millisecond
	m := c.m
	m.mu.Lock()
	c.open, c.repliesAt = true, m.replies.Load()
	m.counts.connections++
	c.server = s.Server
	c.joining.Store(c.knownJoinsLocked())
	c.talk, c.talking = opening.Talk, true
	c.restoring = len(opening.Restore)
	for _, r := range opening.Restore {
		c.behind = append(c.behind, &restoring{Request: r, c: c})
	}
	m.mu.Unlock()
	c.workers.Add(2)
	go c.writeLoop()
	go c.silenceLoop(time.Duration(resp.Timeout) * time.Millisecond)
	c.goOn()
}

// goOn continues the conversation. When it is over, the restoration begins.
func (c *Conn) goOn() {
	m := c.m
	if c.talk != nil {
		next := c.talk.Next(c.dead)
		if c.isDead() {
			return
		}
		if next != nil {
			m.mu.Lock()
			c.restore = append(c.restore, &said{Request: next, c: c})
			m.wakeLocked()
			m.mu.Unlock()
			return
		}
	}
	m.mu.Lock()
	c.talking = false
	c.restore, c.behind = append(c.restore, c.behind...), nil
	none := c.restoring == 0
	m.wakeLocked()
	m.mu.Unlock()
	if none {
		c.goLive()
	}
}

// said is a request of the conversation.
type said struct {
	Request
	c *Conn
}

func (s *said) Reply(code int32, body []byte) {
	s.Request.Reply(code, body)
	if !s.c.isDead() {
		s.c.goOn()
	}
}

// Fail ends the connection if it goes on: nobody is to be served before the conversation is over.
func (s *said) Fail(f Failure) {
	s.Request.Fail(f)
	s.c.die(f.Cause)
}

// restoring is a request of the restoration, which is sent before anything queued. The reply to the last one opens the queue.
type restoring struct {
	Request
	c *Conn
}

func (r *restoring) Reply(code int32, body []byte) {
	r.Request.Reply(code, body)
	if s, ok := r.Request.(Step); ok && s.Next(r.again) {
		return
	}
	r.c.m.mu.Lock()
	r.c.restoring--
	last := r.c.restoring == 0
	r.c.m.mu.Unlock()
	if last {
		r.c.goLive()
	}
}

// again lets next take the place of r in the restoration.
func (r *restoring) again(next Request) {
	m := r.c.m
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.cur != r.c {
		return
	}
	r.c.restore = append(r.c.restore, &restoring{Request: next, c: r.c})
	m.wakeLocked()
}

// Fail ends the connection if it is still alive: without this request the session would not be fully restored.
func (r *restoring) Fail(f Failure) {
	r.Request.Fail(f)
	r.c.die(f.Cause)
}

// goLive opens the queue, unless the connection was given up meanwhile, by one of the replies or by the observer: the queued
// requests then wait for the next connection, and their contexts must stay watched.
func (c *Conn) goLive() {
	if c.isDead() {
		return
	}
	m := c.m
	m.mu.Lock()
	m.opening = true // a listener may submit requests and stop the client
	m.mu.Unlock()
	m.obs.Restored()
	m.mu.Lock()
	m.opening = false
	if m.cur == c && !c.moving.Load() && !c.isDead() {
		m.live = true
		m.queue.Unguard()
		c.liveSince = time.Now()
		m.wakeLocked()
	}
	m.mu.Unlock()
}

// NewExpired returns a connection whose only purpose is to announce that the session proper, which h replaces, has expired.
// go-zookeeper must learn of that on a connection of its own, or it would carry its watches over into the new session. It
// then asks for another connection, which is made from h.
func (m *Mux) NewExpired(h *Handshake) *Conn {
	m.conns.Wait()
	c := m.newConn(nil)
	m.conns.Add(1)
	m.use(c)
	h.proper = false
	if h.kind == OfferNothing {
		m.lastZxid.Store(0)
	}
	return c
}

// expired ends the connection of a session that the server no longer knows. go-zookeeper learns of the expiry from the
// connect response, but leaves the connection open, so it is closed here.
func (c *Conn) expired() {
	m := c.m
	defer m.conns.Done()
	c.die(errors.New("session expired"))
	c.torn = true
	m.obs.Expired()
	m.mu.Lock()
	if m.cur == c {
		m.cur = nil
	}
	m.counts.expiries++
	expired := Failure{Reason: ReasonExpired}
	waiting := m.keepLocked(m.queue.Drain(nil), expired, blame{})
	m.mu.Unlock()
	request.FailAll(waiting, expired)
	m.obs.ExpiredDone()
	c.shaken = true
	c.up = connectFrame(c.resp)
}

// connectFrame encodes the response anew, so that nothing else from the server's frame reaches go-zookeeper.
func connectFrame(resp wire.ConnectResponse) []byte {
	b, start := wire.BeginFrame(nil)
	return wire.EndFrame(wire.AppendConnectResponse(b, &resp), start)
}
