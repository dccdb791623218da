package mux

// LossesToGiveUp is after how many losses in a row a request is given up if it was the first in flight at each of them.
const LossesToGiveUp = 3

// Suspicion counts how many losses in a row point at one request that is being repeated. The zero value is ready to use.
type Suspicion struct{ Losses int }

// Lost counts the loss of a connection. It reports whether the request must be given up.
func (s *Suspicion) Lost(b Blame, sent bool) bool {
	switch {
	case b.First:
		s.Losses++
	case sent:
		s.Losses = 0 // the request was in flight, but another one was first
	}
	return b.Alone && s.Losses >= LossesToGiveUp
}
