package serve

import (
	"context"
	"net"
	"time"

	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/acl"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/watch"
)

// Config returns the server's configuration.
func (s *Server) Config() *Config { return s.w.cfg }

// Cluster returns the cluster that the server belongs to.
func (s *Server) Cluster() *Cluster { return s.w }

// Stats has the counts of a server.
type Stats struct {
	Received, Sent int64
	Conns          int
	Outstanding    int // requests
}

// Stats returns the counts.
func (s *Server) Stats() Stats {
	st := Stats{Received: s.received, Sent: s.sent, Conns: len(s.conns), Outstanding: s.Waiting()}
	for c := range s.conns {
		st.Outstanding += len(c.queue)
	}
	return st
}

// ResetStats sets the server's counts of packets to 0.
func (s *Server) ResetStats() { s.received, s.sent = 0, 0 }

// ResetConnStats sets the counts of packets of all connections to 0.
func (s *Server) ResetConnStats() {
	for c := range s.conns {
		c.received, c.sent = 0, 0
	}
}

// ConnInfo describes a connection.
type ConnInfo struct {
	Addr           net.Addr // the client's
	Session        int64    // 0: none yet
	IDs            []acl.Identity
	Queued         int
	Received, Sent int64
	Since          time.Time
	Ends           time.Time // when it or its session ends if nothing more comes
	Timeout        time.Duration
	LastOp         wire.OpCode
	LastXid        int32
	LastZxid       int64
}

// Conns describes the connections, in the order in which they were made.
func (s *Server) Conns() []ConnInfo {
	var list []ConnInfo
	for _, c := range s.connsInOrder() {
		list = append(list, c.info())
	}
	return list
}

// ConnOf describes the connection of a session. It returns false if the session has none here.
func (s *Server) ConnOf(session int64) (ConnInfo, bool) {
	c := s.bySession[session]
	if c == nil {
		return ConnInfo{}, false
	}
	return c.info(), true
}

func (c *conn) info() ConnInfo {
	ends := c.since.Add(handshakePatience)
	if c.session != nil && !c.local {
		ends = c.srv.w.Expires(c.session)
	}
	return ConnInfo{
		Addr: c.sock.RemoteAddr(), Session: SessionOf(c), IDs: c.ids, Queued: len(c.queue),
		Received: c.received, Sent: c.sent, Since: c.since, Ends: ends, Timeout: c.timeout,
		LastOp: c.lastOp, LastXid: c.lastXid, LastZxid: c.lastZxid,
	}
}

// SessionOf returns the session of a watcher, or 0 if there is none.
func SessionOf(by watch.Watcher) int64 {
	if c, ok := by.(*conn); ok && c.session != nil {
		return c.session.ID
	}
	return 0
}

// Requests returns the latest requests, oldest first.
func (w *Cluster) Requests() []Request { return w.record.since(0) }

// WaitFor waits for a request that match accepts, among those recorded so far and later ones. It calls match without the lock. The
// caller must not hold the lock.
func (w *Cluster) WaitFor(ctx context.Context, match func(*Request) bool) error {
	from := int64(0)
	for {
		var list []Request
		err := w.Wait(ctx, func() bool {
			list = w.record.since(from)
			from = w.record.total
			return len(list) > 0
		})
		for i := range list {
			if match(&list[i]) {
				return nil
			}
		}
		if err != nil {
			return err
		}
	}
}
