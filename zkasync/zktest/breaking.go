package zktest

import (
	"fmt"
	"time"
)

// The methods of this file break sessions and connections. Those that take session ids mean the connections of these
// sessions on this server; without any they mean all connections, also those that have no session yet.

// Expire ends a session now, as if nothing had been heard of it for its timeout: its ephemeral znodes go, its connection is
// closed, and whoever offers it again learns that it is over.
func (s *Server) Expire(session int64) error {
	s.w.lock()
	defer s.w.release()
	known := s.w.sessions[session]
	switch {
	case known == nil || known.closing:
		return fmt.Errorf("zktest: expire session 0x%x: there is none", session)
	case s.w.leader == nil:
		return fmt.Errorf("zktest: expire session 0x%x: no server leads", session)
	}
	s.w.endSession(known)
	return nil
}

// Replace has the server forget a session at its next reconnect and grant a new one instead, as ClickHouse Keeper does
// each time. The client is not told that the old one is over. Its ephemeral znodes stay until it expires.
func (s *Server) Replace(session int64) {
	s.w.lock()
	defer s.w.release()
	s.w.replaced[session] = true
}

// Move takes a session away from its connection, as a reconnect to another server does of which this one has not heard:
// the connection stays, reads are still answered, and at the next write the server finds that the session has moved and
// closes the connection without an answer. The client can connect again.
func (s *Server) Move(session int64) error {
	s.w.lock()
	defer s.w.release()
	known := s.w.sessions[session]
	if known == nil {
		return fmt.Errorf("zktest: move session 0x%x: there is none", session)
	}
	known.owner = nil
	return nil
}

// Drop closes connections at once. It returns how many.
func (s *Server) Drop(sessions ...int64) int {
	s.w.lock()
	defer s.w.release()
	dropped := 0
	for _, c := range s.connsOf(sessions) {
		c.drop()
		dropped++
	}
	return dropped
}

// HalfClose ends the server's side of connections: a client that reads gets an end of file, and what it sends is still
// taken. On a connection without a buffer, see [WithBuffer], the client just gets nothing more.
func (s *Server) HalfClose(sessions ...int64) {
	s.w.lock()
	defer s.w.release()
	for _, c := range s.connsOf(sessions) {
		c.handOn()
		c.out.halve()
	}
}

// Send writes bytes to the clients of sessions, whatever they are, between the answers.
func (s *Server) Send(bytes []byte, sessions ...int64) {
	s.w.lock()
	defer s.w.release()
	for _, c := range s.connsOf(sessions) {
		c.list()
		c.pending = append(c.pending, bytes...)
	}
}

// Refuse decides whether new connections are refused. Those that are there stay.
func (s *Server) Refuse(on bool) {
	s.w.lock()
	defer s.w.release()
	s.refusing = on
}

// Freeze stops reading from connections and writing to them, until Thaw. Without session ids it counts for connections to
// come as well: they are accepted, and nothing else. Sessions expire meanwhile as ever, of which a frozen client learns
// nothing before Thaw.
func (s *Server) Freeze(sessions ...int64) {
	s.w.lock()
	defer s.w.release()
	if len(sessions) == 0 {
		s.frozenAll = true
	}
	for _, id := range sessions {
		s.frozen[id] = true
	}
}

// Thaw ends Freeze, for the sessions named or for all.
func (s *Server) Thaw(sessions ...int64) {
	s.w.lock()
	defer s.w.release()
	if len(sessions) == 0 {
		s.frozenAll = false
		clear(s.frozen)
	}
	for _, id := range sessions {
		delete(s.frozen, id)
	}
	s.thaw()
}

// thaw wakes the connections that are no longer frozen.
func (s *Server) thaw() {
	for c := range s.w.live {
		if c.srv != s || c.isFrozen() {
			continue
		}
		if c.cutLater {
			c.cut()
			continue
		}
		c.handOn()
	}
	s.w.thawed.Broadcast()
}

// SlowDown has every answer and event arrive later by d, in order. 0 ends it for what is written from then on.
func (s *Server) SlowDown(d time.Duration) {
	s.w.lock()
	defer s.w.release()
	s.delay = max(0, d)
}

// connsOf returns the connections of sessions, or all, in the order in which they were made.
func (s *Server) connsOf(sessions []int64) []*conn {
	if len(sessions) == 0 {
		return s.connsInOrder()
	}
	var list []*conn
	for _, id := range sessions {
		if c := s.bySession[id]; c != nil {
			list = append(list, c)
		}
	}
	return list
}

func (c *conn) isFrozen() bool {
	return !c.srv.w.closed && (c.srv.frozenAll || c.session != nil && c.srv.frozen[c.session.id])
}

// handOn gives writeLoop what was written under the lock, now or, on a server that is slow, by and by.
func (c *conn) handOn() {
	c.listed = false
	if c.isFrozen() || len(c.pending) == 0 && !c.finishing {
		return
	}
	w := c.srv.w
	if c.srv.delay == 0 && !c.lateUntil.After(w.now) {
		c.deliver(&c.pending)
		return
	}
	c.lateUntil = maxTime(c.lateUntil, w.now.Add(c.srv.delay))
	late := append([]byte(nil), c.pending...)
	c.pending = c.pending[:0]
	finishing := c.finishing
	w.at(c.lateUntil, func() {
		c.out.put(late)
		if finishing {
			c.out.finish()
		}
	})
}

func (c *conn) deliver(pending *[]byte) {
	if len(*pending) > 0 {
		*pending = c.out.put(*pending)
	}
	if c.finishing {
		c.out.finish()
	}
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
