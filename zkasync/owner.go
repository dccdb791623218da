package zkasync

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/mux"
	"github.com/zkasync/zkasync-go/internal/watch"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// owner is the client as its session sees it: it turns what happens to the session into states, and restores what was lost.
type owner struct{ *run }

// Established implements session.Owner: SASL, then credentials, then watches.
func (o *owner) Established(s mux.Session, name string, zxid int64) mux.Opening {
	c := o.c
	c.states.note(s.ID)
	o.hooked.connected(o.c.hooks, s)
	c.watches.Connected(s.Server)
	restore := slices.Concat(c.restoreAuth(), c.restoreChroot(), c.watches.Restore(zxid))
	c.lives.retry()
	return mux.Opening{Talk: c.authenticate(s, name), Restore: restore}
}

// Restored implements session.Owner.
func (o *owner) Restored(readOnly bool) {
	o.c.states.change(func(now StateChange) (StateChange, bool) {
		if now.State == StateAuthFailed || now.State == StateClosed {
			return now, false
		}
		return StateChange{State: StateConnected, SessionID: now.SessionID, ReadOnly: readOnly}, true
	})
	o.started.Resolve(future.Void{})
}

// Disconnected implements session.Owner.
func (o *owner) Disconnected(cause error) {
	o.c.watches.Connected("")
	o.hooked.disconnected(o.c.hooks, cause)
}

// Suspended implements session.Owner.
func (o *owner) Suspended(cause error) {
	o.c.states.change(func(now StateChange) (StateChange, bool) {
		if now.State == StateAuthFailed || now.State == StateClosed {
			return now, false
		}
		return StateChange{State: StateSuspended, SessionID: now.SessionID, Err: &lossError{cause}}, true
	})
	o.c.states.doubt(nil)
}

// Expired implements session.Owner.
func (o *owner) Expired(id int64) {
	o.c.states.note(id)
	o.c.states.change(func(now StateChange) (StateChange, bool) {
		if now.State == StateLost || now.State == StateAuthFailed || now.State == StateClosed {
			return now, false
		}
		return StateChange{State: StateLost, SessionID: now.SessionID, Err: ErrSessionExpired}, true
	})
}

// ExpiredDone implements session.Owner.
func (o *owner) ExpiredDone() { o.c.watches.Expire() }

// errClock is why a session is Lost by the local clock.
var errClock = errors.New("nothing heard from the servers for a session timeout")

// ClockRanOut implements session.Owner.
func (o *owner) ClockRanOut() {
	o.c.states.change(func(now StateChange) (StateChange, bool) {
		if now.State != StateSuspended {
			return now, false
		}
		return StateChange{State: StateLost, SessionID: now.SessionID, Err: errClock}, true
	})
}

// Unheard implements session.Owner.
func (o *owner) Unheard(on bool) {
	if on {
		o.c.states.doubt(o.session.Mux().Unheard)
	} else {
		o.c.states.doubt(nil)
	}
}

// Event implements session.Owner.
func (o *owner) Event(e wire.WatchEvent, at watch.Place) {
	typ := zk.EventType(e.Type)
	if !watch.Known(typ) {
		o.c.log(slog.LevelWarn, "watch event of unknown type ignored", "type", e.Type, "path", e.Path)
		return
	}
	path, ok := o.c.view.inside(e.Path)
	if ok {
		o.c.chrootChanged(path)
	} else {
		path = watch.Outside(e.Path) // of the configuration, or a watch of go-zookeeper's own
	}
	o.c.watches.Fire(zk.Event{Type: typ, State: zk.State(e.State), Path: path}, at)
}

// ReplyDropped implements session.Owner: go-zookeeper's error can only say that the reply cannot be read.
func (o *owner) ReplyDropped(cause *mux.ReplySizeError) {
	o.c.log(slog.LevelWarn, "reply to a request of Conn() dropped", "error", &ReplySizeError{cause.Size, cause.Limit})
}

// WatchesLost implements session.Owner.
func (o *owner) WatchesLost() { o.c.watches.ShrinkRestore() }

// CloseAsked implements session.Owner.
func (o *owner) CloseAsked() { o.c.StopAsync() }

// Overdue implements session.Owner.
func (o *owner) Overdue() { o.stopped.Reject(o.overdue()) }

// Demanded implements session.Owner.
func (o *owner) Demanded(code int32) {
	err := fmt.Errorf("%w: the server serves only clients with credentials that it demands (its enforce.auth.enabled or sessionRequireClientSASLAuth): %w",
		ErrAuthFailed, wire.ErrorOf(code))
	o.c.log(slog.LevelWarn, "credentials are demanded", "error", err)
	o.c.authFailed(err)
}

// authFailed makes the current run unusable: servers reject the credentials, and would on every connection.
func (c *Client) authFailed(err error) {
	m, r := c.sink.Load(), c.runs.now()
	if r != nil {
		r.session.Refused(ErrAuthFailed)
	}
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

func (c *Client) log(level slog.Level, msg string, args ...any) { c.logs.add(level, msg, args...) }
