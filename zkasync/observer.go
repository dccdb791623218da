package zkasync

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync/internal/mux"
	"github.com/zkasync/zkasync-go/zkasync/internal/watch"
	"github.com/zkasync/zkasync-go/zkasync/internal/wire"
)

// The methods of mux.Observer: what happens to the session becomes states, and is made up for.

// Established implements mux.Observer: credentials first, then watches.
func (r *run) Established(s mux.Session) []mux.Request {
	r.stopClock()
	r.mu.Lock()
	r.session = s
	r.timeout = time.Duration(s.Timeout) * time.Millisecond
	r.lastError = nil
	r.gone, r.refusals, r.lives = time.Time{}, 0, time.Time{}
	r.mu.Unlock()
	r.c.states.note(s.ID)
	r.c.watches.Connected(s.Server)
	r.log(slog.LevelInfo, "session established", "id", fmt.Sprintf("%#x", s.ID), "timeout", r.timeout)
	restore := slices.Concat(r.c.restoreAuth(), r.c.restoreChroot(), r.c.watches.Restore(r.m.LastZxid()))
	r.c.lives.retry()
	return restore
}

// Restored implements mux.Observer.
func (r *run) Restored() {
	r.c.states.change(func(now StateChange) (StateChange, bool) {
		if now.State == StateAuthFailed || now.State == StateClosed {
			return now, false
		}
		return StateChange{State: StateConnected, SessionID: now.SessionID, ReadOnly: r.isReadOnly()}, true
	})
	r.started.Resolve(future.Void{})
	nth := r.restores.Add(1)
	if r.isReadOnly() {
		r.seekers.Add(1)
		go r.seekWritable(nth)
	}
}

// Lost implements mux.Observer. From here on the session lives for as long as the server does not miss the client.
func (r *run) Lost(cause error, heard time.Time) {
	r.c.watches.Connected("")
	if r.stopping.Load() {
		return
	}
	r.log(slog.LevelWarn, "connection lost", "error", cause)
	r.c.states.change(func(now StateChange) (StateChange, bool) {
		if now.State == StateAuthFailed || now.State == StateClosed {
			return now, false
		}
		return StateChange{State: StateSuspended, SessionID: now.SessionID, Err: &lossError{cause}}, true
	})
	r.startClock(heard)
}

// Expired implements mux.Observer: the session's end is announced before what waits fails.
func (r *run) Expired() {
	r.stopClock()
	r.mu.Lock()
	r.gone, r.refusals, r.lives = time.Time{}, 0, time.Time{}
	r.mu.Unlock()
	if r.c.Session().ID == 0 {
		r.c.states.note(r.resumed) // WithSession's, which never was
	}
	r.log(slog.LevelWarn, "session expired")
	r.declareLost(ErrSessionExpired)
}

// ExpiredDone implements mux.Observer.
func (r *run) ExpiredDone() { r.c.watches.Expire() }

// Event implements mux.Observer.
func (r *run) Event(e wire.WatchEvent, zxid int64) {
	typ := zk.EventType(e.Type)
	if !watch.Known(typ) {
		r.log(slog.LevelWarn, "watch event of unknown type ignored", "type", e.Type, "path", e.Path)
		return
	}
	path, ok := r.c.view.inside(e.Path)
	if !ok {
		return // a watch of go-zookeeper's own
	}
	r.c.chrootChanged(path)
	at := watch.Place{Zxid: zxid, Replies: r.m.Replies()}
	r.c.watches.Fire(zk.Event{Type: typ, State: zk.State(e.State), Path: path}, at)
}

// ReplyDropped implements mux.Observer: go-zookeeper's error can only say that the reply cannot be read.
func (r *run) ReplyDropped(cause *mux.ReplySizeError) {
	r.log(slog.LevelWarn, "reply to a request of Conn() dropped", "error", &ReplySizeError{cause.Size, cause.Limit})
}

// WatchesLost implements mux.Observer.
func (r *run) WatchesLost(b mux.Blame) { r.c.watches.ShrinkRestore() }

// CloseAsked implements mux.Observer: without its session the client is of no use.
func (r *run) CloseAsked() {
	r.log(slog.LevelWarn, "session closed through Conn(); stopping")
	r.c.StopAsync()
}

func (r *run) declareLost(err error) {
	r.c.states.change(func(now StateChange) (StateChange, bool) {
		if now.State == StateLost || now.State == StateAuthFailed || now.State == StateClosed {
			return now, false
		}
		return StateChange{State: StateLost, SessionID: now.SessionID, Err: err}, true
	})
}

// errClock is why a session is Lost by the local clock.
var errClock = errors.New("nothing heard from the servers for a session timeout")

// clockTick is how often the clock looks whether the host has slept.
const clockTick = time.Second

// startClock has the session declared Lost a session timeout after the server was heard from last. The time that the host
// sleeps counts, though it does not for timers.
func (r *run) startClock(heard time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lives = heard.Add(r.timeout)
	r.clocks.Add(1)
	var clock *time.Timer
	r.sleep = mux.NewSleepWatch(r.c.cfg.slept)
	clock = time.AfterFunc(min(clockTick, time.Until(r.lives)), func() {
		defer r.clocks.Done()
		r.clockRanOut(&clock)
	})
	r.clock = clock
}

// clockRanOut declares the session Lost, unless there is time left, or it has turned out to live meanwhile. What clock points to is guarded by mu.
func (r *run) clockRanOut(clock **time.Timer) {
	r.mu.Lock()
	if r.clock != *clock {
		r.mu.Unlock()
		return
	}
	if slept := r.sleep.Since(); mux.SleepIsCertain {
		r.lives = r.lives.Add(-slept)
	}
	if left := time.Until(r.lives); left > 0 {
		r.clocks.Add(1)
		r.clock.Reset(min(clockTick, left))
		r.mu.Unlock()
		return
	}
	r.gone = time.Now()
	r.mu.Unlock()
	r.c.states.change(func(now StateChange) (StateChange, bool) {
		if now.State != StateSuspended {
			return now, false
		}
		return StateChange{State: StateLost, SessionID: now.SessionID, Err: errClock}, true
	})
}

func (r *run) stopClock() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.clock != nil && r.clock.Stop() {
		r.clocks.Done()
	}
	r.clock = nil
}

// Demanded implements mux.Observer.
func (r *run) Demanded(code int32) {
	err := fmt.Errorf("%w: the server serves only clients with credentials that it demands (its enforce.auth.enabled or sessionRequireClientSASLAuth): %w",
		ErrAuthFailed, wire.ErrorOf(code))
	r.log(slog.LevelWarn, "credentials are demanded", "error", err)
	r.c.authFailed(err)
}

// authFailed ends the present run's use: servers refuse the credentials, and will on every connection.
func (c *Client) authFailed(err error) {
	c.mu.Lock()
	m, r := c.sink.Load(), c.run
	if r != nil && !r.stopping.Load() {
		m.Refuse(ErrAuthFailed)
	}
	c.mu.Unlock()
	c.states.change(func(now StateChange) (StateChange, bool) {
		if now.State == StateClosed {
			return now, false
		}
		return StateChange{State: StateAuthFailed, SessionID: now.SessionID, Err: err}, true
	})
	if r != nil {
		r.started.Reject(err)
	}
	m.FailWaiting(ErrAuthFailed)
	c.endWatches(ErrAuthFailed)
	m.Abort(err)
}
