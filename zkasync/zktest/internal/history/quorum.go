package history

import (
	"errors"
	"fmt"
	"slices"
)

// epochShift is the position of the epoch in a zxid, in bits.
const epochShift = 32

// Mode returns the replica's role, as srvr reports it, or "" if it serves nobody.
func (r *Replica) Mode() string {
	switch {
	case r.readOnly:
		return "read-only"
	case !r.serving:
		return ""
	case !r.h.isEnsemble():
		return "standalone"
	case r.h.leader == r:
		return "leader"
	case r.observes():
		return "observer"
	default:
		return "follower"
	}
}

// mayLead reports whether r can be the leader.
func (r *Replica) mayLead() bool {
	return !r.stopped && r.votes() && r.cutOff == r.h.majorityCutOff() && r.h.hasQuorum()
}

// voters returns the number of replicas that vote and for which count returns true.
func (h *History) voters(count func(r *Replica) bool) int {
	n := 0
	for _, r := range h.replicas {
		if r.votes() && count(r) {
			n++
		}
	}
	return n
}

// majorityCutOff reports whether more of the voters that are up are cut off than are not.
func (h *History) majorityCutOff() bool {
	return h.voters(func(r *Replica) bool { return !r.stopped && r.cutOff }) >
		h.voters(func(r *Replica) bool { return !r.stopped && !r.cutOff })
}

func (h *History) hasQuorum() bool {
	side := h.majorityCutOff()
	up := h.voters(func(r *Replica) bool { return !r.stopped && r.cutOff == side })
	return !h.isEnsemble() || 2*up > h.config.Participants()
}

// before reports whether other, which has the higher number, wins an election against r: it must know at least as much.
func (r *Replica) before(other *Replica) bool { return other.known() >= r.known() }

// known returns the zxid of the last transaction that r has, applied or not.
func (r *Replica) known() int64 {
	if len(r.backlog) > 0 {
		return r.backlog[len(r.backlog)-1].Zxid
	}
	return r.tree.Zxid
}

// settle gives every replica its role after something has changed.
func (h *History) settle() {
	defer h.Tell()
	if h.leader == nil || !h.leader.mayLead() {
		var next *Replica
		for _, r := range h.replicas {
			if r.mayLead() && (next == nil || next.before(r)) {
				next = r
			}
		}
		h.lead(next)
		return
	}
	side := h.leader.cutOff
	for _, r := range h.replicas {
		r.serve(!r.stopped && r.cutOff == side)
	}
}

// lead makes a replica the leader, or none if next is nil.
func (h *History) lead(next *Replica) {
	defer h.Tell()
	for _, r := range h.replicas {
		r.serve(false)
	}
	if h.leader = next; next == nil {
		return
	}
	if h.isEnsemble() {
		h.epoch = max(h.epoch, h.zxid>>epochShift) + 1
		h.zxid = h.epoch << epochShift
	}
	for _, r := range h.replicas {
		if r.stopped || r.cutOff != next.cutOff {
			continue
		}
		r.serve(true)
		r.takeUntil(everything) // a follower of a new leader first catches up with it
		r.tree.Zxid = h.zxid
	}
	for _, id := range next.tree.SessionIDs() {
		if known := h.sessions[id]; known != nil {
			h.Touch(known)
		}
	}
	h.planCleaning()
}

// serve begins or ends serving. When that changes, all clients lose their connections.
func (r *Replica) serve(on bool) {
	readOnly := !on && !r.stopped && r.h.cfg.ReadOnlyMode && r.h.isEnsemble()
	if r.serving == on && r.readOnly == readOnly {
		return
	}
	r.serving, r.readOnly = on, readOnly
	r.clients.DropAll()
	clear(r.waiting)
	r.applied = nil
	r.lagged()
}

// Stop takes the replica down.
func (r *Replica) Stop() { r.setStopped(true) }

// Start brings the replica up again.
func (r *Replica) Start() { r.setStopped(false) }

func (r *Replica) setStopped(on bool) {
	r.stopped = on
	r.h.settle()
}

// Partition cuts these replicas off from the others. Replicas that were cut off before no longer are.
func (h *History) Partition(cutOff []*Replica) {
	for _, r := range h.replicas {
		r.cutOff = slices.Contains(cutOff, r)
	}
	h.settle()
}

// Depose makes another replica the leader: next, or the one that wins an election if next is nil.
func (h *History) Depose(next *Replica) error {
	if next == nil {
		for _, r := range h.replicas {
			if r != h.leader && r.mayLead() && (next == nil || next.before(r)) {
				next = r
			}
		}
	}
	switch {
	case next == nil || next.h != h || !next.mayLead():
		return errors.New("the other server cannot lead")
	case next == h.leader:
		return fmt.Errorf("server %d leads already", next.number)
	}
	h.lead(next)
	return nil
}

// Form makes the first replica the leader and puts all replicas at the beginning of the history. Several replicas form an
// ensemble, of which the last ones, as many as given, are observers. Form must be called before the history is used.
func (h *History) Form(observers int) {
	h.leader = h.replicas[0]
	if len(h.replicas) > 1 {
		h.epoch = 1
		h.zxid = max(h.zxid, h.epoch<<epochShift)
		h.firstConfig(observers)
	}
	for _, r := range h.replicas {
		r.tree.Zxid = h.zxid
		h.writeConfig(r.tree)
	}
}
