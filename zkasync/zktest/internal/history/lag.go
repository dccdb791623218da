package history

import (
	"math"
	"time"
)

// Lag says how far a replica is behind the leader: by a number of transactions, or by a time. The zero value means that it keeps up.
type Lag struct {
	Transactions int
	Time         time.Duration
}

// Stalled is the lag of a replica that applies nothing.
const Stalled = math.MaxInt

// SetLag sets the replica's lag from now on.
func (r *Replica) SetLag(l Lag) {
	r.lag = l
	r.lagged()
}

// keepsUp reports whether r applies transactions at once.
func (r *Replica) keepsUp() bool { return r == r.h.leader || r.serving && r.lag == Lag{} }

// lagged applies the transactions of the backlog that are due. It is called when the backlog or the lag has changed.
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

// takeAged applies the transactions that are old enough, and sets an alarm for the next one.
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

// hurry applies the backlog up to a transaction for which a client of r waits, unless r lags by time or is stalled.
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
