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

// Replace has the server forget a session at its next reconnect and grant a new one instead, as ClickHouse Keeper does
// each time. The client is not told that the old one is over. Its ephemeral znodes stay until it expires.
func (s *Server) Replace(session int64) {
	s.w.Lock()
	defer s.w.Unlock()
	s.w.Cluster.Replace(session)
}

// Move takes a session away from its connection, as a reconnect to another server does of which this one has not heard:
// the connection stays, reads are still answered, and at the next write the server finds that the session has moved and
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

// Drop closes connections at once. It returns how many.
func (s *Server) Drop(sessions ...int64) int {
	s.w.Lock()
	defer s.w.Unlock()
	return s.in.Drop(sessions...)
}

// HalfClose ends the server's side of connections: a client that reads gets an end of file, and what it sends is still
// taken. On a connection without a buffer, see [WithBuffer], the client just gets nothing more.
func (s *Server) HalfClose(sessions ...int64) {
	s.w.Lock()
	defer s.w.Unlock()
	s.in.HalfClose(sessions...)
}

// Send writes bytes to the clients of sessions, whatever they are, between the answers.
func (s *Server) Send(bytes []byte, sessions ...int64) {
	s.w.Lock()
	defer s.w.Unlock()
	s.in.Send(bytes, sessions...)
}

// Refuse decides whether new connections are refused. Those that are there stay.
func (s *Server) Refuse(on bool) {
	s.w.Lock()
	defer s.w.Unlock()
	s.in.Refuse(on)
}

// Freeze stops reading from connections and writing to them, until Thaw. Without session ids it counts for connections to
// come as well: they are accepted, and nothing else. Sessions expire meanwhile as ever, of which a frozen client learns
// nothing before Thaw.
func (s *Server) Freeze(sessions ...int64) {
	s.w.Lock()
	defer s.w.Unlock()
	s.in.Freeze(sessions...)
}

// Thaw ends Freeze, for the sessions named or for all.
func (s *Server) Thaw(sessions ...int64) {
	s.w.Lock()
	defer s.w.Unlock()
	s.in.Thaw(sessions...)
}

// SlowDown has every answer and event arrive later by d, in order. 0 ends it for what is written from then on.
func (s *Server) SlowDown(d time.Duration) {
	s.w.Lock()
	defer s.w.Unlock()
	s.in.SlowDown(d)
}
