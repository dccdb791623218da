package session

import (
	"log/slog"
	"time"

	"github.com/zkasync/zkasync-go/internal/hosts"
)

const (
	firstSeek = 100 * time.Millisecond
	longSeek  = 10 * time.Second
)

// seekWritable looks for a server with a quorum while the session is on one without, and moves there when it finds one. It
// asks one address after the other, less and less often. It gives up when the nth connection has ended.
func (r *Run) seekWritable(nth int64) {
	defer r.seekers.Done()
	pause := firstSeek
	var servers []hosts.Server
	for {
		t := time.NewTimer(pause)
		select {
		case <-r.ctx.Done():
			t.Stop()
			return
		case <-t.C:
		}
		if r.edition.Load() != nth {
			return
		}
		if len(servers) == 0 {
			servers = r.cfg.Hosts.All()
			r.cfg.Hosts.LookUp(r.ctx) // its result is there the next time
		}
		if len(servers) > 0 {
			s := servers[0]
			servers = servers[1:]
			if r.seeker.IsWritable(r.ctx, s) {
				if r.edition.Load() != nth {
					return // the answer came late
				}
				r.Log(slog.LevelInfo, "moving to a server with a quorum", "server", s.String())
				r.cfg.Hosts.Prefer(s)
				r.m.Move()
				return
			}
		}
		pause = min(2*pause, longSeek)
	}
}
