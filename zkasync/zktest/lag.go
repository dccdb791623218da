package zktest

import (
	"time"

	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/history"
)

// Lag keeps the server n transactions behind the leader, so that its clients read old data. If one of its own clients
// waits for a write or a sync, the server catches up as far as necessary, as a real one does. With 0 it catches up. A
// leader never lags. A negative n fails the test, or panics on a server of [NewEnsemble].
func (s *Server) Lag(n int) {
	s.w.tb.Helper()
	if n < 0 {
		s.w.tb.Fatalf("zktest: Lag by %d transactions: want 0 or more", n)
	}
	s.setLag(history.Lag{Transactions: n})
}

// LagFor makes the server apply each transaction after a delay of d. Its own clients wait that long for their writes. With
// 0 it catches up.
func (s *Server) LagFor(d time.Duration) { s.setLag(history.Lag{Time: max(0, d)}) }

// Stall makes the server apply nothing until [Server.CatchUp], even if clients wait for it. Reads are answered.
func (s *Server) Stall() { s.setLag(history.Lag{Transactions: history.Stalled}) }

// CatchUp ends Lag, LagFor and Stall. When it returns, the server has the leader's state.
func (s *Server) CatchUp() { s.setLag(history.Lag{}) }

func (s *Server) setLag(l history.Lag) {
	s.w.Lock()
	defer s.w.Unlock()
	s.in.SetLag(l)
}
