package javahash

import (
	"slices"
	"testing"
)

// This is the order in which ZooKeeper 3.8.0 deletes the ephemeral znodes of a session. In the clone, which has 8 buckets, the last
// two paths are in the same bucket; in the set, which has 16, the longer one of them comes first.
func TestOrder_IsThatOfAServer(t *testing.T) {
	t.Parallel()
	want := []string{"/seq408/a0000000000", "/seq408/b/g0000000000", "/seq408/a"}
	for _, came := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		var paths []string
		for _, i := range came {
			paths = append(paths, want[i])
		}
		if got := Order(paths, len(paths)); !slices.Equal(got, want) {
			t.Errorf("%q become %q, want %q", paths, got, want)
		}
	}
}

func TestString_IsJavas(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]uint32{"": 0, "a": 97, "hello": 99162322} {
		if got := String(s); got != want {
			t.Errorf("%q: %d, want %d", s, got, want)
		}
	}
}
