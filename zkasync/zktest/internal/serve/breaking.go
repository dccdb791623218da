package serve

import "time"

// The methods of this file break connections. Those that take session ids mean the connections of these sessions on this
// server; without any they mean all connections, also those that have no session yet.

// Drop closes connections at once. It returns how many.
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

// Send writes bytes to the clients of sessions, between the answers.
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

// Freeze stops reading from connections and writing to them; without sessions, from those to come as well.
func (s *Server) Freeze(sessions ...int64) {
	if len(sessions) == 0 {
		s.frozenAll = true
	}
	for _, id := range sessions {
		s.frozen[id] = true
	}
}

// Thaw ends Freeze, for the sessions named or for all.
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

// SlowDown has every answer and event arrive later by d, in order.
func (s *Server) SlowDown(d time.Duration) {
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
