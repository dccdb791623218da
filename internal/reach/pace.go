package reach

import "time"

// pace is what is known about how long servers take. It belongs to the goroutine of the seek.
type pace struct {
	timeouts int           // passes with one since the last success
	took     time.Duration // the longest handshake since the last success, and of that
	fresh    bool          // took is of before the last success
}

// slower records a pass in which a server did not answer within its share.
func (p *pace) slower() { p.timeouts++ }

// answered records how long a handshake took, useful or not.
func (p *pace) answered(took time.Duration) {
	if p.fresh {
		p.took, p.fresh = 0, false
	}
	p.took = max(p.took, took)
}

// success shrinks the shares to what the latest handshakes took.
func (p *pace) success() { p.timeouts, p.fresh = 0, true }

// share is how long to wait for a server's answer before trying the next server. A third of the session timeout, divided
// among the servers, lets each of them be tried while the session lives. The share doubles with each pass in which a server
// did not answer in time, and is at least twice what handshakes are known to take: up to half of what is left of the
// session, so that another server can be tried.
func (sk *Seeker) share() time.Duration {
	base := sk.cfg.ConnectTimeout
	if base == 0 {
		base = max(time.Second, sk.cfg.Session.Timeout()/3/time.Duration(sk.cfg.Hosts.Len()))
	}
	want := max(base<<min(sk.pace.timeouts, 10), 2*sk.pace.took)
	limit := max(longShare, base)
	if sk.cfg.Mux.Offered().ID != 0 {
		limit = sk.cfg.Session.Left() / 2
	}
	return max(base, min(want, limit))
}
