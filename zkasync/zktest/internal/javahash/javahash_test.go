package javahash

import "testing"

func TestString_IsJavas(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]uint32{"": 0, "a": 97, "hello": 99162322} {
		if got := String(s); got != want {
			t.Errorf("%q: %d, want %d", s, got, want)
		}
	}
}
