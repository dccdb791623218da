//go:build !race

package future_test

// raceEnabled: the race detector allocates on its own account.
const raceEnabled = false
