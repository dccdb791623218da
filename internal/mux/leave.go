package mux

import "errors"

// errMoving is why a connection ends when the client moves to another server.
var errMoving = errors.New("moving to another server")

// Move leaves the current server without losing a request: it sends nothing more, waits for the replies to what is in flight,
// and keeps what is queued for the next connection. A connection that is not live yet is left at once.
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
		// The reader checks after each reply whether anything is left in flight. The reply to this ping makes it check even
		// if nothing else is in flight now.
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

// stayLocked takes a Move back, because a client that stops sends what was queued and ends the session on the server where it
// is. If the connection is already about to end, it is too late for that, and what is queued stays for the next one.
func (c *Conn) stayLocked() {
	if !c.open || !c.moving.Load() || c.left || c.isDead() {
		return
	}
	c.moving.Store(false)
	c.m.live = true
	c.m.wakeLocked()
}

// moved reports whether the connection is to be left and all replies have come. The caller then ends the connection.
func (c *Conn) moved() bool {
	if !c.moving.Load() || c.flight.Expecting() {
		return false
	}
	c.m.mu.Lock()
	defer c.m.mu.Unlock()
	if !c.moving.Load() { // the Move was taken back just now
		return false
	}
	c.left = c.flight.Unread() == 0 && c.encoding == 0 && len(c.auths) == 0 && len(c.restore) == 0
	return c.left
}

// Stop prepares the connection for an orderly end: from now on go-zookeeper's close request is always answered, by the server
// or in its place. Call [Mux.Refuse] first, and [Mux.Abort] if the server takes too long.
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
