package mux

import (
	"github.com/zkasync/zkasync-go/internal/mux/internal/joined"
	"github.com/zkasync/zkasync-go/internal/mux/internal/request"
)

// Tracer is told of each request that is written and answered. It is called on the goroutine that writes or reads, with no
// lock held, and must not block. Requests that fail without an answer learn that themselves.
type Tracer interface {
	// Written is called when the frame of r is encoded, right before it is in flight. Size is that of the frame. A request
	// that is repeated is written again.
	Written(r Request, server string, size int)
	// Answered is called before the answer is handed over. Size is that of its frame.
	Answered(r Request, code int32, size int)
}

// PartHead is what each read adds to a request in which several travel, beside its record.
const PartHead = joined.PartHead

// Parts returns the reads that travel together in r; nil if r is a request by itself. They are valid during the call of a
// Tracer.
func Parts(r Request) []Request {
	if j, ok := r.(*joined.Reads); ok {
		return j.Parts
	}
	return nil
}

// traced tells of an answer, the length of whose frame is n.
func (c *Conn) traced(r Request, code int32, n int) {
	if t := c.m.cfg.Tracer; t != nil {
		t.Answered(r, code, request.FrameHead+n)
	}
}
