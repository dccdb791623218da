package reach

import "time"

// pace is how long servers take, as far as it is known. It is for the goroutine of the seek alone.
type pace struct {
	timeouts int           // passes with one since the last success
	took     time.Duration // the longest handshake since the last success, and of that
	fresh    bool          // took is of before the last success
}

// slower notes a pass in which a server did not answer within its share.
func (p *pace) slower() { p.timeouts++ }

// answered notes what a handshake took, whether it was of use or not.
func (p *pace) answered(took time.Duration) {
	if p.fresh {
		p.took, p.fresh = 0, false
	}
	p.took = max(p.took, took)
}

// success has the shares shrink to what the latest handshakes took.
func (p *pace) success() { p.timeouts, p.fresh = 0, true }

// share is how long a server's answer is waited for before the next server is tried. A third of the session timeout,
// shared by the servers, lets every one of them be tried while the session lives. It doubles with each pass in which one
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
