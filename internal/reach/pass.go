package reach

import (
	"log/slog"
	"slices"
	"time"

	"github.com/zkasync/zkasync-go/internal/hosts"
)

// newPass starts a pass, after the pause that is due.
func (s *seek) newPass() {
	now := time.Now()
	h := s.sk.cfg.Hosts
	if pause := h.Pause(); pause > 0 {
		s.pauseEnds = now.Add(pause)
	}
	s.edition = h.Edition()
	names := h.Names()
	h.Resolver.Begin(s.sk.ctx, names)
	s.building, s.waiting, s.graceEnds = true, names, now.Add(hosts.Grace)
}

// gather collects the results of the look-ups. The pass starts when all have ended, or when it has waited long enough and there
// is a server to try; later results are tried at its end.
func (s *seek) gather(now time.Time) {
	if len(s.waiting) == 0 {
		return
	}
	h := s.sk.cfg.Hosts
	var all []hosts.Server
	var pending []string
	for _, name := range s.waiting {
		res := h.Resolver.State(name)
		if res.Pending {
			pending = append(pending, name)
		}
		if s.building || !res.Pending {
			all = append(all, res.Addrs...)
		}
	}
	if s.building && len(pending) > 0 && (now.Before(s.graceEnds) || len(all) == 0) {
		return
	}
	if s.building {
		h.Begin(all)
	} else {
		h.Add(all)
	}
	for _, name := range s.waiting {
		if res := h.Resolver.State(name); res.Err != nil && !slices.Contains(pending, name) {
			s.sk.lookupFailed(name, res)
		}
	}
	s.building, s.waiting = false, pending
}

// lookupFailed reports that a name could not be resolved. If its addresses are known from an earlier look-up, they are used.
func (sk *Seeker) lookupFailed(name string, res hosts.Resolution) {
	if len(res.Addrs) > 0 {
		sk.cfg.Session.Log(slog.LevelWarn, "cannot resolve, using the addresses of before", "server", name, "error", res.Err)
		return
	}
	sk.cfg.Session.Failed(hosts.Server{Name: name, Addr: name}, res.Err)
}
