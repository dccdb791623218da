package mux

import "errors"

// errMoving is the cause of a connection's end when the client moves to another server.
var errMoving = errors.New("moving to another server")

// Move leaves the current server without losing a request: nothing more is sent, requests in flight are waited for, and
// queued ones stay for the next connection. A connection that is not live yet is left at once.
func (m *Mux) Move() {
	m.mu.Lock()
	c := m.cur
	if c == nil || c.moving.Load() {
		m.mu.Unlock()
		return
	}
	c.moving.Store(true)
	live, open := m.live, c.open
	if live {
		m.live = false
		m.queue.Guard()
		// The reader looks whether anything is left after each reply; this one comes when there was none to wait for.
		c.urgent = append(c.urgent, ping{})
		m.wakeLocked()
	} else {
		c.left = true
	}
	m.mu.Unlock()
	switch {
	case live:
	case !open:
		c.giveUp(errMoving)
	default:
		c.die(errMoving)
	}
}

// stayLocked takes a Move back: a client that stops sends what was queued, and ends the session where it is. When the
// connection is about to end it is too late for that, and what is queued stays for the next one.
func (c *Conn) stayLocked() {
	if !c.open || !c.moving.Load() || c.left || c.isDead() {
		return
	}
	c.moving.Store(false)
	c.m.live = true
	c.m.wakeLocked()
}

// moved reports whether the connection is to be left and all its replies are in. The caller then ends the connection.
func (c *Conn) moved() bool {
	if !c.moving.Load() || c.flight.Expecting() {
		return false
	}
	c.m.mu.Lock()
	defer c.m.mu.Unlock()
	if !c.moving.Load() { // taken back just now
		return false
	}
	c.left = c.flight.Unread() == 0 && len(c.auths) == 0 && len(c.restore) == 0
	return c.left
}

// Stop makes the connection end in order: go-zookeeper is answered its close request in every case, by the server or in
// its place. Call [Mux.Refuse] first and [Mux.Abort] when the server takes too long.
func (m *Mux) Stop() {
	m.stopping.Store(true)
	m.mu.Lock()
	c := m.cur
	shaking := c != nil && !c.open
	if c != nil {
		c.stayLocked()
	}
	m.mu.Unlock()
	if shaking {
		c.giveUp(errStopping)
	}
}
