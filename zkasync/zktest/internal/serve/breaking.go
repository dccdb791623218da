package serve

import "time"

// The methods in this file break connections. Methods with session ids act on the connections of these sessions to this server.
// Without ids they act on all its connections, including those without a session.

// Drop closes connections at once, and returns how many there were.
func (s *Server) Drop(sessions ...int64) int {
	dropped := 0
	for _, c := range s.connsOf(sessions) {
		c.drop()
		dropped++
	}
	return dropped
}

// HalfClose ends the server's side of connections.
func (s *Server) HalfClose(sessions ...int64) {
	for _, c := range s.connsOf(sessions) {
		c.handOn()
		c.out.Halve()
	}
}

// Send writes bytes to clients, between two answers.
func (s *Server) Send(bytes []byte, sessions ...int64) {
	for _, c := range s.connsOf(sessions) {
		c.list()
		c.pending = append(c.pending, bytes...)
	}
}

// Refuse decides whether new connections are refused.
func (s *Server) Refuse(on bool) {
	s.refusing = on
}

// Freeze stops reading from connections and writing to them. Without sessions, this includes later connections.
func (s *Server) Freeze(sessions ...int64) {
	if len(sessions) == 0 {
		s.frozenAll = true
	}
	for _, id := range sessions {
		s.frozen[id] = true
	}
}

// Thaw ends Freeze for these sessions, or for all if there are none.
func (s *Server) Thaw(sessions ...int64) {
	if len(sessions) == 0 {
		s.frozenAll = false
		clear(s.frozen)
	}
	for _, id := range sessions {
		delete(s.frozen, id)
	}
	s.thaw()
}

// thaw wakes connections that are no longer frozen.
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

// SlowDown delays every answer and event by d. They stay in order.
func (s *Server) SlowDown(d time.Duration) {
	s.delay = max(0, d)
}

// connsOf returns the connections of these sessions, in their order. Without sessions, it returns all connections in the order in
// which they were made.
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
