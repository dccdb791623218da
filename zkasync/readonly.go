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
// asks one server after the other, less and less often. It gives up on behalf of the nth connection when there is a later one.
func (r *run) seekWritable(nth int64) {
	defer r.seekers.Done()
	pause := firstSeek
	for i := 0; ; i++ {
		t := time.NewTimer(pause)
		select {
		case <-r.ctx.Done():
			t.Stop()
			return
		case <-t.C:
		}
		if now := r.c.states.current(); now.State != Connected || !now.ReadOnly || r.restores.Load() != nth {
			return
		}
		if server := r.hosts.at(i); r.askMode(server) == modeReadWrite {
			r.log(slog.LevelInfo, "moving to a server with a quorum", "server", server)
			r.hosts.prefer(server)
			r.m.Move()
			return
		}
		pause = min(2*pause, longSeek)
	}
}
