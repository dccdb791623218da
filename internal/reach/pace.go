package reach

import "time"

// pace is what is known about how long servers take. It belongs to the goroutine of the seek.
type pace struct {
	timeouts int           // passes since the last success in which a server did not answer in time
	took     time.Duration // the longest handshake since the last success; if fresh, since the success before that
	fresh    bool          // no handshake was answered since the last success
}

// slower records a pass in which a server did not answer within its share.
func (p *pace) slower() { p.timeouts++ }

// answered records how long a handshake took, whether its outcome was useful or not.
func (p *pace) answered(took time.Duration) {
	if p.fresh {
		p.took, p.fresh = 0, false
	}
	p.took = max(p.took, took)
}

// success shrinks the shares to what the latest handshakes took.
func (p *pace) success() { p.timeouts, p.fresh = 0, true }

// share returns how long to wait for a server's answer before trying the next server. It starts as a third of the session timeout
// divided by the number of servers, so that each can be tried while the session lives. It doubles with each pass in which a
// server did not answer in time, and is at least twice as long as handshakes are known to take. But it is at most half of what is
// left of the session, so that another server can still be tried.
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
