package transfer

import "testing"

// Only a system that distinguishes case and has no reserved names allows all of these.
func TestRoundTrip_KeepsNamesThatOtherSystemsRefuse(t *testing.T) {
	t.Parallel()
	roundTrip(t, connect(t), tree{
		"...": "1", "back\\slash": "2", "..\\up": "3", "CON": "4", "a:b": "5", "A": "6", "a": "7", "dot.": "8", "q?*": "9", "D/x": "10", "d/x": "11",
	})
}
