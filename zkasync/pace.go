package zkasync

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
func (r *run) share() time.Duration {
	base := r.c.cfg.connectTimeout
	if base == 0 {
		base = max(time.Second, r.granted()/3/time.Duration(r.hosts.Len()))
	}
	want := max(base<<min(r.pace.timeouts, 10), 2*r.pace.took)
	limit := max(longShare, base)
	if r.m.Offered().ID != 0 {
		limit = r.sessionLeft() / 2
	}
	return max(base, min(want, limit))
}

// granted is the session timeout, as far as it is known.
func (r *run) granted() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.timeout
}

// sessionLeft is the time until the session can no longer be alive, as far as this side knows; the whole of it, once that
// has passed.
func (r *run) sessionLeft() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if left := time.Until(r.lives); left > 0 {
		return left
	}
	return r.timeout
}
