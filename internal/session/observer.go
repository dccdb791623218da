package session

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/zkasync/zkasync-go/internal/mux"
	"github.com/zkasync/zkasync-go/internal/watch"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// Established implements mux.Observer.
func (r *Run) Established(s mux.Session) mux.Opening {
	timeout := time.Duration(s.Timeout) * time.Millisecond
	r.clock.stop()
	r.clock.reset(timeout)
	r.seeker.Forgive()
	r.mu.Lock()
	r.session = s
	r.lastError = nil
	name := r.server.Name
	r.mu.Unlock()
	r.Log(slog.LevelInfo, "session established", "id", fmt.Sprintf("%#x", s.ID), "timeout", timeout)
	return r.owner.Established(s, name, r.m.LastZxid())
}

// Restored implements mux.Observer.
func (r *Run) Restored() {
	readOnly := r.Session().ReadOnly
	nth := r.edition.Add(1)
	r.owner.Restored(readOnly)
	if readOnly {
		r.seekers.Add(1)
		go r.seekWritable(nth)
	}
}

// Lost implements mux.Observer. The clock now measures how long the session can still be alive.
func (r *Run) Lost(cause error, heard time.Time) {
	r.edition.Add(1)
	if r.stopping.Load() {
		r.clock.note(heard)
		r.owner.Disconnected(r.cfg.Closed)
		return
	}
	r.owner.Disconnected(cause)
	if !r.refused.Load() { // otherwise it is the reason itself
		r.mu.Lock()
		r.lastError = cause
		r.mu.Unlock()
	}
	r.Log(slog.LevelWarn, "connection lost", "error", cause)
	r.owner.Suspended(cause)
	r.clock.start(heard)
}

// Unheard implements mux.Observer.
func (r *Run) Unheard(on bool) { r.owner.Unheard(on) }

// Expired implements mux.Observer. The end of the session is announced before waiting requests fail.
func (r *Run) Expired() {
	r.clock.stop()
	r.clock.reset(0)
	r.seeker.Forgive()
	id := r.Session().ID
	if id == 0 {
		id = r.cfg.Mux.Resume.ID // the session to resume, which was never established
	}
	r.Log(slog.LevelWarn, "session expired")
	r.owner.Expired(id)
}

// ExpiredDone implements mux.Observer.
func (r *Run) ExpiredDone() { r.owner.ExpiredDone() }

// Event implements mux.Observer.
func (r *Run) Event(e wire.WatchEvent, zxid int64) {
	r.owner.Event(e, watch.Place{Zxid: zxid, Replies: r.m.Replies()})
}

// ReplyDropped implements mux.Observer.
func (r *Run) ReplyDropped(cause *mux.ReplySizeError) { r.owner.ReplyDropped(cause) }

// WatchesLost implements mux.Observer.
func (r *Run) WatchesLost(mux.Blame) { r.owner.WatchesLost() }

// CloseAsked implements mux.Observer. The client stops, because it is of no use without its session.
func (r *Run) CloseAsked() {
	r.Log(slog.LevelWarn, "session closed through Conn(); stopping")
	r.owner.CloseAsked()
}

// Demanded implements mux.Observer.
func (r *Run) Demanded(code int32) { r.owner.Demanded(code) }
