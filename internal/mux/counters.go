package mux

import (
	"sync/atomic"

	"github.com/zkasync/zkasync-go/internal/wire"
)

// counters has the counts for Stats. Mux.mu guards all of them except received.
type counters struct {
	accepted    [opSlots]int64 // by opSlot
	sent        int64          // bytes
	received    atomic.Int64   // bytes; the reader adds to it
	connections int64
	losses      int64
	expiries    int64
}

// opSlots is the number of slots for operations. Their codes are from -11 to 107, so no two share a slot.
const opSlots = 128

func opSlot(op wire.OpCode) int { return int(op) & (opSlots - 1) }

// opOf is the inverse of opSlot.
func opOf(slot int) wire.OpCode {
	if slot > opSlots-1+int(wire.OpClose) {
		slot -= opSlots
	}
	return wire.OpCode(slot)
}
