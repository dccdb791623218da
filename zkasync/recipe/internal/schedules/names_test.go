//go:build go1.26

package schedules

import (
	"testing"
	"testing/cryptotest"
)

// fixNames makes the random parts of names depend on the seed for the rest of the test, since servers delete the znodes of a
// session in the order of their names.
func fixNames(t *testing.T, seed uint64) { cryptotest.SetGlobalRandom(t, seed) }
