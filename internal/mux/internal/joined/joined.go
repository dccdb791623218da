// Package joined has reads travel together in one request.
package joined

import (
	"context"
	"math"
	"sync"
	"sync/atomic"

	"github.com/zkasync/zkasync-go/internal/mux/internal/request"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// Joinable is a read that may travel with others in one request, a multi-read (ZOOKEEPER-3402, servers since 3.6). Its record is
// that of getData without a watch, and Reply is called as if it had travelled alone.
type Joinable interface {
	request.Request
	Joins() bool
}

func Join(r request.Request) bool {
	j, ok := r.(Joinable)
	return ok && j.Joins()
}

const (
	// Most bounds how many reads travel in one request: beyond that the server gains little, and holds up others.
	Most = 64
	// Bytes bounds the frame. Servers may be configured with a limit on requests far below the usual one.
	Bytes = 4 << 10
	// joinedLeast is the bound below which no server's limit is looked for.
	joinedLeast = 1 << 10
	// AnswerSize is the size of an answer that is aimed at: it is read as a whole.
	AnswerSize = 256 << 10
	// joinedFrame is the size up to which an answer is read whatever the limit for one.
	joinedFrame = 64 << 20
	// PartHead is the length of the header in front of each part.
	PartHead = 9
)

// Reads is reads that travel together. Each of them is in flight for itself as far as anybody else can tell: it has its own
// answer, in its turn, and its own failure.
type Reads struct {
	Parts []request.Request
	size  int
}

// joinedPool keeps what was answered: otherwise each get would cost 19 bytes more.
var joinedPool = sync.Pool{New: func() any { return new(Reads) }}

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

// Answer hands each part what the server has answered to it. What cannot be read is told to those that it was for.
func (j *Reads) Answer(body []byte, limit int) {
	for _, r := range j.Parts {
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
			r.Fail(request.Failure{Reason: request.ReasonReply, Sent: true, Cause: &request.ReplySizeError{Size: size, Limit: limit}})
			continue
		}
		r.Reply(code, record)
	}
}

// Expand puts the parts of joined requests into their places.
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

// Gatherer gathers reads for one frame while a batch is encoded.
type Gatherer struct {
	on    bool
	parts []request.Request
	size  int // of the frame
	most  int
	bytes int
}

// Begin starts a batch, whose reads travel together if on.
func (g *Gatherer) Begin(on bool, s *Sizes, maxRequest int) {
	g.parts, g.size, g.on = g.parts[:0], 0, on
	if on {
		g.most, g.bytes = s.Most(), s.bytes(maxRequest)
	}
}

// Add takes a read; false if r does not travel with others. What is to be sent before r, or before what was gathered with it,
// is returned; nil: nothing.
func (g *Gatherer) Add(r request.Request) (before request.Request, taken bool) {
	if !g.on {
		return nil, false
	}
	if !Join(r) {
		return g.Flush(), false
	}
	size := PartHead + r.Size()
	if len(g.parts) >= g.most || len(g.parts) > 0 && g.size+size > g.bytes {
		before = g.Flush()
	}
	if len(g.parts) == 0 {
		g.size = request.Overhead + PartHead
	}
	g.parts = append(g.parts, r)
	g.size += size
	return before, true
}

// Flush returns what was gathered as one request: a single read as it is, nil if there is nothing.
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

// Sizes is how large the requests are in which reads travel together. It is safe for concurrent use.
type Sizes struct {
	limit   atomic.Int64 // of a frame, in bytes; 0: as ever
	Average atomic.Int64 // of the answer to one read, in bytes
}

// Answered takes note of the size of an answer to so many reads.
func (s *Sizes) Answered(size, reads int) {
	average := s.Average.Load()
	s.Average.Store(average + (int64(size/reads)-average)/8)
}

// Lost is called when a connection is lost at joined reads that were first in flight: the server's limit on requests may be
// below their size.
func (s *Sizes) Lost(j *Reads) {
	if size := request.Overhead - request.FrameHead + j.size; size > joinedLeast {
		s.limit.Store(int64(max(size/2, joinedLeast)))
	}
}

// bytes is the size up to which a frame is filled.
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

// Most is how many reads to send together, by the size of answers of late.
func (s *Sizes) Most() int {
	average := max(s.Average.Load(), 1)
	return int(min(max(AnswerSize/average, 2), Most))
}

// Limit is the size up to which the answer to r is read: each part may be as large as if it had travelled alone, and one
// that is too large must not take its neighbours along. Memory follows what comes, not what a length claims.
func Limit(r request.Request, limit int) int {
	j, ok := r.(*Reads)
	if !ok {
		return limit
	}
	return int(min(max(int64(len(j.Parts))*(int64(limit)+PartHead), joinedFrame), math.MaxInt32))
}
