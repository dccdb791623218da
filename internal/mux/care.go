package mux

const (
	// strikesForCare is how many short-lived connections in a row make the next one careful.
	strikesForCare = 2
	// singles is how many requests a careful connection sends one by one before it doubles their number.
	singles = 32
	// heavy is the size from which on a careful connection sends a request alone: it may be above the limit of a server,
	// which resets the connection then.
	heavy = 4 << 10
)

// care limits what is in flight after several short-lived connections in a row, so that a request that ends each connection
// is found and no other is blamed. Mux.mu guards it.
type care struct {
	strikes int // connections in a row that were lost soon, with something in flight
	window  int // how many requests may be in flight, 0: any number
	passed  int // answers since the last loss, or since the window grew
}

// lost is called when an established connection is lost on which something was in flight.
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

// passedOne is called at each answer. The window grows by answers, not at moments when nothing is in flight: a busy
// client has none.
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
