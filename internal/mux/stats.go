package mux

import (
	"sync/atomic"

	"github.com/zkasync/zkasync-go/internal/mux/internal/joined"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// Stats is what a Mux has counted since it was made, and what it holds.
type Stats struct {
	Accepted map[wire.OpCode]int64 // requests, by operation; one that was accepted twice counts twice
	Replies  int64                 // to any request

	BytesSent, BytesReceived int64 // of frames, without those of handshakes

	Connections int64 // that were established
	Losses      int64 // of them, those that have ended
	Expiries    int64 // of sessions

	Queued   int    // requests that are accepted and not written
	InFlight int    // requests that are written and not answered; reads that travel together count one each
	Server   string // of the present connection; "" if there is none
	LastZxid int64  // the highest of any reply
}

// counters is what a Mux counts for Stats. Mux.mu guards all but received.
type counters struct {
	accepted    [opSlots]int64 // by opSlot
	sent        int64          // bytes
	received    atomic.Int64   // bytes; added to by the reader
	connections int64
	losses      int64
	expiries    int64
}

// opSlots is the number of places for operations. Codes are from -11 to 107, so none shares its place with another.
const opSlots = 128

func opSlot(op wire.OpCode) int { return int(op) & (opSlots - 1) }

// opOf is the reverse of opSlot.
func opOf(slot int) wire.OpCode {
	if slot > opSlots-1+int(wire.OpClose) {
		slot -= opSlots
	}
	return wire.OpCode(slot)
}

// Stats returns the counts at one moment.
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

// Pending counts what is accepted and not written, and what is written and not answered.
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

// companionsOf counts the reads that travel with the first of theirs in one request.
func companionsOf(r Request) int64 {
	if j, ok := r.(*joined.Reads); ok {
		return int64(len(j.Parts) - 1)
	}
	return 0
}
