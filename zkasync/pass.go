package zkasync

import (
	"log/slog"
	"slices"
	"time"
)

// newPass begins a pass, behind the pause that is due.
func (s *seek) newPass() {
	now := time.Now()
	h := s.r.hosts
	if pause := h.pause(); pause > 0 {
		s.pauseEnds = now.Add(pause)
	}
	s.edition = h.edition()
	names := h.names()
	if h.resolver == nil {
		h.begin(asGiven(names))
		return
	}
	h.resolver.begin(s.r.ctx, names)
	s.building, s.waiting, s.graceEnds = true, names, now.Add(lookupGrace)
}

// gather takes in what the look-ups have brought. The pass begins when all have ended, or has waited long enough and there
// is a server to try; what comes later is tried at its end.
func (s *seek) gather(now time.Time) {
	if len(s.waiting) == 0 {
		return
	}
	h := s.r.hosts
	var all []server
	var pending []string
	for _, name := range s.waiting {
		res := h.resolver.state(name)
		if res.pending {
			pending = append(pending, name)
		}
		if s.building || !res.pending {
			all = append(all, res.addrs...)
		}
	}
	if s.building && len(pending) > 0 && (now.Before(s.graceEnds) || len(all) == 0) {
		return
	}
	if s.building {
		h.begin(all)
	} else {
		h.add(all)
	}
	for _, name := range s.waiting {
		if res := h.resolver.state(name); res.err != nil && !slices.Contains(pending, name) {
			s.r.lookupFailed(name, res)
		}
	}
	s.building, s.waiting = false, pending
}

// lookupFailed notes that a name could not be resolved. With addresses from before that is no obstacle.
func (r *run) lookupFailed(name string, res resolution) {
	if len(res.addrs) > 0 {
		r.log(slog.LevelWarn, "cannot resolve, using the addresses of before", "server", name, "error", res.err)
		return
	}
	r.attemptFailed(server{name: name, addr: name}, res.err)
}
