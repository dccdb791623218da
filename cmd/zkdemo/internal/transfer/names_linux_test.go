package transfer

import "testing"

// Names that only a system takes that tells case apart and knows no devices.
func TestRoundTrip_KeepsNamesThatOtherSystemsRefuse(t *testing.T) {
	t.Parallel()
	roundTrip(t, connect(t), tree{
		"...": "1", "back\\slash": "2", "..\\up": "3", "CON": "4", "a:b": "5", "A": "6", "a": "7", "dot.": "8", "q?*": "9", "D/x": "10", "d/x": "11",
	})
}
