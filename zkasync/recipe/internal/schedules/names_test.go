//go:build go1.26

package schedules

import (
	"testing"
	"testing/cryptotest"
)

// fixNames has the random parts of names follow from the seed, for the rest of the test. Servers delete by an order of names.
func fixNames(t *testing.T, seed uint64) { cryptotest.SetGlobalRandom(t, seed) }
