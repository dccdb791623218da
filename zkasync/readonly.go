package zkasync

import (
	"log/slog"
	"time"
)

const (
	firstSeek = 100 * time.Millisecond
	longSeek  = 10 * time.Second
)

func (r *run) isReadOnly() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.session.ReadOnly
}

// seekWritable looks for a server with a quorum while the session is on one without, and moves there when it finds one. It
// asks one address after the other, less and less often. It gives up on behalf of the nth connection when there is a later one.
func (r *run) seekWritable(nth int64) {
	defer r.seekers.Done()
	pause := firstSeek
	var servers []server
	for {
		t := time.NewTimer(pause)
		select {
		case <-r.ctx.Done():
			t.Stop()
			return
		case <-t.C:
		}
		if now := r.c.states.current(); now.State != StateConnected || !now.ReadOnly || r.restores.Load() != nth {
			return
		}
		if len(servers) == 0 {
			servers = r.hosts.all()
			r.hosts.lookUp(r.ctx) // for the next time
		}
		if len(servers) > 0 {
			s := servers[0]
			servers = servers[1:]
			if r.askMode(r.ctx, s) == modeReadWrite {
				r.log(slog.LevelInfo, "moving to a server with a quorum", "server", s.String())
				r.hosts.prefer(s)
				r.m.Move()
				return
			}
		}
		pause = min(2*pause, longSeek)
	}
}
