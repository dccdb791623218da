package zktest

import (
	"fmt"
	"time"
)

// The methods in this file break sessions and connections. Methods with session ids act on the connections of these
// sessions to this server. Without ids they act on all its connections, including those without a session.

// Expire ends a session now, as if nothing had been heard from it for its timeout: its ephemeral znodes are deleted, its
// connection is closed, and a client that tries to resume it learns that it has expired.
func (s *Server) Expire(session int64) error {
	s.w.Lock()
	defer s.w.Unlock()
	known := s.w.Session(session)
	switch {
	case known == nil:
		return fmt.Errorf("zktest: expire session 0x%x: there is none", session)
	case s.w.Leader() == nil:
		return fmt.Errorf("zktest: expire session 0x%x: no server leads", session)
	}
	s.w.Cluster.Expire(known)
	return nil
}

// Replace makes the server forget a session at its next reconnect and grant a new one instead, as ClickHouse Keeper does
// each time. The client is not told that the old session is lost. Its ephemeral znodes stay until it expires.
func (s *Server) Replace(session int64) {
	s.w.Lock()
	defer s.w.Unlock()
	s.w.Cluster.Replace(session)
}

// Move takes a session away from its connection, like a reconnect to another server that this one has not heard of: the
// connection stays and reads are still answered, but at the next write the server finds that the session has moved and
// closes the connection without an answer. The client can connect again.
func (s *Server) Move(session int64) error {
	s.w.Lock()
	defer s.w.Unlock()
	known := s.w.Session(session)
	if known == nil {
		return fmt.Errorf("zktest: move session 0x%x: there is none", session)
	}
	known.Owner = nil
	return nil
}

// Drop closes connections at once, and returns how many there were.
func (s *Server) Drop(sessions ...int64) int {
	s.w.Lock()
	defer s.w.Unlock()
	return s.in.Drop(sessions...)
}

// HalfClose closes the server's side of connections: a client that reads gets an end of file, but what it sends is still
// received. On a connection without a buffer, see [WithBuffer], the client just receives nothing more.
func (s *Server) HalfClose(sessions ...int64) {
	s.w.Lock()
	defer s.w.Unlock()
	s.in.HalfClose(sessions...)
}

// Send writes any bytes to clients, between two answers.
func (s *Server) Send(bytes []byte, sessions ...int64) {
	s.w.Lock()
	defer s.w.Unlock()
	s.in.Send(bytes, sessions...)
}

// Refuse sets whether new connections are refused. Existing ones stay.
func (s *Server) Refuse(on bool) {
	s.w.Lock()
	defer s.w.Unlock()
	s.in.Refuse(on)
}

// Freeze stops reading from connections and writing to them, until Thaw. Without session ids it also applies to new
// connections: they are accepted, but nothing more happens. Sessions still expire meanwhile, which a frozen client
// learns only after Thaw.
func (s *Server) Freeze(sessions ...int64) {
	s.w.Lock()
	defer s.w.Unlock()
	s.in.Freeze(sessions...)
}

// Thaw ends Freeze for these sessions, or for all if there are none.
func (s *Server) Thaw(sessions ...int64) {
	s.w.Lock()
	defer s.w.Unlock()
	s.in.Thaw(sessions...)
}

// SlowDown delays every answer and event by d. They stay in order. With 0 it ends, for answers and events from then on.
func (s *Server) SlowDown(d time.Duration) {
	s.w.Lock()
	defer s.w.Unlock()
	s.in.SlowDown(d)
}
