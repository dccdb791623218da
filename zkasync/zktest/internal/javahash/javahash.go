// Package javahash hashes as Java does. Servers keep much in hash maps, whose order shows in their answers.
package javahash

import "slices"

// Order sorts paths as a clone of a Java HashSet of them iterates: the order in which a server deletes the ephemeral
// znodes of a session (DataTree.getEphemerals). Nobody promises it, but equal orders let whole histories be compared.
func Order(paths []string) []string {
	buckets := uint32(1)
	for want := int(float32(len(paths))/0.75 + 1); int(buckets) < want; {
		buckets <<= 1
	}
	sorted := slices.Clone(paths)
	slices.SortStableFunc(sorted, func(a, b string) int {
		return int(Spread(String(a))&(buckets-1)) - int(Spread(String(b))&(buckets-1))
	})
	return sorted
}

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
