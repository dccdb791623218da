package mux

import (
	"github.com/zkasync/zkasync-go/internal/mux/internal/joined"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// Stats has what a Mux has counted since it was made, and what it holds now.
type Stats struct {
	Accepted map[wire.OpCode]int64 // requests by operation; a request that was submitted again counts again
	Replies  int64                 // to requests

	BytesSent, BytesReceived int64 // without handshakes

	Connections int64 // established connections so far
	Losses      int64 // how many of these have ended
	Expiries    int64 // of sessions

	Queued   int    // requests that were accepted but not written
	InFlight int    // requests that were written but not answered; each of several joined reads counts
	Server   string // of the present connection; "" if there is none
	LastZxid int64  // the highest zxid of any reply
}

// Stats returns all counts, as of the same moment.
func (m *Mux) Stats() Stats {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := Stats{
		Accepted:      make(map[wire.OpCode]int64),
		Replies:       m.replies.Load(),
		BytesSent:     m.counts.sent,
		BytesReceived: m.counts.received.Load(),
		Connections:   m.counts.connections,
		Losses:        m.counts.losses,
		Expiries:      m.counts.expiries,
		LastZxid:      m.lastZxid.Load(),
	}
	for slot, n := range m.counts.accepted {
		if n > 0 {
			s.Accepted[opOf(slot)] = n
		}
	}
	s.Queued, s.InFlight = m.pendingLocked()
	if c := m.cur; c != nil && c.open {
		s.Server = c.server
	}
	return s
}

// Pending returns the number of requests that were accepted but not written, and of those that were written but not answered.
func (m *Mux) Pending() (queued, inFlight int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.pendingLocked()
}

func (m *Mux) pendingLocked() (queued, inFlight int) {
	queued = m.queue.Len() - m.queue.Gone
	if c := m.cur; c != nil {
		queued += len(c.restore) + c.encoding
		inFlight = c.pendingLocked() + int(c.companions-c.companionsMet.Load())
	}
	return queued, inFlight
}

// companionsOf returns how many more reads than one a request holds.
func companionsOf(r Request) int64 {
	if j, ok := r.(*joined.Reads); ok {
		return int64(len(j.Parts) - 1)
	}
	return 0
}
