package history

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/znode"
)

// epochShift is where the epoch stands in a zxid.
const epochShift = 32

// Mode is the replica's part, as srvr tells it; "" when it serves nobody.
func (r *Replica) Mode() string {
	switch {
	case r.readOnly:
		return "read-only"
	case !r.serving:
		return ""
	case len(r.h.replicas) == 1:
		return "standalone"
	case r.h.leader == r:
		return "leader"
	case r.observer:
		return "observer"
	default:
		return "follower"
	}
}

// mayLead reports whether r is where a leader can be.
func (r *Replica) mayLead() bool {
	return !r.stopped && !r.observer && r.cutOff == r.h.majorityCutOff() && r.h.hasQuorum()
}

// voters counts those that vote and are up, on one side of a partition or on both.
func (h *History) voters(count func(r *Replica) bool) int {
	n := 0
	for _, r := range h.replicas {
		if !r.observer && count(r) {
			n++
		}
	}
	return n
}

// majorityCutOff reports which side of a partition has more servers that are up.
func (h *History) majorityCutOff() bool {
	return h.voters(func(r *Replica) bool { return !r.stopped && r.cutOff }) >
		h.voters(func(r *Replica) bool { return !r.stopped && !r.cutOff })
}

func (h *History) hasQuorum() bool {
	side := h.majorityCutOff()
	up := h.voters(func(r *Replica) bool { return !r.stopped && r.cutOff == side })
	return 2*up > h.voters(func(*Replica) bool { return true })
}

// before reports whether other wins an election against r: it knows more, or as much and has the higher number.
func (r *Replica) before(other *Replica) bool { return other.known() >= r.known() }

// known is the last transaction that r has, applied or not.
func (r *Replica) known() int64 {
	if len(r.backlog) > 0 {
		return r.backlog[len(r.backlog)-1].Zxid
	}
	return r.tree.Zxid
}

// settle gives every replica its part after something has changed.
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

// lead makes a replica the leader; nil: none can be.
func (h *History) lead(next *Replica) {
	defer h.Tell()
	for _, r := range h.replicas {
		r.serve(false)
	}
	if h.leader = next; next == nil {
		return
	}
	if len(h.replicas) > 1 {
		h.epoch = max(h.epoch, h.zxid>>epochShift) + 1
		h.zxid = h.epoch << epochShift
	}
	for _, r := range h.replicas {
		if r.stopped || r.cutOff != next.cutOff {
			continue
		}
		r.serve(true)
		r.takeUntil(everything) // whoever follows a new leader begins where it is
		r.tree.Zxid = h.zxid
	}
	for _, id := range next.tree.SessionIDs() {
		if known := h.sessions[id]; known != nil {
			h.Touch(known)
		}
	}
	h.planCleaning()
}

// serve begins or ends serving. Whoever is connected when that changes loses the connection.
func (r *Replica) serve(on bool) {
	readOnly := !on && !r.stopped && r.h.cfg.ReadOnlyMode && len(r.h.replicas) > 1
	if r.serving == on && r.readOnly == readOnly {
		return
	}
	r.serving, r.readOnly = on, readOnly
	r.clients.DropAll()
	clear(r.waiting)
	r.applied = nil
	r.lagged()
}

// Stop has the replica be down, Start ends that.
func (r *Replica) Stop() { r.setStopped(true) }

// Start ends Stop.
func (r *Replica) Start() { r.setStopped(false) }

func (r *Replica) setStopped(on bool) {
	r.stopped = on
	r.h.settle()
}

// Partition cuts replicas off from the rest; those that were cut off before no longer are.
func (h *History) Partition(cutOff []*Replica) {
	for _, r := range h.replicas {
		r.cutOff = slices.Contains(cutOff, r)
	}
	h.settle()
}

// Depose has another replica lead: next, or with nil the one that is to be elected.
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

// Form has the first replica lead and all stand where the history begins; several are an ensemble. Nobody else has them yet.
func (h *History) Form() {
	h.leader = h.replicas[0]
	ensemble := len(h.replicas) > 1
	if ensemble {
		h.epoch = 1
		h.zxid = max(h.zxid, h.epoch<<epochShift)
	}
	for _, r := range h.replicas {
		r.tree.Zxid = h.zxid
		if ensemble {
			r.tree.Find(znode.ConfigPath).Data = h.configText()
		}
	}
}

// configText is what /zookeeper/config holds in an ensemble.
func (h *History) configText() []byte {
	var b strings.Builder
	for _, r := range h.replicas {
		role := "participant"
		if r.observer {
			role = "observer"
		}
		host, _, _ := strings.Cut(r.addr, ":")
		fmt.Fprintf(&b, "server.%d=%s:2888:3888:%s;%s\n", r.number, host, role, r.addr)
	}
	b.WriteString("version=0")
	return []byte(b.String())
}
