package zktest

import (
	"fmt"
	"time"

	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/history"
)

// Lag keeps the server n transactions behind the leader, so that its clients read what is old. When one of its own clients
// waits for a write or a sync, the server goes on as far as that needs, as a real one does. 0 has it catch up. A leader
// never lags.
func (s *Server) Lag(n int) {
	if n < 0 {
		panic(fmt.Sprintf("zktest: Lag by %d transactions", n))
	}
	s.setLag(history.Lag{Transactions: n})
}

// LagFor has the server apply each transaction when it is that old; its own clients wait for their writes that long. 0 has
// it catch up.
func (s *Server) LagFor(d time.Duration) { s.setLag(history.Lag{Time: max(0, d)}) }

// Stall has the server apply nothing until [Server.CatchUp], whoever waits. Reads are answered.
func (s *Server) Stall() { s.setLag(history.Lag{Transactions: history.Stalled}) }

// CatchUp ends Lag, LagFor and Stall. When it returns the server is where the leader is.
func (s *Server) CatchUp() { s.setLag(history.Lag{}) }

func (s *Server) setLag(l history.Lag) {
	s.w.Lock()
	defer s.w.Unlock()
	s.in.SetLag(l)
}
