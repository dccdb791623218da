package mux

// LossesToGiveUp is how many losses in a row are put down to the request that was first in flight at each of them.
const LossesToGiveUp = 3

// Suspicion counts the losses in a row that point at one request, which is repeated. The zero value is ready.
type Suspicion struct{ Losses int }

// Lost counts a loss. It reports whether the request is to be given up.
func (s *Suspicion) Lost(b Blame, sent bool) bool {
	switch {
	case b.First:
		s.Losses++
	case sent:
		s.Losses = 0 // it was in flight, and another one was first
	}
	return b.Alone && s.Losses >= LossesToGiveUp
}
