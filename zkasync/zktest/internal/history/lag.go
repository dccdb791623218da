package history

import (
	"math"
	"time"
)

// Lag is how a replica falls behind the leader. The zero value is that it does not.
type Lag struct {
	Transactions int // so many behind
	Time         time.Duration
}

// Stalled is the lag of a replica that applies nothing.
const Stalled = math.MaxInt

// SetLag has the replica lag from now on.
func (r *Replica) SetLag(l Lag) {
	r.lag = l
	r.lagged()
}

// keepsUp reports whether r applies transactions as they come.
func (r *Replica) keepsUp() bool { return r == r.h.leader || r.serving && r.lag == Lag{} }

// lagged applies what of the backlog is due. It is told when the backlog or the lag has changed.
func (r *Replica) lagged() {
	switch {
	case !r.serving:
	case r == r.h.leader:
		r.takeUntil(everything)
	case r.lag.Time > 0:
		r.takeAged()
	case r.lag.Transactions != Stalled:
		for len(r.backlog) > r.lag.Transactions {
			r.takeNext()
		}
	}
}

// takeAged applies the transactions that are old enough and sets an alarm for the next.
func (r *Replica) takeAged() {
	for len(r.backlog) > 0 {
		due := r.backlog[0].Committed.Add(r.lag.Time)
		if due.After(r.h.Now()) {
			if r.dueAt != due {
				r.dueAt = due
				r.h.At(due, r.lagged)
			}
			return
		}
		r.takeNext()
	}
}

// hurry is told that a client of r waits for a transaction.
func (r *Replica) hurry(zxid int64) {
	if r.serving && r.lag.Time == 0 && r.lag.Transactions != Stalled {
		r.takeUntil(zxid)
	}
}

func (r *Replica) takeUntil(zxid int64) {
	for len(r.backlog) > 0 && r.backlog[0].Zxid <= zxid {
		r.takeNext()
	}
}

func (r *Replica) takeNext() {
	t := r.backlog[0]
	r.backlog[0] = nil
	r.backlog = r.backlog[1:]
	r.take(t)
}
