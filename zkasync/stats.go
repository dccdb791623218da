package zkasync

import "time"

// Stats is what a client has counted since it was last started, and what it holds at the moment. It is a copy. After Close
// it keeps what was counted until then.
type Stats struct {
	State     State
	SessionID int64         // 0 if there is none
	Server    string        // the address of the present connection's server; "" while there is none
	Uptime    time.Duration // since the start; 0 when the client is not running
	LastZxid  int64         // the highest zxid of any reply

	// Requests counts what was submitted to be sent, by the name of the operation as in errors, such as "get".
	// Composite operations count by their requests, and a throttled request that is repeated counts again. Those of the
	// client itself, such as those for a [Live], and those through Conn() are included; heartbeats and requests that restore
	// a session are not.
	Requests map[string]int64
	Replies  int64 // to any request; gets that travelled together have one for all
	Rejected int64 // requests that a server has refused, with zk.ErrNoNode, say
	NotSent  int64 // requests that never left the client, including those that break a rule
	Unknown  int64 // requests without an answer that may have been applied

	BytesSent, BytesReceived int64 // without handshakes and TLS

	Connections    int64 // that were established
	Reconnects     int64 // of them, all but the first
	Losses         int64 // connections that have ended, for whatever reason
	FailedAttempts int64 // to connect to a server
	Expiries       int64 // of sessions, as reported by servers

	Queued   int // requests that wait to be written, see [Client.Pending]
	InFlight int // requests that wait for their answers

	Watches       int // one-shot watches that have not fired
	Subscriptions int // lasting watches, those of live values included
	LiveValues    int // see [Live]
	Callbacks     int // callbacks, and functions of derived futures, that wait for their turn

	DroppedHookCalls int64 // calls that were dropped because a hook was too slow, see [Hook]
}

// Stats returns what the client has counted and holds. It takes each of a few locks for a moment, so it may be called every
// second, but not for each operation. The numbers are not all of one moment.
func (c *Client) Stats() Stats {
	now := c.states.current()
	s := Stats{
		State:            now.State,
		SessionID:        now.SessionID,
		Rejected:         c.tally.rejected.Load(),
		NotSent:          c.tally.notSent.Load(),
		Unknown:          c.tally.unknown.Load(),
		Requests:         make(map[string]int64),
		LiveValues:       c.lives.count(),
		DroppedHookCalls: c.hooks.droppedCalls(),
		Callbacks:        c.cfg.handler.Waiting() + c.delivery.h.Waiting(),
	}
	s.Watches, s.Subscriptions = c.watches.Counts()
	if r := c.runs.now(); r != nil {
		s.Uptime = time.Since(r.begun)
	}
	if r := c.runs.last(); r != nil {
		s.FailedAttempts = r.session.Failures()
	}
	m := c.sink.Load()
	if m == nil {
		return s
	}
	counted := m.Stats()
	for op, n := range counted.Accepted {
		s.Requests[op.String()] += n
	}
	s.Replies, s.LastZxid, s.Server = counted.Replies, counted.LastZxid, counted.Server
	s.BytesSent, s.BytesReceived = counted.BytesSent, counted.BytesReceived
	s.Connections, s.Losses, s.Expiries = counted.Connections, counted.Losses, counted.Expiries
	s.Reconnects = max(s.Connections-1, 0)
	s.Queued, s.InFlight = counted.Queued, counted.InFlight
	return s
}

// Pending counts the requests that are queued, waiting to be written, and those that are in flight, waiting for their
// answers, both at the same moment. Both are zero when everything that was submitted has been answered. Composite operations
// count by their present requests, a [Bulk] by its transactions, and gets that travel together count one each. The requests
// of Conn() are included.
//
// It costs about as much as submitting an operation, so a program may use it to limit what it submits.
func (c *Client) Pending() (queued, inFlight int) {
	if m := c.sink.Load(); m != nil {
		return m.Pending()
	}
	return 0, 0
}
