// Package flight holds the requests that have been written but not answered.
package flight

import (
	"context"
	"fmt"
	"sync"

	"github.com/zkasync/zkasync-go/internal/mux/internal/request"
	"github.com/zkasync/zkasync-go/internal/mux/internal/ring"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// Flight holds the requests of one connection that have been written but not answered, oldest first. The server answers in
// order, so each reply must be to the oldest one. The writer adds at one end, under a lock, and the reader takes from the
// other.
type Flight struct {
	mu      *sync.Mutex
	written ring.Ring[request.Request] // guarded by mu

	// The other fields are used by the reader alone.
	expect []request.Request // taken from the head of written
	buf    []request.Request // expect's backing array
	Next   int32             // xid of the oldest request
	early  int               // stand-ins for requests that were answered out of turn
}

// Init prepares an empty flight; mu becomes its lock. The first request will have the xid 1.
func (f *Flight) Init(mu *sync.Mutex) { f.mu, f.Next = mu, 1 }

// Push adds a request. The caller must hold the lock.
func (f *Flight) Push(r request.Request) { f.written.Push(r) }

// Unread returns the number of requests that the reader has not taken over yet. The caller must hold the lock.
func (f *Flight) Unread() int { return f.written.Len() }

// Expecting reports whether the reader has taken over requests that are not answered yet.
func (f *Flight) Expecting() bool { return len(f.expect) > 0 }

// First returns the oldest request if it has this xid, otherwise nil.
func (f *Flight) First(xid int32) request.Request {
	f.advance()
	if len(f.expect) == 0 || xid != f.Next {
		return nil
	}
	return f.expect[0]
}

// Match removes and returns the request to which h is the reply: the oldest, or any one whose operation the server does not
// know.
func (f *Flight) Match(h wire.ReplyHeader) (request.Request, error) {
	f.advance()
	if len(f.expect) == 0 || h.Xid != f.Next {
		if h.Err == wire.CodeUnimplemented {
			if r := f.outOfTurn(h.Xid); r != nil {
				return r, nil
			}
		}
		return nil, fmt.Errorf("reply with xid %d received, want %d of %d in flight", h.Xid, f.Next, len(f.expect))
	}
	return f.take(), nil
}

// advance moves the oldest unanswered request to the head of expect, if there is one.
func (f *Flight) advance() {
	if f.early > 0 {
		f.skipAnswered()
	}
	if len(f.expect) == 0 {
		f.expectMore()
	}
}

// take removes the first request of expect.
func (f *Flight) take() request.Request {
	r := f.expect[0]
	f.expect[0] = nil
	f.expect = f.expect[1:]
	f.Next = NextXid(f.Next)
	return r
}

// ExpectBatch is how many requests the reader takes over at a time, so that it takes the lock once for many replies.
const ExpectBatch = 128

func (f *Flight) expectMore() {
	f.expect = f.buf[:0]
	f.mu.Lock()
	for f.written.Len() > 0 && len(f.expect) < ExpectBatch {
		f.expect = append(f.expect, f.written.Pop())
	}
	f.mu.Unlock()
	f.buf = f.expect
}

// Drain empties the flight and returns its requests and the xid of the first. Stand-ins for requests that were answered out of
// turn are among them, see WithoutAnswered. The caller must hold the lock, and nobody may read meanwhile.
func (f *Flight) Drain() (rs []request.Request, first int32) {
	rs = f.written.DrainTo(append(rs, f.expect...))
	f.expect, f.buf = nil, nil
	return rs, f.Next
}

// NextXid returns the xid after this one: 1, 2, ..., 2³¹−1, 1. Negative xids have special meanings.
func NextXid(xid int32) int32 {
	if xid == 1<<31-1 {
		return 1
	}
	return xid + 1
}

// answered is the stand-in, in flight, for a request that was answered out of turn.
type answered struct{}

func (answered) Op() wire.OpCode          { return wire.OpError }
func (answered) Size() int                { return 0 }
func (answered) Append(b []byte) []byte   { return b }
func (answered) Context() context.Context { return nil }
func (answered) Reply(int32, []byte)      {}
func (answered) Fail(request.Failure)     {}

func isAnswered(r request.Request) bool { return r == request.Request(answered{}) }

// outOfTurn replaces the request with this xid by a stand-in and returns it, or nil if there is none. The others keep their
// places. If a server does not know an operation, its answer overtakes those to requests that it is still processing, and it
// then closes the connection (UnimplementedRequestProcessor), as 3.5 does with addWatch.
func (f *Flight) outOfTurn(xid int32) request.Request {
	i := int(xid) - int(f.Next)
	if xid < f.Next { // xids have begun again at 1
		i += 1<<31 - 1
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var slot *request.Request
	switch {
	case xid <= 0 || i >= len(f.expect)+f.written.Len():
		return nil
	case i < len(f.expect):
		slot = &f.expect[i]
	default:
		slot = f.written.At(i - len(f.expect))
	}
	r := *slot
	if isAnswered(r) {
		return nil
	}
	*slot = answered{}
	f.early++
	return r
}

// skipAnswered removes stand-ins from the head of the flight.
func (f *Flight) skipAnswered() {
	for f.early > 0 {
		if len(f.expect) == 0 {
			f.expectMore()
		}
		if len(f.expect) == 0 || !isAnswered(f.expect[0]) {
			return
		}
		f.take()
		f.early--
	}
}

// WithoutAnswered removes the stand-ins from rs.
func (f *Flight) WithoutAnswered(rs []request.Request) []request.Request {
	if f.early == 0 {
		return rs
	}
	left := rs[:0]
	for _, r := range rs {
		if !isAnswered(r) {
			left = append(left, r)
		}
	}
	return left
}
