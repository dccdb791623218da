// Package javahash hashes as Java does. Servers keep much in hash maps, whose order shows in their answers.
package javahash

import "slices"

// Order sorts paths as a clone of a Java HashSet of them iterates: the order in which a server deletes the ephemeral znodes of
// a session (DataTree.getEphemerals). The set had most paths at its largest, since when it has kept its size; the clone is as
// large as the paths need, and paths that meet in one of its buckets are in the order of the set. Nobody promises any of
// this, but equal orders let whole histories be compared.
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

// String is String.hashCode. Paths beyond the basic plane are not valid, so runes are chars.
func String(s string) uint32 {
	h := uint32(0)
	for _, r := range s {
		h = 31*h + uint32(r)
	}
	return h
}

// Spread is what hash maps make of a hash code.
func Spread(h uint32) uint32 { return h ^ h>>16 }
