package mux

import (
	"context"
	"errors"
	"math"
	"sync"

	"github.com/zkasync/zkasync-go/zkasync/internal/wire"
)

// Joinable is a read that may travel with others in one request, a multi-read (ZOOKEEPER-3402, servers since 3.6). Its record is
// that of getData without a watch, and Reply is called as if it had travelled alone.
type Joinable interface {
	Request
	Joins() bool
}

func joins(r Request) bool {
	if g, ok := r.(*guarded); ok {
		r = g.Request
	}
	j, ok := r.(Joinable)
	return ok && j.Joins()
}

const (
	// joinedMost bounds how many reads travel in one request: beyond that the server gains little, and holds up others.
	joinedMost = 64
	// joinedBytes bounds the frame. Servers may be configured with a limit on requests far below the usual one.
	joinedBytes = 4 << 10
	// joinedLeast is the bound below which no server's limit is looked for.
	joinedLeast = 1 << 10
	// joinedReply is the size of an answer that is aimed at: it is read as a whole.
	joinedReply = 256 << 10
	// joinedFrame is the size up to which an answer is read whatever the limit for one.
	joinedFrame = 64 << 20
	// partHead is the length of the header in front of each part.
	partHead = 9
)

// joined is reads that travel together. Each of them is in flight for itself as far as anybody else can tell: it has its own
// answer, in its turn, and its own failure.
type joined struct {
	parts []Request
	size  int
}

// joinedPool keeps what was answered: otherwise each get would cost 19 bytes more.
var joinedPool = sync.Pool{New: func() any { return new(joined) }}

func (j *joined) recycle() {
	clear(j.parts)
	j.parts = j.parts[:0]
	joinedPool.Put(j)
}

func (j *joined) Op() wire.OpCode          { return wire.OpMultiRead }
func (j *joined) Context() context.Context { return nil }
func (j *joined) Size() int                { return j.size }

func (j *joined) Append(b []byte) []byte {
	for _, r := range j.parts {
		b = wire.AppendMultiHeader(b, wire.OpGetData, false, -1)
		b = r.Append(b)
	}
	return wire.AppendMultiHeader(b, wire.OpError, true, -1)
}

func (j *joined) Reply(code int32, _ []byte) {
	for _, r := range j.parts {
		r.Reply(code, nil)
	}
}

func (j *joined) Fail(f Failure) { failAll(j.parts, f) }

// answer hands each part what the server has answered to it. What cannot be read is told to those that it was for.
func (j *joined) answer(body []byte, limit int) {
	for _, r := range j.parts {
		op, done, _, rest, err := wire.DecodeMultiHeader(body)
		if err != nil || done {
			r.Reply(0, nil) // undecodable
			body = nil
			continue
		}
		var code int32
		record := rest
		if op == wire.OpError {
			if code, body, err = wire.DecodeInt32(rest); err != nil || code == 0 {
				code, body = 0, nil
			}
			record = nil
		} else if body, err = wire.SkipGetData(rest); err != nil {
			record, body = nil, nil
		} else {
			record = rest[:len(rest)-len(body)]
		}
		if size := wire.HeaderLen + len(record); size > limit {
			r.Fail(Failure{Reason: ReasonReply, Sent: true, Cause: &ReplySizeError{Size: size, Limit: limit}})
			continue
		}
		r.Reply(code, record)
	}
}

// expand puts the parts of joined requests into their places.
func expand(rs []Request) []Request {
	for i, r := range rs {
		if _, ok := r.(*joined); ok {
			all := append([]Request(nil), rs[:i]...)
			for _, r := range rs[i:] {
				if j, ok := r.(*joined); ok {
					all = append(all, j.parts...)
				} else {
					all = append(all, r)
				}
			}
			return all
		}
	}
	return rs
}

// joiner gathers reads for one frame while a batch is encoded.
type joiner struct {
	c     *Conn
	on    bool
	parts []Request
	size  int // of the frame
	most  int
	bytes int
}

// begin looks up what the connection's server takes. It is called at the start of a batch.
func (j *joiner) begin(c *Conn) {
	m := c.m
	j.c, j.parts, j.size = c, j.parts[:0], 0
	j.on = m.cfg.JoinReads && c.joining.Load() >= joinsTrial && !m.careful.Load()
	if j.on {
		j.most, j.bytes = m.joinedMost(), m.joinedBytes()
	}
}

// add takes a read; false if r does not join.
func (j *joiner) add(out *outgoing, xid *int32, r Request) bool {
	if !j.on || !joins(r) {
		return false
	}
	size := partHead + r.Size()
	if len(j.parts) >= j.most || len(j.parts) > 0 && j.size+size > j.bytes {
		j.flush(out, xid)
	}
	if len(j.parts) == 0 {
		j.size = requestOverhead + partHead
	}
	j.parts = append(j.parts, r)
	j.size += size
	return true
}

// flush puts what was gathered into the batch: a single read as it is.
func (j *joiner) flush(out *outgoing, xid *int32) {
	if len(j.parts) == 0 {
		return
	}
	r := j.parts[0]
	if len(j.parts) > 1 {
		together := joinedPool.Get().(*joined)
		together.parts, together.size = append(together.parts, j.parts...), j.size-requestOverhead
		r = together
	}
	out.add(xid, r)
	clear(j.parts)
	j.parts = j.parts[:0]
}

// What is known of whether a server takes multi-reads.
const (
	joinsNot     int32 = iota // it does not, or nobody has tried
	joinsUntried              // the next reads are to try
	joinsTrial                // they are in flight, and nothing else is
	joinsWell                 // it does
)

// knownJoinsLocked is what joining begins with on a connection to a server.
func (c *Conn) knownJoinsLocked() int32 {
	if !c.m.cfg.JoinReads {
		return joinsNot
	}
	return c.habitsLocked().joins
}

func (c *Conn) learnJoinsLocked(how int32) {
	c.habitsLocked().joins = how
	c.joining.Store(how)
}

// tryLocked has the first reads that could travel together do so while nothing else is in flight: a server that does not know
// multi-reads ends the connection at them. It reports whether nothing else is to be taken for now.
func (c *Conn) tryLocked(out *outgoing) bool {
	m := c.m
	switch c.joining.Load() {
	case joinsTrial:
		return true
	case joinsUntried:
	default:
		return false
	}
	if !c.mayTryLocked() {
		return false
	}
	if !c.aloneLocked(out) {
		return true
	}
	for size := 0; m.queue.len() > 0 && len(out.reqs) < joinedMost && size < joinedBytes/2 && joins(*m.queue.at(0)); {
		if r := m.takeLocked(); r != nil {
			out.reqs = append(out.reqs, r)
			size += partHead + r.Size()
		}
	}
	c.joining.Store(joinsTrial)
	out.trial = true
	return true
}

// mayTryLocked reports whether the reads that are next in the queue could show what the server does with joined ones.
func (c *Conn) mayTryLocked() bool {
	q := &c.m.queue
	return c.joining.Load() == joinsUntried && c.m.care.window == 0 && q.len() > 1 && joins(*q.at(0)) && joins(*q.at(1))
}

// triedLocked ends a trial for which too few reads were left when it was encoded.
func (c *Conn) triedLocked(out *outgoing) {
	if c.joining.Load() != joinsTrial {
		return
	}
	for _, r := range out.kept {
		if _, ok := r.(*joined); ok {
			return
		}
	}
	c.joining.Store(joinsUntried)
}

var errNoMultiRead = errors.New("the server does not know multi-reads")

// joinedReply deals with the answer to reads that travelled together.
func (c *Conn) joinedReply(j *joined, code int32, body []byte) error {
	m := c.m
	if code == unimplemented {
		return c.apart(j)
	}
	if c.joining.Load() == joinsTrial {
		m.mu.Lock()
		c.learnJoinsLocked(joinsWell)
		m.wakeLocked()
		m.mu.Unlock()
	}
	defer j.recycle()
	if code != 0 {
		j.Reply(code, nil)
		return nil
	}
	average := m.joinedAverage.Load()
	m.joinedAverage.Store(average + (int64(len(body)/len(j.parts))-average)/8)
	j.answer(body, m.cfg.MaxReply)
	return nil
}

// apart has reads sent one by one that a server does not know together. It closes the connection behind its answer, so they
// wait for the next, with whatever is queued: nothing else is in flight.
func (c *Conn) apart(j *joined) error {
	m := c.m
	m.mu.Lock()
	trial := c.joining.Load() == joinsTrial
	c.learnJoinsLocked(joinsNot)
	if trial {
		for i := len(j.parts) - 1; i >= 0; i-- {
			m.queue.pushFront(j.parts[i])
		}
		c.keepQueueLocked()
	}
	m.mu.Unlock()
	if !trial { // another server behind the same address; what follows may be answered already
		j.Fail(Failure{Reason: ReasonLoss, Sent: true, Cause: errNoMultiRead})
	}
	return errNoMultiRead
}

// lostLocked is called when a connection is lost at joined reads that were first in flight: the server's limit on requests may
// be below their size.
func (j *joined) lostLocked(m *Mux) {
	if size := requestOverhead - frameHead + j.size; size > joinedLeast {
		m.joinedCap = max(size/2, joinedLeast)
	}
}

func (m *Mux) joinedBytes() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	most := joinedBytes
	if m.joinedCap > 0 {
		most = m.joinedCap
	}
	if m.cfg.MaxRequest > 0 {
		most = min(most, m.cfg.MaxRequest)
	}
	return most
}

// joinedMost is how many reads to send together, by the size of answers of late.
func (m *Mux) joinedMost() int {
	average := max(m.joinedAverage.Load(), 1)
	return int(min(max(joinedReply/average, 2), joinedMost))
}

// joinedLimit is the size up to which the answer to r is read: each part may be as large as if it had travelled alone, and one
// that is too large must not take its neighbours along. Memory follows what comes, not what a length claims.
func joinedLimit(r Request, limit int) int {
	j, ok := r.(*joined)
	if !ok {
		return limit
	}
	return int(min(max(int64(len(j.parts))*(int64(limit)+partHead), joinedFrame), math.MaxInt32))
}
