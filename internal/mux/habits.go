package mux

import "github.com/zkasync/zkasync-go/internal/wire"

// habits is what a server has been seen to support.
type habits struct {
	joins int32                // what it does with joined reads, see joinsNot
	known map[wire.OpCode]bool // the recent operations that it has answered, see isRecent
}

// learn notes that the server knows an operation.
func (h *habits) learn(op wire.OpCode) {
	if h.known == nil {
		h.known = make(map[wire.OpCode]bool)
	}
	h.known[op] = true
}

// forget notes that the server does not know an operation.
func (h *habits) forget(op wire.OpCode) { delete(h.known, op) }

// What is known about a server's support of multi-reads.
const (
	joinsNot     int32 = iota // it has none, or reads are not to be joined
	joinsUntried              // the next reads that could be joined will try it
	joinsTrial                // these reads are in flight, and nothing else is
	joinsWell                 // it supports them
)
