package zktest

import (
	"fmt"
	"math"
	"time"
)

// lag is how a server falls behind the leader.
type lag struct {
	transactions int
	time         time.Duration
}

// stalled is the lag of a server that applies nothing.
const stalled = math.MaxInt

// Lag keeps the server n transactions behind the leader, so that its clients read what is old. When one of its own clients
// waits for a write or a sync, the server goes on as far as that needs, as a real one does. 0 has it catch up. A leader
// never lags.
func (s *Server) Lag(n int) {
	if n < 0 {
		panic(fmt.Sprintf("zktest: Lag by %d transactions", n))
	}
	s.setLag(lag{transactions: n})
}

// LagFor has the server apply each transaction when it is that old; its own clients wait for their writes that long. 0 has
// it catch up.
func (s *Server) LagFor(d time.Duration) { s.setLag(lag{time: max(0, d)}) }

// Stall has the server apply nothing until [Server.CatchUp], whoever waits. Reads are answered.
func (s *Server) Stall() { s.setLag(lag{transactions: stalled}) }

// CatchUp ends Lag, LagFor and Stall. When it returns the server is where the leader is.
func (s *Server) CatchUp() { s.setLag(lag{}) }

func (s *Server) setLag(l lag) {
	s.w.lock()
	defer s.w.release()
	s.lag = l
	s.lagged()
}

// keepsUp reports whether s applies transactions as they come.
func (s *Server) keepsUp() bool { return s == s.w.leader || s.serving && s.lag == lag{} }

// lagged applies what of the backlog is due. It is told when the backlog or the lag has changed.
func (s *Server) lagged() {
	switch {
	case !s.serving:
	case s == s.w.leader:
		s.takeUntil(math.MaxInt64)
	case s.lag.time > 0:
		s.takeAged()
	case s.lag.transactions != stalled:
		for len(s.backlog) > s.lag.transactions {
			s.takeNext()
		}
	}
}

// takeAged applies the transactions that are old enough and sets an alarm for the next.
func (s *Server) takeAged() {
	for len(s.backlog) > 0 {
		due := s.backlog[0].committed.Add(s.lag.time)
		if due.After(s.w.now) {
			if s.dueAt != due {
				s.dueAt = due
				s.w.at(due, s.lagged)
			}
			return
		}
		s.takeNext()
	}
}

// hurry is told that a client of s waits for a transaction.
func (s *Server) hurry(zxid int64) {
	if s.serving && s.lag.time == 0 && s.lag.transactions != stalled {
		s.takeUntil(zxid)
	}
}

func (s *Server) takeUntil(zxid int64) {
	for len(s.backlog) > 0 && s.backlog[0].zxid <= zxid {
		s.takeNext()
	}
}

func (s *Server) takeNext() {
	t := s.backlog[0]
	s.backlog[0] = nil
	s.backlog = s.backlog[1:]
	s.take(t)
}
