package mux

import "github.com/zkasync/zkasync-go/internal/wire"

// habits is what a server has shown.
type habits struct {
	joins int32                // what it does with joined reads, see joinsNot
	known map[wire.OpCode]bool // of the recent operations, those that it has answered
}

// learn notes that the server knows an operation.
func (h *habits) learn(op wire.OpCode) {
	if h.known == nil {
		h.known = make(map[wire.OpCode]bool)
	}
	h.known[op] = true
}

// What is known of whether a server takes multi-reads.
const (
	joinsNot     int32 = iota // it does not, or nobody has tried
	joinsUntried              // the next reads are to try
	joinsTrial                // they are in flight, and nothing else is
	joinsWell                 // it does
)
