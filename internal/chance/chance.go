// Package chance draws the random pauses of clients.
package chance

import (
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// Draw returns a random duration from 0 up to, but not including, a bound, which must be positive. It is safe for concurrent use.
type Draw func(bound time.Duration) time.Duration

var repeatable atomic.Bool

// Repeatable makes the draws of clients that are created from now on depend only on the time and on how often the client has
// drawn before. In virtual time, which begins at the same moment in each run, a run can then be repeated. It is for tests.
func Repeatable() { repeatable.Store(true) }

// New returns the Draw of one client.
func New() Draw {
	if !repeatable.Load() {
		return rand.N[time.Duration]
	}
	var drawn atomic.Uint64
	return func(bound time.Duration) time.Duration {
		now := uint64(time.Now().UnixNano())
		return time.Duration(rand.New(rand.NewPCG(now, drawn.Add(1))).Int64N(int64(bound)))
	}
}
