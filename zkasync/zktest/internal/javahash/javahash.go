// Package javahash computes the hashes of Java. Servers keep much in hash maps, whose order is visible in their answers.
package javahash

import "slices"

// Order returns paths in the order in which the clone of a Java HashSet iterates over them. In this order a server deletes the
// ephemeral znodes of a session (DataTree.getEphemerals). The set has the size that it needed for most paths, its greatest number so
// far. The clone has the size that the present paths need, and paths in the same bucket of the clone are in the order of the set.
// None of this is promised anywhere, but with equal orders, whole histories can be compared.
func Order(paths []string, most int) []string {
	const smallest, load = 16, 0.75
	original := uint32(smallest)
	for load*float64(original) < float64(most) {
		original <<= 1
	}
	clone := uint32(1)
	for want := int(float32(len(paths))/load + 1); int(clone) < want; {
		clone <<= 1
	}
	sorted := slices.Clone(paths)
	for _, buckets := range []uint32{original, clone} {
		slices.SortStableFunc(sorted, func(a, b string) int { return bucket(a, buckets) - bucket(b, buckets) })
	}
	return sorted
}

func bucket(path string, buckets uint32) int { return int(Spread(String(path)) & (buckets - 1)) }

// String is Java's String.hashCode. Paths with runes beyond the basic plane are not valid, so each rune is one char.
func String(s string) uint32 {
	h := uint32(0)
	for _, r := range s {
		h = 31*h + uint32(r)
	}
	return h
}

// Spread is what a Java HashMap does with a hash code first.
func Spread(h uint32) uint32 { return h ^ h>>16 }
