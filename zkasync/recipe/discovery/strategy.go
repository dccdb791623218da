package discovery

import (
	"math/rand/v2"
	"slices"
)

// Strategy chooses one of the instances that are available, of which there is one at least: it returns its index. A provider
// calls it once at a time, under its lock: it must not block.
type Strategy func(available []Instance) int

// RoundRobin takes one after the other.
func RoundRobin() Strategy {
	next := 0
	return func(available []Instance) int {
		chosen := next % len(available)
		next = chosen + 1
		return chosen
	}
}

// Random takes any.
func Random() Strategy {
	return func(available []Instance) int { return rand.IntN(len(available)) }
}

// Sticky stays with an instance for as long as that is available, and then has first choose another.
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
