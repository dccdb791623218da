package recipe

import (
	"hash/fnv"
	"slices"
)

// The rules by which members decide who gets which item. All members must use the same rule, whatever their version.

// rendezvous gives each item to the member for which the hash of both together is greatest.
func rendezvous(me string, members, items []string) map[string]bool {
	mine := make(map[string]bool)
	for _, item := range items {
		best, owner := uint64(0), ""
		for _, member := range members {
			if h := weight(member, item); h > best || h == best && member > owner {
				best, owner = h, member
			}
		}
		mine[item] = owner == me
	}
	return mine
}

// weight is the FNV-1a of member, NUL and item in UTF-8, mixed by the last steps of SplitMix64: with FNV alone, names that
// differ only in their last letter differ only in the lowest bits.
func weight(member, item string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(member + "\x00" + item)) // never fails
	x := h.Sum64()
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// inTurns is kazoo's rule: the items in order, one for each member in order, again and again. A member may be listed twice, as
// in kazoo.
func inTurns(me string, members, items []string) map[string]bool {
	members, items = slices.Sorted(slices.Values(members)), slices.Sorted(slices.Values(items))
	first, _ := slices.BinarySearch(members, me)
	mine := make(map[string]bool)
	for i := first; i < len(items); i += len(members) {
		mine[items[i]] = true
	}
	return mine
}
