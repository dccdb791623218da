package zkasync

import (
	"time"

	"github.com/zkasync/zkasync-go/internal/mux"
)

// hookedConn is what hooks know of a run's connections. It is used on the goroutine that reads.
type hookedConn struct {
	now    Connection
	before bool // there has been one
}

// connected reports a connection to hooks.
func (c *hookedConn) connected(hs *hookCalls, s mux.Session) {
	if hs == nil {
		return
	}
	now := Connection{Server: s.Server, SessionID: s.ID, Timeout: time.Duration(s.Timeout) * time.Millisecond, ReadOnly: s.ReadOnly,
		Reconnect: c.before, At: time.Now()}
	*c = hookedConn{now: now, before: true}
	tellHooks(hs, hs.connects, "OnConnect", func(h ConnectHook) { h.OnConnect(now) })
}

// disconnected reports the end of the connection to hooks.
func (c *hookedConn) disconnected(hs *hookCalls, cause error) {
	if hs == nil {
		return
	}
	d := Disconnection{Connection: c.now, Lasted: time.Since(c.now.At), Err: cause}
	tellHooks(hs, hs.disconnects, "OnDisconnect", func(h DisconnectHook) { h.OnDisconnect(d) })
}

// tried returns what is to be called at the end of each attempt, or nil.
func (hs *hookCalls) tried() func(server string, took time.Duration, err error) {
	if hs == nil || len(hs.attempts) == 0 {
		return nil
	}
	return func(server string, took time.Duration, err error) {
		a := Attempt{Server: server, At: time.Now().Add(-took), Took: took, Err: err}
		tellHooks(hs, hs.attempts, "OnAttempt", func(h AttemptHook) { h.OnAttempt(a) })
	}
}

// stateChanged reports a change to hooks.
func (hs *hookCalls) stateChanged(change StateChange) {
	if hs == nil {
		return
	}
	e := StateEvent{StateChange: change, At: time.Now()}
	tellHooks(hs, hs.states, "OnStateChange", func(h StateHook) { h.OnStateChange(e) })
}
