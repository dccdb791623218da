package discovery

import (
	"math/rand/v2"
	"slices"
)

// Strategy chooses one of the available instances, of which there is at least one, and returns its index. A provider
// calls it under its lock, one call at a time, so it must not block.
type Strategy func(available []Instance) int

// RoundRobin chooses one instance after the other.
func RoundRobin() Strategy {
	next := 0
	return func(available []Instance) int {
		chosen := next % len(available)
		next = chosen + 1
		return chosen
	}
}

// Random chooses at random.
func Random() Strategy {
	return func(available []Instance) int { return rand.IntN(len(available)) }
}

// Sticky stays with an instance as long as it is available, and then lets first choose another.
func Sticky(first Strategy) Strategy {
	var mine identity
	return func(available []Instance) int {
		if i := slices.IndexFunc(available, func(i Instance) bool { return i.identity() == mine }); i >= 0 {
			return i
		}
		chosen := first(available)
		if chosen >= 0 && chosen < len(available) {
			mine = available[chosen].identity()
		}
		return chosen
	}
}
