// Package joined sends several reads in one request.
package joined

import (
	"context"
	"math"
	"sync"
	"sync/atomic"

	"github.com/zkasync/zkasync-go/internal/mux/internal/request"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// Joinable is a read that may be sent with others in one request, a multi-read (ZOOKEEPER-3402, servers since 3.6). Its record
// must be that of getData without a watch. Reply is called as if the read had been sent alone.
type Joinable interface {
	request.Request
	Joins() bool
}

// Join reports whether r is a read that may be sent with others.
func Join(r request.Request) bool {
	j, ok := r.(Joinable)
	return ok && j.Joins()
}

const (
	// Most bounds how many reads one request holds: with more, the server gains little and holds up others.
	Most = 64
	// Bytes bounds the frame. Servers may be configured with a limit on requests far below the default.
	Bytes = 4 << 10
	// joinedLeast is the least size to which frames are reduced in search of a server's limit.
	joinedLeast = 1 << 10
	// AnswerSize is the size of a reply to aim at. A reply is held in memory as a whole before it is decoded.
	AnswerSize = 256 << 10
	// joinedFrame is the size up to which the reply to joined reads is accepted whatever the limit on one reply is.
	joinedFrame = 64 << 20
	// PartHead is the length of the header in front of each part.
	PartHead = 9
)

// Reads is a request that holds several reads. To everybody else each read looks as if it were in flight alone: it gets its own
// answer, in its turn, or its own failure.
type Reads struct {
	Parts []request.Request
	size  int
}

// joinedPool recycles requests that were answered: without it each get would allocate 19 bytes more.
var joinedPool = sync.Pool{New: func() any { return new(Reads) }}

// Recycle returns j to the pool. The caller must not use it afterwards.
func (j *Reads) Recycle() {
	clear(j.Parts)
	j.Parts = j.Parts[:0]
	joinedPool.Put(j)
}

func (j *Reads) Op() wire.OpCode          { return wire.OpMultiRead }
func (j *Reads) Context() context.Context { return nil }
func (j *Reads) Size() int                { return j.size }

func (j *Reads) Append(b []byte) []byte {
	for _, r := range j.Parts {
		b = wire.AppendMultiHeader(b, wire.OpGetData, false, -1)
		b = r.Append(b)
	}
	return wire.AppendMultiHeader(b, wire.OpError, true, -1)
}

func (j *Reads) Reply(code int32, _ []byte) {
	for _, r := range j.Parts {
		r.Reply(code, nil)
	}
}

func (j *Reads) Fail(f request.Failure) { request.FailAll(j.Parts, f) }

// Answer gives each part its answer from the body of the reply. Parts whose answers cannot be decoded get an empty one, which
// they report as malformed. Limit bounds each answer, as if the part had been sent alone.
func (j *Reads) Answer(body []byte, limit int) {
	for _, r := range j.Parts {
		op, done, code, rest, err := wire.DecodeMultiHeader(body)
		if err != nil || done {
			r.Reply(0, nil)
			body = nil
			continue
		}
		record := rest
		switch {
		case op == wire.OpError:
			if code, body, err = wire.DecodeInt32(rest); err != nil || code == 0 {
				code, body = 0, nil
			}
			record = nil
		case code != 0: // ClickHouse Keeper reports a failure only by the header's code and keeps the read's own type
			record, body = nil, rest
		default:
			if body, err = wire.SkipGetData(rest); err != nil {
				record, body = nil, nil
				break
			}
			record = rest[:len(rest)-len(body)]
		}
		if size := wire.HeaderLen + len(record); size > limit {
			r.Fail(request.Failure{Reason: request.ReasonReply, Sent: true, Cause: &request.ReplySizeError{Size: size, Limit: limit}})
			continue
		}
		r.Reply(code, record)
	}
}

// Expand replaces joined requests by their parts.
func Expand(rs []request.Request) []request.Request {
	for i, r := range rs {
		if _, ok := r.(*Reads); ok {
			all := append([]request.Request(nil), rs[:i]...)
			for _, r := range rs[i:] {
				if j, ok := r.(*Reads); ok {
					all = append(all, j.Parts...)
				} else {
					all = append(all, r)
				}
			}
			return all
		}
	}
	return rs
}

// Gatherer joins neighbouring reads while a batch is encoded.
type Gatherer struct {
	on    bool
	parts []request.Request
	size  int // of the frame
	most  int
	bytes int
}

// Begin starts a batch. Its reads are joined if on is true.
func (g *Gatherer) Begin(on bool, s *Sizes, maxRequest int) {
	g.parts, g.size, g.on = g.parts[:0], 0, on
	if on {
		g.most, g.bytes = s.Most(), s.bytes(maxRequest)
	}
}

// Add gathers r if it may be sent with others, and reports whether it did. It also returns the request that must be sent
// first, if there is one: what was gathered before and does not go together with r.
func (g *Gatherer) Add(r request.Request) (before request.Request, taken bool) {
	if !g.on {
		return nil, false
	}
	if !Join(r) {
		return g.Flush(), false
	}
	if !g.Fits(r) {
		before = g.Flush()
	}
	if len(g.parts) == 0 {
		g.size = request.Overhead + PartHead
	}
	g.parts = append(g.parts, r)
	g.size += PartHead + r.Size()
	return before, true
}

// Fits reports whether a read fits into one request with what was gathered before.
func (g *Gatherer) Fits(r request.Request) bool {
	return len(g.parts) == 0 || len(g.parts) < g.most && g.size+PartHead+r.Size() <= g.bytes
}

// Flush returns what was gathered as one request: a single read as it is, or nil if nothing was gathered.
func (g *Gatherer) Flush() request.Request {
	if len(g.parts) == 0 {
		return nil
	}
	r := g.parts[0]
	if len(g.parts) > 1 {
		together := joinedPool.Get().(*Reads)
		together.Parts, together.size = append(together.Parts, g.parts...), g.size-request.Overhead
		r = together
	}
	clear(g.parts)
	g.parts = g.parts[:0]
	return r
}

// Sizes decides how many reads one request holds. It is safe for concurrent use.
type Sizes struct {
	limit   atomic.Int64 // of a frame, in bytes; 0: that of Bytes
	Average atomic.Int64 // of the answer to one read, in bytes
}

// Answered notes the size of the reply to a request with this number of reads.
func (s *Sizes) Answered(size, reads int) {
	average := s.Average.Load()
	s.Average.Store(average + (int64(size/reads)-average)/8)
}

// Lost is called when a connection is lost while j is first in flight. Its size may exceed the server's limit on requests, so
// later ones are smaller.
func (s *Sizes) Lost(j *Reads) {
	if size := request.Overhead - request.FrameHead + j.size; size > joinedLeast {
		s.limit.Store(int64(max(size/2, joinedLeast)))
	}
}

// bytes returns the size up to which a frame is filled.
func (s *Sizes) bytes(maxRequest int) int {
	most := Bytes
	if limit := int(s.limit.Load()); limit > 0 {
		most = limit
	}
	if maxRequest > 0 {
		most = min(most, maxRequest)
	}
	return most
}

// Most returns how many reads to send in one request, from the size of recent answers.
func (s *Sizes) Most() int {
	average := max(s.Average.Load(), 1)
	return int(min(max(AnswerSize/average, 2), Most))
}

// Limit returns the size up to which the reply to r is accepted, given the limit on a single one. Each part of a joined request
// may be as large as if it had been sent alone, and a part that is too large must not fail its neighbours. The buffer grows
// with what arrives, not with the length that a frame claims.
func Limit(r request.Request, limit int) int {
	j, ok := r.(*Reads)
	if !ok {
		return limit
	}
	return int(min(max(int64(len(j.Parts))*(int64(limit)+PartHead), joinedFrame), math.MaxInt32))
}
