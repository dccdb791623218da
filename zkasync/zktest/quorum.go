package zktest

import (
	"fmt"
	"math"
	"strings"
)

// epochShift is where the epoch stands in a zxid.
const epochShift = 32

// Number returns the server's number, from 1. A server that is alone is number 1.
func (s *Server) Number() int { return s.id }

// Mode returns what the server is: "standalone", "leader", "follower", "observer", "read-only", or "" when it serves
// nobody.
func (s *Server) Mode() string {
	s.w.lock()
	defer s.w.release()
	return s.mode()
}

// mode is the server's part, as srvr tells it.
func (s *Server) mode() string {
	switch {
	case s.readOnly:
		return "read-only"
	case !s.serving:
		return ""
	case len(s.w.servers) == 1:
		return "standalone"
	case s.w.leader == s:
		return "leader"
	case s.observer:
		return "observer"
	default:
		return "follower"
	}
}

// Stop has the server be down: its connections are closed and new ones refused. Its data stay. In an ensemble another
// server leads if it did, as long as more than half of those that vote are up.
func (s *Server) Stop() {
	s.w.lock()
	defer s.w.release()
	s.stopped = true
	s.w.settle()
}

// Start ends Stop. All sessions of a server that was alone have their full time again.
func (s *Server) Start() {
	s.w.lock()
	defer s.w.release()
	s.stopped = false
	s.w.settle()
}

// mayLead reports whether s is where a leader can be.
func (s *Server) mayLead() bool {
	return !s.stopped && !s.observer && s.cutOff == s.w.majorityCutOff() && s.w.hasQuorum()
}

// voters counts those that vote and are up, on one side of a partition or on both.
func (w *world) voters(count func(s *Server) bool) int {
	n := 0
	for _, s := range w.servers {
		if !s.observer && count(s) {
			n++
		}
	}
	return n
}

// majorityCutOff reports which side of a partition has more servers that are up.
func (w *world) majorityCutOff() bool {
	return w.voters(func(s *Server) bool { return !s.stopped && s.cutOff }) >
		w.voters(func(s *Server) bool { return !s.stopped && !s.cutOff })
}

func (w *world) hasQuorum() bool {
	side := w.majorityCutOff()
	up := w.voters(func(s *Server) bool { return !s.stopped && s.cutOff == side })
	return 2*up > w.voters(func(*Server) bool { return true })
}

// before reports whether other wins an election against s: it knows more, or as much and has the higher number.
func (s *Server) before(other *Server) bool { return other.known() >= s.known() }

// known is the last transaction that s has, applied or not.
func (s *Server) known() int64 {
	if len(s.backlog) > 0 {
		return s.backlog[len(s.backlog)-1].zxid
	}
	return s.tree.last
}

// settle gives every server its part after something has changed.
func (w *world) settle() {
	defer w.tell()
	if w.leader == nil || !w.leader.mayLead() {
		var next *Server
		for _, s := range w.servers {
			if s.mayLead() && (next == nil || next.before(s)) {
				next = s
			}
		}
		w.lead(next)
		return
	}
	side := w.leader.cutOff
	for _, s := range w.servers {
		s.serve(!s.stopped && s.cutOff == side)
	}
}

// lead makes a server the leader; nil: none can be.
func (w *world) lead(next *Server) {
	defer w.tell()
	for _, s := range w.servers {
		s.serve(false)
	}
	if w.leader = next; next == nil {
		return
	}
	if len(w.servers) > 1 {
		w.epoch = max(w.epoch, w.zxid>>epochShift) + 1
		w.zxid = w.epoch << epochShift
	}
	for _, s := range w.servers {
		if s.stopped || s.cutOff != next.cutOff {
			continue
		}
		s.serve(true)
		s.takeUntil(math.MaxInt64) // whoever follows a new leader begins where it is
		s.tree.last = w.zxid
	}
	for _, id := range sortedSessions(next.tree) {
		if known := w.sessions[id]; known != nil {
			w.touch(known)
		}
	}
	w.planCleaning()
}

// serve begins or ends serving. Whoever is connected when that changes loses the connection.
func (s *Server) serve(on bool) {
	readOnly := !on && !s.stopped && s.w.cfg.readOnlyMode && len(s.w.servers) > 1
	if s.serving == on && s.readOnly == readOnly {
		return
	}
	s.serving, s.readOnly = on, readOnly
	for _, c := range s.connsInOrder() {
		c.drop()
	}
	clear(s.waiting)
	s.applied = nil
	s.lagged()
}

// configText is what /zookeeper/config holds in an ensemble.
func (w *world) configText() []byte {
	var b strings.Builder
	for _, s := range w.servers {
		role := "participant"
		if s.observer {
			role = "observer"
		}
		host, _, _ := strings.Cut(s.addr, ":")
		fmt.Fprintf(&b, "server.%d=%s:2888:3888:%s;%s\n", s.id, host, role, s.addr)
	}
	fmt.Fprintf(&b, "version=%x", w.configVersion)
	return []byte(b.String())
}
