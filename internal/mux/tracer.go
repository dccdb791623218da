package mux

import "github.com/zkasync/zkasync-go/internal/mux/internal/joined"

// Tracer is told about each request that is written and about each that is answered. Its methods are called on the goroutine that
// writes or reads, with no lock held, and must not block. A request that fails without an answer is told by its own Fail method.
type Tracer interface {
	// Written is called when r has been encoded, right before it is in flight. Size is that of its frame. If a request is
	// repeated, Written is called again.
	Written(r Request, server string, size int)
	// Answered is called before the answer is handed over to r. Size is that of its frame.
	Answered(r Request, code int32, size int)
}

// PartHead is the size that each of several joined reads adds to their request, besides its record.
const PartHead = joined.PartHead

// Parts returns the reads that are joined in r, or nil if r is a single request. They are valid during the call of a Tracer.
func Parts(r Request) []Request {
	if j, ok := r.(*joined.Reads); ok {
		return j.Parts
	}
	return nil
}
