package mux

const (
	// strikesForCare is how many short-lived connections in a row make the next one careful.
	strikesForCare = 2
	// singles is how many requests must be answered one by one before a careful connection has two in flight, then four, and
	// so on.
	singles = 32
	// heavy is the size from which a careful connection sends a request alone: it may exceed the server's limit, and the
	// server would then reset the connection.
	heavy = 4 << 10
)

// care limits what is in flight after several short-lived connections in a row, so that a request that ends every connection
// is found and no other is blamed. Mux.mu guards it.
type care struct {
	strikes int // connections in a row that were lost soon, with something in flight
	window  int // how many requests may be in flight, 0: any number
	passed  int // replies since the last loss, or since the window grew
}

// lost is called when an established connection with something in flight is lost.
func (k *care) lost(soon bool) {
	if !soon {
		k.strikes = 0
	}
	k.strikes++
	k.window, k.passed = 0, 0
	if k.strikes >= strikesForCare {
		k.window = 1
	}
}

// passedOne is called at each reply. The window grows with the number of replies, not when nothing is in flight: on a busy
// client there may be no such moment.
func (k *care) passedOne(held bool) {
	k.passed++
	switch {
	case held:
		*k = care{}
	case k.passed >= max(singles, k.window) && k.window < batchCount:
		k.window *= 2
		k.passed = 0
	}
}
